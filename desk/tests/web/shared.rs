//! *Videregivelser* and the lawful basis of an answer.

use tvaers_core::audience::Audience;
use tvaers_core::kinds::{Content, Kind};

use crate::town::{Town, child, observation, submit};

fn page() -> String {
    format!("/videregivelser/{}", child().id.to_hex())
}

#[tokio::test]
async fn what_was_shared_with_whom_and_why_is_on_one_page() {
    let town = Town::new().await;
    let note = town.arrives(observation("Samme trøje som i går")).await;
    submit(&town.desk, observation("Kun min egen"), &[Audience::Own]);
    let browser = town.browser().await;
    assert!(browser.get(&format!("/barn/{}", child().id.to_hex())).await.has("Videregivelser"));
    let shared = browser.get(&page()).await;
    for words in [
        "Asta",
        "Delt med Henrik Stenduus",
        "Hjemmel: <bdi>Tidligt forebyggende samarbejde (SSD)</bdi>",
        "Ane Bregntoft",
    ] {
        assert!(shared.has(words), "{words}: {}", shared.body);
    }
    assert!(!shared.has("Kun min egen") && !shared.has(&format!("/registrering/{}", note.to_hex())), "not opened yet");
    assert_eq!(browser.get("/videregivelser/00112233445566778899aabbccddeeff").await.status, 404);
    assert_eq!(browser.get("/videregivelser/nobody").await.status, 404);
    assert!(browser.get(&format!("{}?lang=en", page())).await.has("Shared with Henrik Stenduus"));
}

#[tokio::test]
async fn an_answer_goes_on_the_basis_that_was_chosen_among_those_that_the_rules_name() {
    let town = Town::new().await;
    let note = town.arrives(observation("Samme trøje som i går")).await;
    let browser = town.browser().await;
    let csrf = browser.get("/soeg").await.field("csrf");
    browser.post(&format!("/laes/{}", note.to_hex()), &[("csrf", &csrf)]).await;
    let address = format!("/registrering/{}", note.to_hex());
    let form = browser.get(&address).await;
    assert!(form.has("<option value=\"Samtykke\"") && form.has("Tilbagemelding til den, der har underrettet"));
    assert!(form.has("Delt ét sted"));
    let answers = async |basis: &str| {
        let name = browser.get(&address).await.field("form");
        let fields = [("csrf", csrf.as_str()), ("form", &name), ("tekst", "Tak for den"), ("hjemmel", basis)];
        browser.post(&format!("/svar/{}", note.to_hex()), &fields).await
    };
    let other = answers("Fordi").await;
    assert!(other.status == 422 && other.has("Vælg en hjemmel") && other.has("Tak for den"), "nothing typed is lost");
    assert_eq!(answers("Tilbagemelding til den, der har underrettet").await.status, 303);
    town.sync().await;
    town.sync().await;
    let rows = town.phone.chronology(&child().id).unwrap();
    let answer = rows.iter().find(|row| row.kind == Some(Kind::Reply)).unwrap();
    assert!(matches!(town.phone.envelope(&answer.record).unwrap().content, Content::Reply(_)));
    let shared = town.phone.shared(&answer.record).unwrap();
    assert_eq!(shared[0].basis.as_deref(), Some("Tilbagemelding til den, der har underrettet"));
}
