//! Names of colleagues and units, when the office changes them.

use tvaers_core::directory::Directory;
use tvaers_core::net::Relay;
use tvaers_core::rng;
use tvaers_wire::codec::Canonical;
use tvaers_wire::statement::{Claim, Statement};

use crate::town::{Town, observation};

#[tokio::test]
async fn a_new_name_is_shown_as_soon_as_it_is_here_and_until_then_that_it_is_not() {
    let mut town = Town::new().await;
    town.arrives(observation("Samme trøje som i går")).await;
    let mut directory = Directory { serial: 2, ..town.desk.staff().directory.clone() };
    directory.people[0].name = "Ane Holm".to_owned();
    directory.teams[0].name = "Børnehuset Tang og Tare".to_owned();
    let signed = town.authority.sign_directory(&directory);
    let relay = Relay::new(&town.url).unwrap();
    relay.publish(&town.authority.state_directory(&signed)).await.unwrap();
    town.sync().await;
    let browser = town.browser().await;
    let page = browser.get("/").await;
    assert!(page.has("Ane Bregntoft") && page.has("Medarbejderlisten her er ikke den nyeste"));
    assert!(!page.has("Alt herfra er sendt"));
    assert!(browser.get("/?lang=en").await.has("The directory of staff here is not the newest"));

    let certified = Statement::from_bytes(&town.desk.certificate().body).unwrap();
    let Claim::Device { keys, .. } = certified.claim else { panic!("a certificate") };
    let sealed = signed.seal_for(&directory.municipality, [&*keys], &mut rng::system()).unwrap();
    for upload in town.authority.directory_uploads(&sealed) {
        assert!(relay.bring_directory(&upload).await.unwrap());
    }
    town.sync().await;
    let page = browser.get("/?lang=da").await;
    for words in ["Ane Holm", "Børnehuset Tang og Tare", "Alt herfra er sendt"] {
        assert!(page.has(words), "{words}");
    }
    assert!(!page.has("Ane Bregntoft") && !page.has("Medarbejderlisten her"));
}
