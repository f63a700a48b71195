//! Erasure from afar: the authority's word for a device that is out, its receipt, and the office that asks for receipts
//! (protocol §5.11). None of them has a session.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::relay::Relay;
use support::*;
use tvaers_wire::codec::Canonical;
use tvaers_wire::ids::DeviceId;
use tvaers_wire::limits;
use tvaers_wire::statement::{Claim, SignedStatement, Wish};
use tvaers_wire::wipe::{SignedWipeOrder, SignedWipeReceipt, WipeReceipt, WipeReceipts, WipeWord};

const FORBIDDEN: Result<(), u16> = Err(403);

/// Anna's phone is lost; Bo's is not.
struct World {
    town: Town,
    anna: Device,
    bo: Device,
    relay: Relay,
    _dir: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
        let (anna, bo) = (town.device(person()), town.device(person()));
        let relay = Relay::start(dir.path(), &town).await;
        for device in [&anna, &bo] {
            relay.joined(device).await;
        }
        let world = Self { town, anna, bo, relay, _dir: dir };
        world.state(Claim::Revoked { device: world.anna.id }).await;
        world
    }

    async fn state(&self, claim: Claim) -> SignedStatement {
        let statement = self.town.state(claim);
        assert_eq!(self.relay.state(&statement).await, 200);
        statement
    }

    async fn asks(&self, device: &Device, wish: Wish) -> SignedStatement {
        self.state(Claim::Wipe { device: device.id, wish }).await
    }

    async fn word(&self, device: &Device) -> Result<Vec<SignedStatement>, u16> {
        let proof = self.relay.proof(device).await;
        self.relay.anybody::<WipeWord>("/v1/wipe", proof.to_bytes()).await.map(|word| word.statements)
    }

    fn says(&self, device: &Device) -> WipeReceipt {
        let municipality = self.town.authority.municipality;
        WipeReceipt { version: limits::VERSION, municipality, device: device.id, serial: 1, at: 1, unsent: Some(0) }
    }

    async fn brings(&self, receipt: &SignedWipeReceipt) -> Result<(), u16> {
        let status = self.relay.without_session("/v1/wipe/receipt", receipt.to_bytes()).await.status();
        if status.is_success() { Ok(()) } else { Err(status.as_u16()) }
    }

    async fn asked(&self, order: &SignedWipeOrder) -> Result<Vec<SignedWipeReceipt>, u16> {
        let answer = self.relay.anybody::<WipeReceipts>("/v1/wipe/receipts", order.to_bytes()).await?;
        Ok(answer.receipts.into_iter().map(|received| received.receipt).collect())
    }

    async fn kept(&self, device: DeviceId) -> Vec<SignedWipeReceipt> {
        self.asked(&self.town.wipe_order(vec![device], now() + 60)).await.unwrap()
    }
}

#[tokio::test]
async fn a_lost_device_hears_what_the_authority_wants_of_it_and_nobody_else_hears_anything() {
    let w = World::new().await;
    assert_eq!(w.word(&w.anna).await, Err(403), "nothing was asked yet");
    let asked = w.asks(&w.anna, Wish::Erase).await;
    let word = w.word(&w.anna).await.unwrap();
    assert!(word.len() == 2 && word.contains(&asked), "that it is revoked, and the wish: {}", word.len());
    assert_eq!(w.word(&w.bo).await, Err(403), "who is not out");
    let thief = Device { key: w.town.device(person()).key, ..w.town.device(w.anna.person) };
    let thief = Device { id: w.anna.id, certificate: w.anna.certificate.clone(), ..thief };
    assert_eq!(w.word(&thief).await, Err(403), "who has not its key");
    let withdrawn = w.asks(&w.anna, Wish::Keep).await;
    let word = w.word(&w.anna).await.unwrap();
    assert!(word.contains(&withdrawn) && !word.contains(&asked));
    w.relay.stop().await;
}

#[tokio::test]
async fn a_receipt_is_kept_of_a_device_that_was_asked_and_has_signed_it() {
    let w = World::new().await;
    let good = w.anna.receipt(&w.says(&w.anna));
    assert_eq!(w.brings(&good).await, FORBIDDEN, "nobody has asked for it");
    w.asks(&w.anna, Wish::Erase).await;
    let elsewhere = Town::new();
    let other = WipeReceipt { municipality: elsewhere.authority.municipality, ..w.says(&w.anna) };
    let stranger = elsewhere.device(w.anna.person);
    for (why, receipt) in [
        (
            "another's signature",
            SignedWipeReceipt { signature: w.bo.receipt(&w.says(&w.anna)).signature, ..good.clone() },
        ),
        ("another's certificate", SignedWipeReceipt { certificate: w.bo.certificate.clone(), ..good.clone() }),
        ("of another device", w.bo.receipt(&w.says(&w.anna))),
        ("who was not asked", w.bo.receipt(&w.says(&w.bo))),
        ("for another municipality", w.anna.receipt(&other)),
        ("another authority's device", stranger.receipt(&w.says(&stranger))),
        (
            "no certificate",
            SignedWipeReceipt {
                certificate: w.town.charter(tvaers_wire::ids::TeamId::new(random()), &[]),
                ..good.clone()
            },
        ),
    ] {
        assert_eq!(w.brings(&receipt).await, FORBIDDEN, "{why}");
    }
    assert!(w.kept(w.anna.id).await.is_empty() && w.kept(w.bo.id).await.is_empty());
    assert_eq!(w.brings(&good).await, Ok(()));
    assert_eq!(w.kept(w.anna.id).await, [good]);
    w.relay.stop().await;
}

#[tokio::test]
async fn receipts_are_given_to_the_authoritys_word_of_now() {
    let w = World::new().await;
    w.asks(&w.anna, Wish::Erase).await;
    let good = w.anna.receipt(&w.says(&w.anna));
    w.brings(&good).await.unwrap();
    let devices = vec![w.anna.id];
    let later = now() + limits::RECOVERY_LIFE.as_secs() + 60;
    let order = w.town.wipe_order(devices.clone(), now() + 60);
    let other = SignedWipeOrder { body: w.town.wipe_order(vec![w.bo.id], now() + 60).body, ..order.clone() };
    for (why, order) in [
        ("another key", w.town.forger().wipe_order(devices.clone(), now() + 60)),
        ("another municipality", Town::new().wipe_order(devices.clone(), now() + 60)),
        (
            "the same key for another municipality",
            w.town.posing_as(&Town::new()).wipe_order(devices.clone(), now() + 60),
        ),
        ("over", w.town.wipe_order(devices.clone(), now() - 1)),
        ("for ever", w.town.wipe_order(devices, later)),
        ("another order's signature", other),
    ] {
        assert_eq!(w.asked(&order).await, Err(403), "{why}");
    }
    assert_eq!(w.asked(&order).await, Ok(vec![good]));
    w.relay.stop().await;
}
