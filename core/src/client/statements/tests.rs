//! What the authority states and nobody could follow.

use tvaers_wire::ids::MunicipalityId;
use tvaers_wire::limits::KEM_PUBLIC;
use tvaers_wire::message::{FeedItem, Page, TOKEN_START};
use tvaers_wire::statement::Authority;

use super::*;
use crate::audience::Audience;
use crate::client::push::tests::alone_under;
use crate::directory::AuthorityKey;
use crate::keys::{DeviceSecret, Secret};
use crate::kinds::{Kind, samples};
use crate::moment::Moment;
use crate::rng::system;
use crate::store::Store;

/// Every circle's key is wrapped for the sheets: with such a key no circle could have one any more.
#[test]
fn sheets_for_which_nothing_can_be_wrapped_are_set_aside_and_nothing_else_stops() {
    let (rng, seed) = (&mut system(), Secret::new([3; 32]));
    let mut keys = DeviceSecret::generate(rng).unwrap().keys().clone();
    keys.kem.0[KEM_PUBLIC - 32..].fill(0);
    let nameless = AuthorityKey::from_seed(&seed, MunicipalityId::new([0; 16]), 0).unwrap();
    let municipality = Authority::founded_with(&nameless.authority().key, &keys.device());
    let mut authority = AuthorityKey::from_seed(&seed, municipality, 0).unwrap();
    let device = alone_under(&mut authority, Store::in_memory().unwrap());
    let statement = authority.state(Claim::Recovery { keys: Box::new(keys) });
    let page = Page { items: vec![FeedItem::Statement { statement }], next: TOKEN_START, more: false };
    device.absorb_page(&page.to_bytes(), 2).unwrap();
    device.process().unwrap();
    assert_eq!(device.malformed().unwrap().len(), 1);
    device.upkeep(&mut Moment::new(3, rng)).unwrap();
    let note = samples::envelope(Kind::Observation, "efter", true);
    device.submit(&note, &[Audience::Own], &mut Moment::new(4, rng)).unwrap();
    assert!(device.next_push(&mut Moment::new(5, rng)).unwrap().is_some());
}
