//! The authority's key is followed by another one: what the relay takes of either, before, after, and after it has begun again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::relay::Relay;
use support::*;
use tvaers_wire::codec::Canonical;
use tvaers_wire::directory::{DirectoryUpload, PartAnswer, PartKind};
use tvaers_wire::ids::Fixed;
use tvaers_wire::message::{FeedItem, TOKEN_START};
use tvaers_wire::recovery::{RecoveryAct, ServedLogs};
use tvaers_wire::statement::{Claim, SignedStatement, Standing};

/// A relay that has heard of the sheets, with the key that they give.
async fn founded(dir: &std::path::Path) -> (Relay, Town, Device) {
    let nowhere = Town::new();
    let sheets = nowhere.device(person());
    let Claim::Device { keys, .. } = nowhere.authority.check(&sheets.certificate).unwrap().claim else {
        panic!("a certificate")
    };
    let town = Town::founded_with(&keys);
    let relay = Relay::start(dir, &town).await;
    assert_eq!(relay.state(&town.state(Claim::Recovery { keys })).await, 200);
    (relay, town, sheets)
}

fn leaves(town: &Town) -> SignedStatement {
    town.state(Claim::Standing { person: person(), standing: Standing::Left })
}

async fn bring(relay: &Relay, upload: &DirectoryUpload) -> Result<PartAnswer, u16> {
    relay.anybody("/v1/directory", upload.to_bytes()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_follows_once_and_tells_everybody_and_believes_each_key_at_its_own_serials() {
    let dir = tempfile::tempdir().unwrap();
    let (relay, town, sheets) = founded(dir.path()).await;
    let (anna, unsent) = (town.device(person()), leaves(&town));
    let (next, step) = town.followed(&sheets.key);
    let early = leaves(&next);
    assert_eq!(relay.state(&early).await, 403, "of this key nothing has been heard yet");
    assert_eq!(relay.state(&step).await, 200);
    assert_eq!(relay.state(&step).await, 200, "the same again is no harm");
    assert_eq!(relay.state(&early).await, 200);
    assert_eq!(relay.state(&unsent).await, 200, "what the old key had signed before still counts");
    assert_eq!(relay.state(&leaves(&town)).await, 403, "and nothing that it signs after");
    let client = relay.session(&anna).await;
    let (items, _) = client.pull_all(TOKEN_START).await;
    let told = items.iter().filter(|item| matches!(item, FeedItem::Statement { statement } if *statement == step));
    assert_eq!(told.count(), 1);

    // Begun again with what it was begun with first.
    drop(client);
    relay.stop().await;
    let relay = Relay::start(dir.path(), &town).await;
    assert_eq!(relay.state(&leaves(&next)).await, 200);
    assert_eq!(relay.state(&leaves(&town)).await, 403);
    assert!(relay.try_session(&anna).await.is_ok());
    assert!(relay.try_session(&next.device(person())).await.is_ok());
    assert_eq!(relay.try_session(&town.device(person())).await.err(), Some(403));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_the_holders_have_not_signed_or_of_a_key_that_was_followed_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (relay, town, sheets) = founded(dir.path()).await;
    let nobody = Town::new().device(person());
    // A thief of the authority's key alone; somebody else; another municipality.
    assert_eq!(relay.state(&town.followed(&nobody.key).1).await, 403);
    assert_eq!(relay.state(&town.forger().followed(&sheets.key).1).await, 403);
    assert_eq!(relay.state(&town.posing_as(&Town::new()).followed(&sheets.key).1).await, 403);
    let (next, step) = town.followed(&sheets.key);
    assert_eq!(relay.state(&step).await, 200);
    // Two holders who have signed twice.
    assert_eq!(relay.state(&town.followed(&sheets.key).1).await, 403);
    assert_eq!(relay.state(&leaves(&next)).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_the_newest_keys_and_a_directory_of_the_old_one_makes_room() {
    let dir = tempfile::tempdir().unwrap();
    let (relay, town, sheets) = founded(dir.path()).await;
    let part = |town: &Town, serial| town.upload(serial, Fixed([7; 32]), PartKind::Sealed, vec![9; 300]);
    // A thief has brought one under a serial to which nobody comes any more.
    assert_eq!(bring(&relay, &part(&town, 1 << 60)).await, Ok(PartAnswer::Stored {}));
    let act = || RecoveryAct::Own { person: person() };
    let served = |order: Vec<u8>| relay.anybody::<ServedLogs>("/v1/recovery", order);
    assert!(served(town.order(act(), now() + 600).to_bytes()).await.is_ok());

    let (next, step) = town.followed(&sheets.key);
    assert_eq!(bring(&relay, &part(&town, 50)).await, Ok(PartAnswer::Older {}));
    assert_eq!(relay.state(&step).await, 200);
    assert_eq!(bring(&relay, &part(&next, 50)).await, Ok(PartAnswer::Stored {}));
    assert_eq!(bring(&relay, &part(&town, 60)).await, Err(403));
    assert_eq!(served(town.order(act(), now() + 600).to_bytes()).await.err(), Some(403));
    assert!(served(next.order(act(), now() + 600).to_bytes()).await.is_ok());
}
