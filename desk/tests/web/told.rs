//! What whoever sits there is told unasked: a device that waits, and what the server has shown to others alone.

use tvaers_core::client::{Opened, open};
use tvaers_core::moment::Moment;
use tvaers_core::net::{Relay, sync_once};
use tvaers_core::rng;
use tvaers_core::store::Store;

use crate::town::Town;

#[tokio::test]
async fn a_further_device_that_waits_to_be_let_in_shows_above_every_page() {
    let mut town = Town::new().await;
    let browser = town.browser().await;
    assert!(!browser.get("/").await.has("venter på at blive lukket ind"));
    let opened = open(Store::in_memory().unwrap(), &mut Moment::new(0, &mut rng::system())).unwrap();
    let Opened::New(new) = opened else { panic!("a new store") };
    let statement = town.authority.certify(town.desk.person(), new.keys()).unwrap();
    let relay = Relay::new(&town.url).unwrap();
    relay.publish(&statement).await.unwrap();
    sync_once(&town.desk, &relay, &mut rng::system()).await.unwrap();
    for path in ["/", "/soeg", "/lagt-til-side"] {
        assert!(browser.get(path).await.has("1 apparat venter på at blive lukket ind"), "{path}");
    }
    assert!(!browser.get("/apparater").await.has("lagt tilbage fra en kopi"));
}
