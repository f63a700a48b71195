//! New names reach the devices that are enrolled already: from the office's file, over a relay in a process of its own.

use tvaers_core::client::{Device, Opened, open};
use tvaers_core::directory::Enrolment;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::sync::Failure;
use tvaers_wire::codec::Canonical;

use super::office::{Place, STAFF};
use super::relay::{NewRelay, contact, phone};

/// A claimed relay that has been told everything.
fn published(place: &Place) -> NewRelay {
    let relay = NewRelay::start();
    place.does(&["publish", "--relay", &relay.url, "--claim-code", &relay.code]).did("sendt og gemt");
    relay
}

/// A device of this person that has met the relay.
fn enrolled(place: &Place, relay: &NewRelay, number: &str) -> Device {
    let phone = phone(place, &format!("phone-{number}"));
    let (keys, out) = (format!("{number}.keys"), format!("{number}.enrolment"));
    place.file(&keys, &[&phone.keys().signing.0[..], &phone.keys().kem.0].concat());
    place.does(&["certify", number, "--keys", &keys, "--out", &out]).did("gjort");
    let enrolment = Enrolment::from_bytes(&std::fs::read(place.path(&out)).unwrap()).unwrap();
    let device = phone.enrol(enrolment).map_err(|refused| refused.error).unwrap();
    assert_eq!(contact(&device, &relay.url), None);
    device
}

/// The names of units and people that a device shows.
fn names(device: &Device) -> Vec<String> {
    let staff = device.staff();
    let units = staff.directory.teams.iter().map(|unit| unit.name.clone());
    units.chain(staff.directory.people.iter().map(|person| person.name.clone())).collect()
}

const BEFORE: [&str; 5] = ["Solsikken", "Vestskolen", "Ida Krogh", "Jo Østergård", "Kim Bæk"];
const AFTER: [&str; 6] = ["Børnehuset Solsikken", "Vestskolen", "Ida Krogh-Holm", "Jo Østergård", "Kim Bæk", "Lis Dam"];

/// A unit gets another name, a person marries, another one comes.
fn changes_names(place: &Place) {
    place.does(&["unit", "rename", "Solsikken", "Børnehuset Solsikken"]).did("Enheden hedder nu Børnehuset Solsikken");
    let staff = STAFF.replace("Solsikken", "Børnehuset Solsikken").replace("Ida Krogh", "Ida Krogh-Holm");
    place.file("later.csv", format!("{staff}0104;Lis Dam;lærer;Vestskolen;\n").as_bytes());
    place.does(&["person", "import", "later.csv"]).did("1 kommer til");
}

#[test]
fn new_names_reach_an_enrolled_device_with_publish_and_stay() {
    let (place, _) = Place::staffed();
    let relay = published(&place);
    let device = enrolled(&place, &relay, "0103");
    place.does(&["publish"]).did("sendt");
    changes_names(&place);
    place.shows(&["status"]).did("Medarbejderlisten på apparaterne er ikke den nyeste");
    assert_eq!((contact(&device, &relay.url), names(&device)), (None, BEFORE.map(str::to_owned).to_vec()));

    place.shows(&["publish"]).planned("Medarbejderlisten forsegles til 1 apparat i brug.");
    assert_eq!((contact(&device, &relay.url), names(&device)), (None, BEFORE.map(str::to_owned).to_vec()));
    place.does(&["publish"]).did("2 udsagn er sendt og gemt på serveren.");
    place.does(&["publish"]).did("Serveren har fået alt.");
    assert!(!place.shows(&["status"]).out.contains("Medarbejderlisten"));

    let shown = device.staff();
    assert_eq!((contact(&device, &relay.url), names(&device)), (None, AFTER.map(str::to_owned).to_vec()));
    assert_eq!(shown.directory.people.len(), 3, "a page that is being drawn keeps the one it began with");
    assert_eq!(device.wanted_directory(), None);
    assert!(device.malformed().unwrap().is_empty());
    let Opened::Enrolled(device) = open(device.into_store(), &mut Moment::new(0, &mut rng::system())).unwrap() else {
        panic!("an enrolled store holds a device")
    };
    assert_eq!(names(&device), AFTER);
    // Who is enrolled after that has the new one from the beginning.
    assert_eq!(names(&enrolled(&place, &relay, "0104")), AFTER);
}

#[test]
fn who_is_out_gets_no_new_names_and_who_comes_back_does() {
    let (place, _) = Place::staffed();
    let relay = published(&place);
    let (lost, barred) = (enrolled(&place, &relay, "0103"), enrolled(&place, &relay, "0102"));
    place.does(&["revoke-device", "0103/1"]).did("gjort");
    place.does(&["suspend", "0102"]).did("gjort");
    changes_names(&place);
    place.does(&["publish"]).did("Medarbejderlisten forsegles til 0 apparater i brug");
    for device in [&lost, &barred] {
        assert_eq!(contact(device, &relay.url), Some(Failure::Forbidden));
        assert_eq!(names(device), BEFORE);
    }
    place.does(&["reinstate", "0102"]).did("gjort");
    place.does(&["publish"]).did("Medarbejderlisten forsegles til 1 apparat i brug");
    assert_eq!((contact(&barred, &relay.url), names(&barred)), (None, AFTER.map(str::to_owned).to_vec()));
}

#[test]
fn a_relay_that_lost_it_has_it_again_with_the_next_publish() {
    let (place, _) = Place::staffed();
    let first = published(&place);
    let (knows, waits) = (enrolled(&place, &first, "0102"), enrolled(&place, &first, "0103"));
    changes_names(&place);
    place.does(&["publish"]).did("Medarbejderlisten forsegles til 2 apparater i brug");
    assert_eq!((contact(&knows, &first.url), names(&knows)), (None, AFTER.map(str::to_owned).to_vec()));
    // Another one in its place, which has nothing; that the relay is a new one is noticed, and no more than that.
    let second = NewRelay::start();
    drop(first);
    place.does(&["publish", "--relay", &second.url, "--claim-code", &second.code]).did("0 udsagn");
    assert_eq!(contact(&knows, &second.url), Some(Failure::Restored));
    assert_eq!(contact(&waits, &second.url), Some(Failure::Restored));
    // Who has heard brings the statement back, as everything else; the directory itself only the office has.
    assert_eq!((contact(&waits, &second.url), names(&waits)), (None, BEFORE.map(str::to_owned).to_vec()));
    assert!(waits.wanted_directory().is_some(), "it has heard, and is held up by nothing");
    place.does(&["publish", "--again"]).did("Medarbejderlisten forsegles til 2 apparater i brug");
    assert_eq!((contact(&waits, &second.url), names(&waits)), (None, AFTER.map(str::to_owned).to_vec()));
}
