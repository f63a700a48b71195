//! *Giv adgang fra nu af*, from the form to what everybody sees.

use tvaers_core::audience::Audience;
use tvaers_core::kinds::{Concern, ConcernState, Content, List, Recipient};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::wire::entry::Member;
use tvaers_core::wire::ids::RecordId;

use crate::browser::Browser;
use crate::town::{NOW, Town, child, observation, submit, text};

/// A case with a note and a concern by the pedagogue, which the caseworker coordinates.
async fn town() -> (Town, RecordId, RecordId) {
    let town = Town::with_colleague().await;
    for device in [&town.phone, &town.desk] {
        let mut dice = rng::system();
        let moment = &mut Moment::new(1, &mut dice);
        device.set_coordinator(&child().id, &town.desk.person(), moment).unwrap();
    }
    let case = Audience::Case(vec![Member::Person(town.desk.person())]);
    let note = submit(&town.phone, observation("Samme trøje som i går"), std::slice::from_ref(&case));
    let concern = Concern {
        trigger: text("Tre ting på to uger"),
        purpose: None,
        votes: Default::default(),
        decided: None,
        recipient: Recipient::Person(town.desk.person()),
        parents_contacted: None,
        observations: List::new(vec![note]).unwrap(),
        childs_perspective: None,
        familys_perspective: None,
        perspective_missing: None,
        state: ConcernState::New,
    };
    let concern = submit(&town.phone, concern, &[case]);
    town.sync().await;
    town.sync().await;
    (town, note, concern)
}

fn page() -> String {
    format!("/fra-nu-af/{}", child().id.to_hex())
}

async fn meet(town: &Town) {
    for _ in 0..3 {
        town.sync().await;
    }
}

async fn open(browser: &Browser, town: &Town) {
    let csrf = browser.get("/soeg").await.field("csrf");
    for row in town.desk.inbox(100).unwrap() {
        browser.post(&format!("/laes/{}", row.record.to_hex()), &[("csrf", &csrf)]).await;
    }
}

#[tokio::test]
async fn somebody_is_let_in_from_now_on_and_everybody_sees_one_history() {
    let (town, note, concern) = town().await;
    let browser = town.browser().await;
    let chronology = format!("/barn/{}", child().id.to_hex());
    assert!(browser.get(&chronology).await.has("Giv adgang fra nu af"));
    let form = browser.get(&page()).await;
    for words in ["Malthe Rugaard · støttepædagog · PPR Nordby", "Samme trøje", "Tre ting", "Intet er valgt på forhånd"]
    {
        assert!(form.has(words), "{words}");
    }
    assert!(form.has("Kun teksten, som den er i dag") && !form.has(" checked"), "nothing is chosen");
    assert!(form.has("<option value=\"\">Vælg en hjemmel</option>") && !form.has(" selected"), "no basis either");
    assert!(!form.has("<option value=\"person-01010101"), "whoever reads the case already is not offered");
    let (csrf, name) = (form.field("csrf"), form.field("form"));
    let malthe = format!("person-{}", town.colleague.as_ref().unwrap().person().to_hex());
    let shown = format!("vis-{}", concern.to_hex());
    let fields = [
        ("csrf", csrf.as_str()),
        ("form", &name),
        ("til", &malthe),
        (&shown, "ja"),
        ("tekst", "Ny støtte"),
        ("hjemmel", "Samtykke"),
    ];
    let without = |left_out: &str| fields.iter().filter(|(key, _)| *key != left_out).copied().collect::<Vec<_>>();
    let nobody = browser.post(&page(), &without("til")).await;
    assert!(nobody.status == 422 && nobody.has("Vælg en kollega eller en enhed, der kan") && nobody.has("Ny støtte"));
    let silent = browser.post(&page(), &without("tekst")).await;
    assert!(
        silent.status == 422 && silent.has("Skriv en begrundelse") && silent.has(" checked"),
        "what was ticked stays"
    );
    let mut name = name.clone();
    for basis in ["", "Fordi jeg siger det", "Samme enhed"] {
        let mut fields = without("hjemmel");
        fields.retain(|(key, _)| *key != "form");
        fields.extend([("hjemmel", basis), ("form", &name)]);
        let unlawful = browser.post(&page(), &fields).await;
        assert!(unlawful.status == 422 && unlawful.has("Vælg en hjemmel, som kommunens regler nævner"), "{basis}");
        assert!(unlawful.has("Ny støtte") && unlawful.has(" checked"), "{basis}");
        name = unlawful.field("form");
    }
    let fields = fields.map(|(key, value)| if key == "form" { (key, name.as_str()) } else { (key, value) });
    for _ in 0..2 {
        let done = browser.post(&page(), &fields).await;
        assert_eq!((done.status, done.header("location")), (303, Some(chronology.as_str())));
    }
    assert!(browser.get(&chronology).await.has("så snart der er net"));
    meet(&town).await;
    let colleague = town.colleague.as_ref().unwrap();
    let rows = colleague.chronology(&child().id).unwrap();
    assert_eq!(rows.len(), 2, "the concern and the reason, once");
    assert!(colleague.envelope(&note).is_err());
    let seen = rows.iter().find(|row| row.carried.is_some()).unwrap();
    let Content::Concern(read) = colleague.envelope(&seen.record).unwrap().content else { panic!("a concern") };
    assert_eq!(read.trigger.as_str(), "Tre ting på to uger");
    assert_eq!(colleague.not_shared(&child().id, &[note]).unwrap(), 1);
    open(&browser, &town).await;
    let page = browser.get(&chronology).await;
    assert!(!page.has("så snart der er net"));
    for words in ["Fortsat her", "fra nu af også med Malthe Rugaard", "Videreført af Henrik Stenduus", "Ane Bregntoft"]
    {
        assert!(page.has(words), "{words}");
    }
    assert_eq!(page.body.matches("<article").count(), 3, "one history");
    assert!(!page.has("siger noget andet"));
    let old = browser.get(&format!("/registrering/{}", concern.to_hex())).await;
    assert!(old.has("Fortsætter i en ny udgave") && old.has(&seen.record.to_hex()));
    let english = browser.get(&format!("{chronology}?lang=en")).await;
    assert!(english.has("Continued here") && english.has("Carried over by Henrik Stenduus"));
}

#[tokio::test]
async fn what_is_written_in_the_old_one_meanwhile_is_said() {
    let (town, _, concern) = town().await;
    let colleague = Member::Person(town.colleague.as_ref().unwrap().person());
    let mut dice = rng::system();
    let moment = &mut Moment::new(NOW, &mut dice);
    town.desk.continue_case(&child().id, &[colleague], &[concern], None, moment).unwrap();
    // The pedagogue has no network, and goes on writing.
    let mut dice = rng::system();
    let edit = town.phone.edit(&concern, &mut Moment::new(NOW, &mut dice), |envelope| {
        let Content::Concern(concern) = &mut envelope.content else { panic!("a concern") };
        concern.trigger = text("Fire ting på to uger");
        Ok(())
    });
    edit.unwrap();
    let relay = tvaers_core::net::Relay::new(&town.url).unwrap();
    tvaers_core::net::sync_once(&town.desk, &relay, &mut rng::system()).await.unwrap();
    meet(&town).await;
    let browser = town.browser().await;
    open(&browser, &town).await;
    let page = browser.get(&format!("/barn/{}", child().id.to_hex())).await;
    assert!(page.has("Den tidligere udgave siger noget andet") && page.has("Tre ting på to uger"));
    let old = browser.get(&format!("/registrering/{}", concern.to_hex())).await;
    assert!(old.has("Fire ting på to uger"), "and is found there");
}

#[tokio::test]
async fn only_whoever_manages_the_case_sees_the_page() {
    let town = Town::with_colleague().await;
    town.arrives(observation("Uden sag")).await;
    let browser = town.browser().await;
    assert_eq!(browser.get(&page()).await.status, 404, "there is no case");
    assert!(!browser.get(&format!("/barn/{}", child().id.to_hex())).await.has("Giv adgang fra nu af"));
    let csrf = browser.get("/soeg").await.field("csrf");
    let fields = [("csrf", csrf.as_str()), ("form", "a"), ("til", "person-x"), ("tekst", "x")];
    assert_eq!(browser.post(&page(), &fields).await.status, 404);
    assert_eq!(browser.post(&page(), &[("csrf", "fremmed"), ("til", "person-x")]).await.status, 403);
}
