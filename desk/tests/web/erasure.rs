//! *Sletning*: asked for at the desk, agreed to by whoever wrote, and shown with the devices that have followed.

use tvaers_core::audience::Audience;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::view::ErasingState;
use tvaers_wire::ids::RecordId;

use crate::browser::{Answer, Browser};
use crate::town::{NOW, Town, child, observation, submit};

fn page() -> String {
    format!("/sletning/{}", child().id.to_hex())
}

/// Two notes of the pedagogue's in a line that the caseworker manages.
async fn written() -> (Town, [RecordId; 2]) {
    let town = Town::new().await;
    for device in [&town.phone, &town.desk] {
        device.set_coordinator(&child().id, &town.desk.person(), &mut Moment::new(NOW, &mut rng::system())).unwrap();
    }
    let notes = ["Samme trøje som i går", "Havde madpakke med"]
        .map(|words| submit(&town.phone, observation(words), &[Audience::Line(town.desk.person())]));
    town.sync().await;
    town.sync().await;
    (town, notes)
}

async fn presses(browser: &Browser, fields: &[(&str, &str)]) -> Answer {
    let csrf = browser.get(&page()).await.field("csrf");
    browser.post(&page(), &[&[("csrf", csrf.as_str())], fields].concat()).await
}

fn agree(town: &Town) {
    let asked = town.phone.erasures().unwrap().into_iter();
    let may = asked.filter(|asked| matches!(asked.state, ErasingState::Asked { may_agree: true }));
    for asked in may {
        town.phone.agree_erasure(&asked.asking, &Moment::new(NOW, &mut rng::system())).unwrap();
    }
}

#[tokio::test]
async fn what_the_caseworker_asks_for_is_erased_when_the_one_who_wrote_says_yes() {
    let (town, [wrong, kept]) = written().await;
    let browser = town.browser().await;
    assert!(browser.get(&format!("/barn/{}", child().id.to_hex())).await.has(&format!("href=\"{}\"", page())));
    let form = browser.get(&page()).await;
    for words in
        ["<h1>Sletning</h1>", "Samme trøje", "Havde madpakke", "To personer i sagen skal være enige", "højst 30 dage"]
    {
        assert!(form.has(words), "{words}");
    }
    let chosen = format!("r-{}", wrong.to_hex());
    let asked = presses(&browser, &[(&chosen, "ja"), ("tekst", "Et andet barn"), ("handling", "bed")]).await;
    assert_eq!(asked.status, 303);
    assert!(browser.get(&page()).await.has("1 handling herfra er ikke sendt endnu"));
    town.sync().await;
    let waits = browser.get(&page()).await;
    for words in ["Bedt om at få slettet", "Et andet barn", "En anden i sagen skal sige ja"] {
        assert!(waits.has(words), "{words}");
    }
    assert!(town.desk.envelope(&wrong).is_ok(), "asking erases nothing");
    agree(&town);
    town.sync().await;
    town.sync().await;
    let done = browser.get(&page()).await;
    for words in ["Slettet og bevaret", "Ane Bregntoft har sagt ja", "2 apparater har fulgt det", "Et andet barn"] {
        assert!(done.has(words), "{words}");
    }
    assert!(!done.has("Samme trøje") && done.has("Havde madpakke"));
    let record = browser.get(&format!("/registrering/{}", wrong.to_hex())).await;
    assert!(record.status == 404 && !record.has("trøje"));
    assert_eq!(browser.get(&format!("/registrering/{}", kept.to_hex())).await.status, 200);
    let english = browser.get(&format!("{}?lang=en", page())).await;
    assert!(english.has("<h1>Erasure</h1>") && english.has("2 devices have followed"));
}

#[tokio::test]
async fn everything_about_a_child_is_asked_for_in_one_act() {
    let (town, notes) = written().await;
    let browser = town.browser().await;
    assert!(browser.get(&page()).await.has("Alt, hvad du kan slette om barnet: 2 registreringer"));
    let asked = presses(&browser, &[("alt", "ja"), ("tekst", "Familien er flyttet"), ("handling", "bed")]).await;
    assert_eq!(asked.status, 303);
    town.sync().await;
    agree(&town);
    town.sync().await;
    town.sync().await;
    for note in notes {
        assert!(town.desk.envelope(&note).is_err() && town.phone.envelope(&note).is_err());
    }
    assert!(!browser.get(&page()).await.has("Samme trøje"));
}

#[tokio::test]
async fn bad_forms_ask_for_nothing_and_keep_what_was_typed() {
    let (town, [wrong, _]) = written().await;
    let browser = town.browser().await;
    let chosen = format!("r-{}", wrong.to_hex());
    let long = "x".repeat(2_001);
    let bad: [(&[(&str, &str)], &str); 5] = [
        (&[("tekst", "Et andet barn"), ("handling", "bed")], "Vælg mindst én registrering"),
        (&[(&chosen, "ja"), ("tekst", " "), ("handling", "bed")], "Skriv en begrundelse"),
        (&[(&chosen, "ja"), ("tekst", &long), ("handling", "bed")], "højst 2.000 tegn"),
        (&[("tekst", "Klagesag er slut"), ("handling", "ophaev")], "Det kan ikke lade sig gøre nu"),
        (&[("tekst", ""), ("handling", "bevar")], "Skriv en begrundelse"),
    ];
    for (fields, words) in bad {
        let answer = presses(&browser, fields).await;
        assert!(answer.status == 422 && answer.has(words), "{words}");
    }
    let kept = presses(&browser, &[("tekst", "Et andet barn"), ("handling", "bed")]).await;
    assert!(kept.has("Et andet barn"), "what was typed is lost");
    for fields in [
        &[("tekst", "x"), ("handling", "slet")][..],
        &[("handling", "enig")],
        &[("handling", "enig"), ("anmodning", "00")],
    ] {
        assert_eq!(presses(&browser, fields).await.status, 404);
    }
    let other = format!("{:064}", 7);
    let unasked = presses(&browser, &[("handling", "enig"), ("anmodning", &other)]).await;
    assert!(unasked.status == 422 && unasked.has("Det kan ikke lade sig gøre nu"));
    assert_eq!(
        browser.post(&page(), &[("handling", "bevar"), ("tekst", "x")]).await.status,
        403,
        "another page's form"
    );
    assert_eq!((town.desk.erasures_waiting().unwrap(), town.desk.erasures().unwrap().len()), (0, 0));
    assert_eq!(browser.get(&format!("/sletning/{:032}", 9)).await.status, 404, "an unknown child");
}

#[tokio::test]
async fn a_hold_is_set_by_one_and_ended_by_two() {
    let (town, [wrong, _]) = written().await;
    let browser = town.browser().await;
    assert_eq!(presses(&browser, &[("tekst", "Klagesag"), ("handling", "bevar")]).await.status, 303);
    town.sync().await;
    let held = browser.get(&page()).await;
    assert!(held.has("Skal bevares: intet må slettes her") && held.has("Klagesag") && !held.has("Bed om sletning"));
    let chosen = format!("r-{}", wrong.to_hex());
    let refused = presses(&browser, &[(&chosen, "ja"), ("tekst", "Et andet barn"), ("handling", "bed")]).await;
    assert!(refused.status == 422 && refused.has("Det kan ikke lade sig gøre nu"));
    assert_eq!(presses(&browser, &[("tekst", "Afgjort"), ("handling", "ophaev")]).await.status, 303);
    town.sync().await;
    agree(&town);
    town.sync().await;
    assert!(!browser.get(&page()).await.has("Skal bevares: intet må slettes her"));
}

#[tokio::test]
async fn who_is_asked_sees_it_first_thing_and_says_yes_at_the_desk() {
    let town = Town::new().await;
    // Nobody coordinates: whoever wrote first manages the line, and asks.
    let wrong = town.arrives(observation("Samme trøje som i går")).await;
    town.phone.ask_erasure(&[wrong], Some("Et andet barn"), &Moment::new(NOW, &mut rng::system())).unwrap();
    town.sync().await;
    let browser = town.browser().await;
    assert!(browser.get("/").await.has("1 anmodning om sletning venter på dit ja"));
    let all = browser.get("/sletning").await;
    assert!(all.has("Ja, slet det") && all.has("Et andet barn"));
    let entry = all.field("anmodning");
    assert_eq!(presses(&browser, &[("handling", "enig"), ("anmodning", &entry)]).await.status, 303);
    town.sync().await;
    assert!(town.phone.envelope(&wrong).is_err() && town.desk.envelope(&wrong).is_err());
    assert!(!browser.get("/").await.has("venter på dit ja"));
}
