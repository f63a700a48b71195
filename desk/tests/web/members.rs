//! Who reads a child's case, and who is taken out of it.

use tvaers_core::audience::Audience;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::wire::entry::Member;

use crate::town::{NOW, Town, child, observation, submit};

#[tokio::test]
async fn whoever_manages_a_case_sees_who_is_in_it_and_takes_somebody_out_with_a_reason() {
    let town = Town::with_colleague().await;
    let colleague = town.colleague.as_ref().unwrap();
    let holder = town.desk.person();
    for device in [&town.phone, &town.desk, colleague] {
        device.set_coordinator(&child().id, &holder, &mut Moment::new(NOW, &mut rng::system())).unwrap();
    }
    let all = [&town.phone, colleague].map(|device| Member::Person(device.person()));
    submit(&town.desk, observation("I sagen"), &[Audience::Case(all.to_vec())]);
    town.sync().await;
    let browser = town.browser().await;
    let id = child().id.to_hex();
    let here = format!("/adgang/{id}");
    assert!(browser.get(&format!("/barn/{id}")).await.has(&here), "the way there");
    let page = browser.get(&here).await;
    assert!(
        page.has("Malthe Rugaard") && page.has("PPR Nordby") && page.has("tovholder") && page.has("læser og skriver")
    );
    let csrf = page.field("csrf");
    let [ane, malthe] = all.map(|member| match member {
        Member::Person(person) => format!("person-{}", person.to_hex()),
        _ => unreachable!("persons"),
    });
    let oneself = format!("person-{}", holder.to_hex());
    assert!(page.has(&format!("value=\"{malthe}\"")) && !page.has(&format!("value=\"{oneself}\"")));
    let sends = async |who: &str, text: &str| {
        let fields = [("csrf", csrf.as_str()), ("hvem", who), ("tekst", text)];
        browser.post(&here, &fields).await
    };
    let long = "æ".repeat(300);
    for (who, text, said) in [
        ("", "Flyttet", "Vælg en, der er med i sagen"),
        (oneself.as_str(), "Flyttet", "Vælg en, der er med i sagen"),
        ("person-00", "Flyttet", "Vælg en, der er med i sagen"),
        (malthe.as_str(), " ", "Skriv hvorfor"),
        (malthe.as_str(), long.as_str(), "for lang"),
    ] {
        let again = sends(who, text).await;
        assert!(again.status == 422 && again.has(said), "{who} {said}: {}", again.status);
    }
    assert_eq!(sends(&malthe, "Skiftet til Øst").await.status, 303);
    assert!(browser.get(&here).await.has("tages ud, når der har været net"));
    assert_eq!(sends(&malthe, "Skiftet til Øst").await.status, 422, "once is enough");
    town.sync().await;
    let page = browser.get(&here).await;
    assert!(!page.has("Malthe Rugaard") && page.has(&ane));
    let later = submit(&town.desk, observation("Efter"), &[Audience::Case(vec![all[0]])]);
    town.sync().await;
    town.sync().await;
    assert!(town.phone.envelope(&later).is_ok() && colleague.envelope(&later).is_err());
}

#[tokio::test]
async fn whoever_does_not_manage_it_sees_who_is_in_it_and_takes_nobody_out() {
    let town = Town::new().await;
    let holder = town.phone.person();
    for device in [&town.phone, &town.desk] {
        device.set_coordinator(&child().id, &holder, &mut Moment::new(NOW, &mut rng::system())).unwrap();
    }
    submit(&town.phone, observation("I sagen"), &[Audience::Case(vec![Member::Person(town.desk.person())])]);
    town.sync().await;
    let browser = town.browser().await;
    let here = format!("/adgang/{}", child().id.to_hex());
    let page = browser.get(&here).await;
    assert!(page.has("Ane Bregntoft") && !page.has("Tag nogen ud"));
    let csrf = browser.get("/soeg").await.field("csrf");
    let who = format!("person-{}", holder.to_hex());
    let answer = browser.post(&here, &[("csrf", &csrf), ("hvem", &who), ("tekst", "Væk")]).await;
    assert_eq!(answer.status, 422);
    town.sync().await;
    assert!(browser.get(&here).await.has("Ane Bregntoft"));
    assert_eq!(browser.get(&format!("/adgang/{}", "0".repeat(32))).await.status, 404);
}
