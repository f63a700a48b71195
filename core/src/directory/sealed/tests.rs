use tvaers_wire::codec::DecodeError;
use tvaers_wire::directory::{DirectoryUpload, DirectoryWraps, PartKind};
use tvaers_wire::ids::TeamId;
use tvaers_wire::limits;
use tvaers_wire::statement::Authority;

use super::*;
use crate::directory::{AuthorityKey, Directory, PersonFacts, TeamFacts};
use crate::rng::{bytes, system};

const IDA: PersonId = PersonId::new([1; 16]);
const HOUSE: TeamId = TeamId::new([2; 16]);

struct Town {
    key: AuthorityKey,
    device: DeviceSecret,
    held: Staff,
}

impl Town {
    fn new() -> Self {
        let municipality = MunicipalityId::new(bytes(&mut system()));
        let key = AuthorityKey::from_seed(&Secret::random(&mut system()), municipality, 0).unwrap();
        let held = key.sign_directory(&directory(municipality, 5, "Solsikken", &[IDA]));
        let held = Staff::verified(&held, &Lineage::from(key.authority())).unwrap();
        Self { key, device: device(), held }
    }

    fn signed(&self, serial: u64, unit: &str) -> SignedDirectory {
        self.key.sign_directory(&directory(self.key.authority().municipality, serial, unit, &[IDA]))
    }

    /// What the relay would answer the device.
    fn sealed(&self, signed: &SignedDirectory) -> DirectoryAnswer {
        answer(signed, &self.key.authority(), self.device.keys())
    }

    fn opens(&self, answer: &DirectoryAnswer, head: &Fixed<32>) -> Result<Staff, DirectoryError> {
        let held = (&self.held, &IDA);
        SignedDirectory::open(answer, head, &Lineage::from(self.key.authority()), &self.device, held)
            .map(|(_, staff)| staff)
    }
}

fn device() -> DeviceSecret {
    DeviceSecret::generate(&mut system()).unwrap()
}

fn directory(municipality: MunicipalityId, serial: u64, unit: &str, people: &[PersonId]) -> Directory {
    let person = |person: &PersonId| PersonFacts {
        person: *person,
        name: "Ida".to_owned(),
        profession: "pædagog".to_owned(),
        team: HOUSE,
    };
    let team = TeamFacts { team: HOUSE, name: unit.to_owned(), kind: "dagtilbud".to_owned(), phone: None };
    Directory {
        version: limits::VERSION,
        municipality,
        serial,
        name: "Prøveby".to_owned(),
        teams: vec![team],
        people: people.iter().map(person).collect(),
        policy: None,
    }
}

fn answer(signed: &SignedDirectory, authority: &Authority, keys: &DeviceKeys) -> DirectoryAnswer {
    let sealed = signed.seal_for(&authority.municipality, [keys], &mut system()).unwrap();
    DirectoryAnswer { sealed: Bytes(sealed.sealed), wrap: sealed.wraps[0].bytes.clone() }
}

#[test]
fn a_device_opens_what_was_sealed_for_it() {
    let town = Town::new();
    let newer = town.signed(6, "Børnehuset Solsikken");
    let answer = town.sealed(&newer);
    assert_eq!(answer.sealed.len(), padded_len(4 + newer.to_bytes().len()) + TAG);
    assert!(!answer.sealed.windows(9).any(|window| window == b"Solsikken"));
    let staff = town.opens(&answer, &newer.head()).unwrap();
    assert_eq!(staff.team(&HOUSE).unwrap().name, "Børnehuset Solsikken");
    assert_eq!(staff.head, newer.head());
}

#[test]
fn each_seal_is_under_a_key_of_its_own() {
    let town = Town::new();
    let newer = town.signed(6, "Ny");
    let (one, two) = (town.sealed(&newer), town.sealed(&newer));
    assert_ne!(one.sealed, two.sealed);
    let mixed = DirectoryAnswer { sealed: one.sealed, wrap: two.wrap };
    assert_eq!(town.opens(&mixed, &newer.head()).unwrap_err(), DirectoryError::Seal);
}

#[test]
fn an_older_directory_replaces_nothing() {
    let town = Town::new();
    for serial in [0, 4, 5] {
        let older = town.signed(serial, "Gammel");
        assert_eq!(town.opens(&town.sealed(&older), &older.head()).unwrap_err(), DirectoryError::NotNewer);
    }
}

#[test]
fn another_directory_than_the_stated_one_is_not_taken() {
    let town = Town::new();
    let (stated, other) = (town.signed(6, "Rigtig"), town.signed(7, "Anden"));
    // The relay's answer is bound to what was asked for…
    assert_eq!(town.opens(&town.sealed(&other), &stated.head()).unwrap_err(), DirectoryError::Seal);
    // …and a sealer that lies about the head is found out when it is opened.
    let lying = sealed_as(&town, &other, &stated.head());
    assert_eq!(town.opens(&lying, &stated.head()).unwrap_err(), DirectoryError::OtherHead);
}

/// Sealed by hand, with another head in the binding.
fn sealed_as(town: &Town, signed: &SignedDirectory, head: &Fixed<32>) -> DirectoryAnswer {
    padded_as(town, &signed.to_bytes(), head, |_| {})
}

fn padded_as(town: &Town, plain: &[u8], head: &Fixed<32>, spoil: impl FnOnce(&mut Vec<u8>)) -> DirectoryAnswer {
    let binding = directory_binding(&town.key.authority().municipality, head);
    let root = Root::random(&mut system());
    let mut sealed = u32::try_from(plain.len()).unwrap().to_be_bytes().to_vec();
    sealed.extend_from_slice(plain);
    sealed.resize(padded_len(sealed.len()), 0);
    spoil(&mut sealed);
    seal_once(&key(&root, &binding), &binding, &mut sealed).unwrap();
    let keys = town.device.keys();
    let wrap = wrap(&root, &keys.kem, &binding, &Member::Device(keys.device()), &mut system()).unwrap();
    DirectoryAnswer { sealed: Bytes(sealed), wrap: Bytes(wrap) }
}

#[test]
fn padding_has_one_form() {
    let town = Town::new();
    let newer = town.signed(6, "Ny");
    let (plain, head) = (newer.to_bytes(), newer.head());
    assert!(town.opens(&padded_as(&town, &plain, &head, |_| {}), &head).is_ok());
    let spoils: [fn(&mut Vec<u8>); 5] = [
        |padded| *padded.last_mut().unwrap() = 1,
        |padded| padded.push(0),
        |padded| padded.truncate(padded.len() - 1),
        |padded| padded[..4].fill(0xff),
        |padded| padded.truncate(3),
    ];
    for spoil in spoils {
        assert_eq!(town.opens(&padded_as(&town, &plain, &head, spoil), &head).unwrap_err(), DirectoryError::Seal);
    }
    let cut = padded_as(&town, &plain[..plain.len() - 1], &head, |_| {});
    assert!(matches!(town.opens(&cut, &head), Err(DirectoryError::Decode(DecodeError::Malformed { .. }))));
}

#[test]
fn another_municipality_and_another_signer_are_refused() {
    let (town, other) = (Town::new(), Town::new());
    // Under this authority's key, for another municipality.
    let foreign = town.key.sign_directory(&directory(other.key.authority().municipality, 6, "Ny", &[IDA]));
    let answer = sealed_as(&town, &foreign, &foreign.head());
    assert_eq!(town.opens(&answer, &foreign.head()).unwrap_err(), DirectoryError::OtherMunicipality);
    // Of this municipality, under another's key.
    let forged = other.key.sign_directory(&directory(town.key.authority().municipality, 6, "Ny", &[IDA]));
    let error = town.opens(&town.sealed(&forged), &forged.head()).unwrap_err();
    assert!(matches!(error, DirectoryError::Signature(_)), "{error:?}");
}

#[test]
fn a_directory_without_the_devices_own_person_is_refused() {
    let town = Town::new();
    let without = directory(town.key.authority().municipality, 6, "Ny", &[PersonId::new([9; 16])]);
    let without = town.key.sign_directory(&without);
    assert_eq!(town.opens(&town.sealed(&without), &without.head()).unwrap_err(), DirectoryError::UnknownPerson);
}

#[test]
fn a_key_that_was_wrapped_for_another_device_opens_nothing() {
    let town = Town::new();
    let newer = town.signed(6, "Ny");
    let theirs = answer(&newer, &town.key.authority(), device().keys());
    assert_eq!(town.opens(&theirs, &newer.head()).unwrap_err(), DirectoryError::Seal);
}

#[test]
fn every_byte_of_an_answer_counts() {
    let town = Town::new();
    let newer = town.signed(6, "Ny");
    let good = town.sealed(&newer);
    for at in 0..good.sealed.len() {
        let mut bad = good.clone();
        bad.sealed.0[at] ^= 1;
        assert_eq!(town.opens(&bad, &newer.head()).unwrap_err(), DirectoryError::Seal);
    }
    for at in (0..good.wrap.len()).step_by(13) {
        let mut bad = good.clone();
        bad.wrap.0[at] ^= 1;
        assert_eq!(town.opens(&bad, &newer.head()).unwrap_err(), DirectoryError::Seal);
    }
    for cut in [0, 1, 15, 16, 100] {
        let sealed = Bytes(good.sealed[..cut].to_vec());
        let bad = DirectoryAnswer { sealed, wrap: good.wrap.clone() };
        assert_eq!(town.opens(&bad, &newer.head()).unwrap_err(), DirectoryError::Seal);
        let bad = DirectoryAnswer { sealed: good.sealed.clone(), wrap: Bytes(good.wrap[..cut].to_vec()) };
        assert_eq!(town.opens(&bad, &newer.head()).unwrap_err(), DirectoryError::Seal);
    }
}

#[test]
fn a_key_that_nothing_can_be_wrapped_to_is_told() {
    let town = Town::new();
    let low = DeviceKeys { kem: Fixed([0; limits::KEM_PUBLIC]), ..device().keys().clone() };
    let municipality = town.key.authority().municipality;
    let sealed = town.signed(6, "Ny").seal_for(&municipality, [&low], &mut system());
    assert_eq!(sealed.unwrap_err(), WrapError::BadKey);
}

#[test]
fn the_relay_gets_the_wraps_in_parts_and_the_directory_last() {
    let mut town = Town::new();
    let wrap = DirectoryWrap { device: town.device.id(), bytes: Bytes(vec![0; 1_168]) };
    let wraps = vec![wrap; limits::DIRECTORY_WRAPS + 1];
    let sealed = SealedDirectory { head: Fixed([3; 32]), sealed: vec![7; 300], wraps };
    let uploads = town.key.directory_uploads(&sealed);
    let orders: Vec<_> =
        uploads.iter().map(|upload| town.key.authority().check_directory_order(&upload.order).unwrap()).collect();
    assert_eq!(
        orders.iter().map(|order| order.kind).collect::<Vec<_>>(),
        [PartKind::Wraps, PartKind::Wraps, PartKind::Sealed]
    );
    assert!(uploads.iter().zip(&orders).all(|(upload, order)| order.is_for(&upload.part)));
    assert!(orders.iter().all(|order| (order.serial, order.head) == (orders[0].serial, sealed.head)));
    assert!(uploads.iter().all(|upload| upload.to_bytes().len() <= DirectoryUpload::MAX_LEN));
    assert_eq!(DirectoryWraps::from_bytes(&uploads[1].part).unwrap().wraps.len(), 1);
    // Sealed again it counts as newer.
    let again = town.key.directory_uploads(&sealed);
    assert!(town.key.authority().check_directory_order(&again[0].order).unwrap().serial > orders[0].serial);
    // An order is believed from this authority, and for one part.
    let other = Town::new();
    assert!(other.key.authority().check_directory_order(&uploads[0].order).is_err());
    assert!(!orders[0].is_for(&uploads[1].part));
}
