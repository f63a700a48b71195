//! The pages of a holiday cover: who may be chosen, what is said to whom, and what is gone from every page when it is over.

use std::sync::atomic::Ordering;

use tvaers_core::audience::Audience;
use tvaers_core::moment::Moment;
use tvaers_core::rng;

use crate::browser::Browser;
use crate::town::{NOW, Town, child, observation, submit};

/// Beyond every system's clock.
const LAST_DAY: &str = "2099-01-15";
const SAID: &str = "til og med <time datetime=\"2099-01-15\">15. jan. 2099</time>";
/// 1 February 2099.
const AFTER: i64 = 4_073_587_200_000;

/// The one who coordinates has a case about the child that the other is not in.
async fn town(desk_coordinates: bool) -> Town {
    let town = Town::new().await;
    let holder = if desk_coordinates { &town.desk } else { &town.phone };
    for device in [&town.phone, &town.desk] {
        let mut rng = rng::system();
        device.set_coordinator(&child().id, &holder.person(), &mut Moment::new(NOW, &mut rng)).unwrap();
    }
    submit(holder, observation("Gynger alene"), &[Audience::Case(Vec::new())]);
    town.sync().await;
    town
}

async fn posts(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> crate::browser::Answer {
    let page = browser.get(path).await;
    let (csrf, form) = (page.field("csrf"), page.field("form"));
    let fields: Vec<_> =
        [("csrf", csrf.as_str()), ("form", form.as_str())].into_iter().chain(fields.to_vec()).collect();
    browser.post(path, &fields).await
}

#[tokio::test]
async fn the_coordinator_chooses_who_until_when_and_why_and_may_end_it() {
    let town = town(true).await;
    let browser = town.browser().await;
    let (id, to) = (child().id.to_hex(), town.phone.person().to_hex());
    let here = format!("/vikar/{id}");
    assert!(browser.get(&format!("/barn/{id}")).await.has(&here), "the way there");
    let page = browser.get(&here).await;
    assert!(page.has("Vælg en vikar") && page.has("Ane Bregntoft") && page.has("min=\"2026-10-05\""));
    assert!(!page.has("Henrik Stenduus · social") && !page.has("Vikarer nu") && !page.has("name=\"alle\""));
    for (to, day, text, said) in [
        ("", LAST_DAY, "Ferie", "Vælg en kollega, der"),
        (to.as_str(), "", "Ferie", "Vælg en dag, der"),
        (to.as_str(), "2026-10-04", "Ferie", "Vælg en dag, der"),
        (to.as_str(), "9999-12-31", "Ferie", "Vælg en dag, der"),
        (to.as_str(), "15. januar", "Ferie", "Vælg en dag, der"),
        (to.as_str(), LAST_DAY, " ", "Skriv en begrundelse"),
    ] {
        let again = posts(&browser, &here, &[("til", to), ("dag", day), ("tekst", text)]).await;
        assert!(again.status == 422 && again.has(said), "{to} {day} {text}: {}", again.status);
    }
    assert!(town.desk.covers(&child().id).unwrap().is_empty());
    let fields = [("til", to.as_str()), ("dag", LAST_DAY), ("tekst", "Ferie i uge 29")];
    assert_eq!(posts(&browser, &here, &fields).await.status, 303);
    let chronology = browser.get(&format!("/barn/{id}")).await;
    assert!(
        chronology.has("Vikar for tovholderen:") && chronology.has(SAID) && chronology.has("når der har været net")
    );
    town.sync().await;
    let chronology = browser.get(&format!("/barn/{id}")).await;
    assert!(chronology.has(SAID) && !chronology.has("når der har været net") && chronology.has("Ferie i uge 29"));
    assert!(chronology.has(&format!("/overdrag/{id}")), "it is no hand-over");
    assert_eq!(town.phone.chronology(&child().id).unwrap().len(), 2, "the case, and the reason");
    let page = browser.get(&here).await;
    let csrf = page.field("csrf");
    assert!(page.has("Afslut nu: Ane Bregntoft"));
    assert_eq!(browser.post("/vikar-slut/00", &[("csrf", &csrf), ("vikar", &to)]).await.status, 404);
    assert_eq!(browser.post(&format!("/vikar-slut/{id}"), &[("csrf", &csrf), ("vikar", &to)]).await.status, 303);
    town.sync().await;
    town.sync().await;
    assert!(!browser.get(&format!("/barn/{id}")).await.has("Vikar for tovholderen"));
    assert!(town.phone.chronology(&child().id).unwrap().is_empty());
}

#[tokio::test]
async fn whoever_stands_in_is_told_until_when_and_then_no_page_knows_of_it_also_without_a_network() {
    let town = town(false).await;
    let browser = town.browser().await;
    let id = child().id.to_hex();
    let end = 4_072_201_200_u64; // the first second of 16 January 2099 in Denmark
    let (by, mut rng) = (town.desk.person(), rng::system());
    town.phone.cover(&[(child().id, None)], &by, end, &mut Moment::new(NOW, &mut rng)).unwrap();
    town.sync().await;
    let csrf = browser.get("/soeg").await.field("csrf");
    let note = town.desk.inbox(1).unwrap()[0].record.to_hex();
    assert!(browser.get("/").await.has("Gynger alene"));
    browser.post(&format!("/laes/{note}"), &[("csrf", &csrf)]).await;
    let chronology = browser.get(&format!("/barn/{id}")).await;
    assert!(chronology.has("Du er vikar for tovholderen") && chronology.has(SAID) && chronology.has("Gynger alene"));
    assert_eq!(browser.get(&format!("/vikar/{id}")).await.status, 404, "who stands in passes it on to nobody");
    town.clock.store(AFTER, Ordering::Relaxed);
    // The session of the browser is over by then, too.
    let browser = town.browser().await;
    assert!(!browser.get("/").await.has("Gynger alene"));
    let csrf = browser.get("/soeg").await.field("csrf");
    assert!(!browser.post("/soeg", &[("csrf", &csrf), ("ord", "gynger")]).await.has("Gynger alene"));
    for path in [format!("/barn/{id}"), format!("/registrering/{note}")] {
        assert_eq!(browser.get(&path).await.status, 404, "{path}");
    }
    assert_eq!(browser.post(&format!("/svar/{note}"), &[("csrf", &csrf), ("tekst", "Hej")]).await.status, 404);
}
