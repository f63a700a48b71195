//! `rotate-authority` and `sheets renew`, as IT and the holders do them.

use tvaers_core::client::Device;
use tvaers_core::directory::Enrolment;
use tvaers_core::sync::Failure;
use tvaers_wire::codec::Canonical;

use super::office::{Paper, Place};
use super::publish::{invites, joins, waits};
use super::relay::{NewRelay, contact, phone};
use tvaers_core::net::Joined;

const RENEW: [&str; 10] = [
    "sheets",
    "renew",
    "--holder",
    "Anne Berg",
    "--holder",
    "Bo Holm",
    "--holder",
    "Dorthe Friis",
    "--sheets",
    "sheets",
];

fn two(papers: &[Paper]) -> String {
    format!("{}{}", papers[0].words, papers[2].code)
}

/// What `status` shows as the fingerprint in force.
fn fingerprint(place: &Place) -> String {
    let status = place.shows(&["status"]).out;
    let line = status.lines().find(|line| line.starts_with("Myndighedens fingeraftryk")).unwrap();
    line.split(": ").nth(1).unwrap().split(" (").next().unwrap().to_owned()
}

/// What relays are started with.
fn configured(place: &Place) -> String {
    let status = place.shows(&["status"]).out;
    status.lines().find(|line| line.starts_with("Myndighed (")).unwrap().to_owned()
}

fn published() -> (Place, Vec<Paper>, NewRelay) {
    let (place, papers) = Place::staffed();
    let relay = NewRelay::start();
    place.does(&["publish", "--relay", &relay.url, "--claim-code", &relay.code]).did("sendt");
    (place, papers, relay)
}

fn enrols(place: &Place, name: &str) -> Device {
    let phone = phone(place, name);
    place.file("keys", &[&phone.keys().signing.0[..], &phone.keys().kem.0].concat());
    place.does(&["certify", "0103", "--keys", "keys", "--out", "enrolment"]).did("gjort");
    place.does(&["publish"]).did("sendt");
    let enrolment = Enrolment::from_bytes(&std::fs::read(place.path("enrolment")).unwrap()).unwrap();
    phone.enrol(enrolment).map_err(|refused| refused.error).unwrap()
}

#[test]
fn the_authoritys_key_is_changed_devices_and_the_relay_go_on_and_open_invites_are_withdrawn() {
    let (place, papers, relay) = published();
    let before = enrols(&place, "before");
    let old = invites(&place.does(&["invite", "0101"]).out).remove(0);
    let (first, configured_before) = (fingerprint(&place), configured(&place));
    assert_eq!(first, papers[0].authority);

    let shown = place.shows(&["rotate-authority"]);
    shown.planned(&format!("Myndighedens nøgle ({first}) skiftes til en ny."));
    shown.planned("1 invitation er åben og trækkes tilbage.");
    assert_eq!(fingerprint(&place), first);

    let done = place.run(&["rotate-authority"], &["--yes"], &two(&papers));
    let second = fingerprint(&place);
    assert_ne!(second, first);
    done.did(&format!("Myndighedens nøgle skiftes til {second}, med ark 1 og 3"));
    done.did("1 åben invitation er trukket tilbage");
    assert!(!done.out.contains("venter forgæves"), "the relay has closed it");
    done.did(&format!("streger fingeraftrykket {first} ud på sit ark og skriver {second}"));
    assert_eq!(configured(&place), configured_before, "relays are started with what the municipality was founded with");
    place.shows(&["audit"]).did(&format!("Mads  Myndighedens nøgle skiftes til {second}"));
    place.does(&["publish"]).did("sendt");

    assert_eq!(contact(&before, &relay.url), None);
    let new = invites(&place.does(&["invite", "0102"]).out).remove(0);
    assert!(matches!(joins(phone(&place, "by-old"), &old), Joined::Not(..)), "its mailbox is closed");
    let waiting = waits(phone(&place, "by-new"), &new);
    place.does(&["enrol"]).did("har fået et nyt apparat.");
    let Joined::Enrolled(device) = joins(waiting, &new) else { panic!("the new one") };
    assert_eq!(contact(&device, &relay.url), None);
    place.does(&["revoke-device", "0103/1"]).did("spærret for altid");
    place.does(&["publish"]).did("sendt");
    assert_eq!(contact(&before, &relay.url), Some(Failure::Forbidden), "the new key's word counts");
    // A relay that is new gets all of it.
    let other = NewRelay::start();
    place.does(&["publish", "--relay", &other.url, "--claim-code", &other.code, "--again"]).did("sendt");
}

#[test]
fn a_change_that_is_cut_off_or_not_agreed_to_was_never_begun() {
    let (place, papers) = Place::staffed();
    let (_, foreign) = Place::elsewhere();
    let (first, file) = (fingerprint(&place), std::fs::read(place.path("office.sealed")).unwrap());
    let [one, other] = [&papers[0], &papers[1]];
    for (typed, sentence) in [
        (one.words.clone(), "Der kom ikke mere at læse; intet er ændret."),
        (format!("{}{}", one.words, one.code), "Det er det samme ark to gange."),
        (format!("{}{}", one.words, foreign[1].words), "Arket hører til en anden kommune."),
        (format!("{}{}", one.words, other.mistyped(2, 4)), "Linje 2, ord 4 er ikke det, der står på arket."),
    ] {
        place.run(&["rotate-authority"], &["--yes"], &typed).refused(sentence);
        place.run(&RENEW, &["--yes"], &typed).refused(sentence);
    }
    assert_eq!(fingerprint(&place), first);
    assert_eq!(std::fs::read(place.path("office.sealed")).unwrap(), file);
    assert!(!place.path("sheets").exists());
    // The new sheets were printed, and one was not read back.
    let mut cut = place.ceremony(&RENEW);
    cut.types(&two(&papers));
    let void = cut.papers();
    cut.types(&void[0].words);
    cut.cut_off();
    assert_eq!(std::fs::read(place.path("office.sealed")).unwrap(), file);
    place.run(&["drill"], &[], &two(&papers)).did("De to ark giver kommunens gendannelsesnøgle.");
    place
        .run(&["drill"], &[], &two(&void))
        .refused("Arket er fra en anden deling end den gældende; det åbner intet og skal makuleres.");
    let mut again = place.ceremony(&RENEW);
    again.types(&two(&papers));
    let new = again.papers();
    new.iter().for_each(|paper| again.types(&paper.words));
    again.ends().did("Her lå nøgleark fra en afbrudt ceremoni.");
    place.run(&["drill"], &[], &two(&new)).did("De to ark giver kommunens gendannelsesnøgle.");
}

#[test]
fn new_sheets_take_the_place_of_the_old_ones() {
    let (place, old, _relay) = published();
    let shown = place.shows(&RENEW);
    shown.planned("deles på tre nye ark til Anne Berg, Bo Holm, Dorthe Friis");
    place
        .does(&[&RENEW[..6], &RENEW[8..]].concat())
        .refused("Der skal være tre nøgleholdere: skriv --holder NAVN tre gange.");

    let mut ceremony = place.ceremony(&RENEW);
    ceremony.types(&two(&old));
    let new = ceremony.papers();
    new.iter().for_each(|paper| ceremony.types(&paper.words));
    ceremony.ends().did("De nye ark gælder nu");
    assert!(!place.path("sheets").exists(), "the pages do not stay");
    place.shows(&["status"]).did("1 Anne Berg, 2 Bo Holm, 3 Dorthe Friis");
    place.shows(&["audit"]).did("Nye nøgleark: gendannelsesnøgle");
    place.does(&["publish"]).did("1 udsagn er sendt og gemt på serveren.");
    let void = "Arket er fra en anden deling end den gældende; det åbner intet og skal makuleres.";
    place.run(&["drill"], &[], &two(&old)).refused(void);
    place.run(&["rotate-authority"], &["--yes"], &two(&old)).refused(void);
    place.run(&["rotate-authority"], &["--yes"], &two(&new)).did("Myndighedens nøgle er skiftet.");
    place.does(&["publish"]).did("sendt");
}
