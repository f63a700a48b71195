//! Reading is an act of a person, and answering another.

use std::sync::atomic::Ordering;

use tvaers_core::audience::Audience;
use tvaers_core::kinds::{Answer, Content};
use tvaers_core::view::Delivery;

use crate::town::{Town, child, observation, submit};

#[tokio::test]
async fn only_opening_a_record_marks_it_read() {
    let town = Town::new().await;
    let note = town.arrives(observation("Blev hentet sent igen")).await;
    let browser = town.browser().await;
    let (id, child) = (note.to_hex(), child().id.to_hex());
    let csrf = browser.get("/").await.field("csrf");
    for path in ["/".to_owned(), format!("/barn/{child}"), format!("/registrering/{id}"), format!("/laes/{id}")] {
        browser.get(&path).await;
    }
    browser.post("/soeg", &[("csrf", &csrf), ("ord", "hentet")]).await;
    town.sync().await;
    assert_eq!(town.phone.delivery(&note).unwrap().0, Delivery::Received);
    assert_eq!(town.saved.load(Ordering::SeqCst), 0);
    let answer = browser.post(&format!("/laes/{id}"), &[("csrf", &csrf)]).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some(format!("/registrering/{id}").as_str())));
    assert_eq!(town.saved.load(Ordering::SeqCst), 1, "the receipt should leave soon");
    town.sync().await;
    assert_eq!(town.phone.delivery(&note).unwrap().0, Delivery::Read);
}

#[tokio::test]
async fn what_nobody_has_opened_is_closed_on_every_page() {
    let town = Town::new().await;
    let long = format!("{} SLUTNINGEN", "ord ".repeat(80));
    let note = town.arrives(observation(&long)).await.to_hex();
    let browser = town.browser().await;
    let chronology = format!("/barn/{}", child().id.to_hex());
    for path in ["/", &chronology, &format!("/registrering/{note}")] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200);
        assert!(!page.has("SLUTNINGEN") && page.has("ord ord"), "{path}");
    }
    let csrf = browser.get("/").await.field("csrf");
    let opened = browser.post(&format!("/laes/{note}"), &[("csrf", &csrf), ("fra", "barn")]).await;
    assert_eq!(opened.header("location"), Some(format!("{chronology}#r-{note}").as_str()));
    assert!(browser.get(&chronology).await.has("SLUTNINGEN"));
}

#[tokio::test]
async fn an_answer_goes_to_its_author_and_is_honest_about_where_it_is() {
    let town = Town::new().await;
    let note = town.arrives(observation("Blev hentet sent igen")).await;
    let path = format!("/registrering/{}", note.to_hex());
    let browser = town.browser().await;
    let csrf = browser.get("/").await.field("csrf");
    browser.post(&format!("/laes/{}", note.to_hex()), &[("csrf", &csrf)]).await;
    let page = browser.get(&path).await;
    assert!(page.has("Send svar til Ane Bregntoft") && page.has("Kan ikke oplyses"));
    let form = page.field("form");
    let fields =
        [("csrf", csrf.as_str()), ("form", &form), ("svar", "intervention"), ("tekst", "Tak.\r\nJeg ringer 🎒")];
    let reply = format!("/svar/{}", note.to_hex());
    assert_eq!(browser.post(&reply, &fields).await.status, 303);
    assert_eq!(browser.post(&reply, &fields).await.status, 303, "pressed twice");
    let page = browser.get(&path).await;
    assert!(page.has("Kun på denne computer – sendes, når der er net") && page.has("Jeg ringer 🎒"));
    assert_eq!(page.body.matches("Jeg ringer").count(), 1, "sent once");
    assert!(browser.get("/").await.has("1 ikke sendt endnu"));
    assert!(browser.get("/lagt-til-side").await.has("Jeg ringer"));
    town.sync().await;
    town.sync().await;
    assert!(browser.get(&path).await.has("Fremme hos Ane Bregntoft"));
    assert!(browser.get("/").await.has("Alt herfra er sendt"));
    let inbox = town.phone.inbox(10).unwrap();
    let Content::Reply(reply) = town.phone.envelope(&inbox[0].record).unwrap().content else { panic!("an answer") };
    assert_eq!((reply.to, reply.answer), (note, Some(Answer::InterventionStarted)));
    assert_eq!(reply.text.unwrap().as_str(), "Tak.\nJeg ringer 🎒");
}

#[tokio::test]
async fn an_answer_that_cannot_be_sent_keeps_what_was_typed() {
    let town = Town::new().await;
    let note = town.arrives(observation("Blev hentet sent igen")).await.to_hex();
    let own = submit(&town.desk, observation("Egen note"), &[Audience::Own]).to_hex();
    let browser = town.browser().await;
    let csrf = browser.get("/").await.field("csrf");
    let send = async |to: &str, code: &str, text: &str| {
        let fields = [("csrf", csrf.as_str()), ("form", &"ab".repeat(32)), ("svar", code), ("tekst", text)];
        browser.post(&format!("/svar/{to}"), &fields).await
    };
    assert_eq!(send(&note, "thanks", "").await.status, 409, "not opened yet");
    assert_eq!(send(&own, "thanks", "").await.status, 409, "an own one");
    browser.post(&format!("/laes/{note}"), &[("csrf", &csrf)]).await;
    let empty = send(&note, "", " \r\n ").await;
    assert_eq!((empty.status, empty.has("Vælg et fast svar")), (422, true));
    let long = send(&note, "thanks", &format!("Begyndelsen{}", "x".repeat(263_000))).await;
    assert_eq!((long.status, long.has("for lang"), long.has("Begyndelsenxxx")), (422, true, true));
    assert_eq!(send(&note, "nonsense", "x").await.status, 404);
    assert_eq!(send(&"0".repeat(64), "thanks", "").await.status, 404);
    assert_eq!(send(&note, "thanks", &"x".repeat(2_000_000)).await.status, 413);
    assert_eq!(town.desk.answers_to(&town.desk.inbox(1).unwrap()[0].record).unwrap(), []);
}

#[tokio::test]
async fn a_promised_day_goes_with_the_answer_that_promises_it_and_no_other() {
    let town = Town::new().await;
    let note = town.arrives(observation("Blev hentet sent igen")).await;
    let browser = town.browser().await;
    let csrf = browser.get("/").await.field("csrf");
    browser.post(&format!("/laes/{}", note.to_hex()), &[("csrf", &csrf)]).await;
    let send = async |code: &str, day: &str| {
        let fields =
            [("csrf", csrf.as_str()), ("form", &"ab".repeat(32)), ("svar", code), ("senest", day), ("tekst", "Vi ses")];
        browser.post(&format!("/svar/{}", note.to_hex()), &fields).await
    };
    for (code, day, error) in [
        ("back-by", "", "Vælg den dag"),
        ("back-by", "31-02-2027", "Vælg den dag"),
        ("back-by", "2020-01-01", "Den dag er gået"),
        ("thanks", "2036-12-03", "Dagen hører til svaret"),
        ("", "2036-12-03", "Dagen hører til svaret"),
    ] {
        let page = send(code, day).await;
        assert_eq!((page.status, page.has(error), page.has("Vi ses")), (422, true, true), "{code} {day}");
        assert!(page.has(&format!("value=\"{day}\"")), "what was typed is kept: {day}");
    }
    assert_eq!(send("back-by", "2036-12-03").await.status, 303);
    assert!(
        browser.get(&format!("/registrering/{}", note.to_hex())).await.has("Jeg vender tilbage senest 3. dec. 2036")
    );
    town.sync().await;
    town.sync().await;
    let inbox = town.phone.inbox(10).unwrap();
    let Content::Reply(reply) = town.phone.envelope(&inbox[0].record).unwrap().content else { panic!("an answer") };
    assert_eq!((reply.answer, reply.back_by), (Some(Answer::BackBy), Some(jiff::civil::date(2036, 12, 3))));
}
