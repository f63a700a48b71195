//! What the relay is told, by a relay in a process of its own.

use tvaers_core::client::NewDevice;
use tvaers_core::directory::{Enrolment, Invite};
use tvaers_core::net::{Joined, join};
use tvaers_core::sync::Failure;
use tvaers_wire::codec::Canonical;

use super::office::Place;
use super::relay::{NewRelay, contact, phone};

#[test]
fn from_the_claim_of_a_relay_to_a_lost_phone_that_is_refused() {
    let (place, _) = Place::staffed();
    let relay = NewRelay::start();
    let publish = ["publish", "--relay", &relay.url, "--claim-code", &relay.code];
    place.shows(&publish).planned("4 udsagn");
    place.does(&publish).did("4 udsagn er sendt og gemt på serveren.");
    place.does(&["publish"]).did("Serveren har fået alt.");

    let phone = phone(&place, "phone");
    let keys = [&phone.keys().signing.0[..], &phone.keys().kem.0].concat();
    place.file("phone.keys", &keys);
    place.does(&["certify", "0103", "--keys", "phone.keys", "--out", "enrolment"]).did("1 udsagn er ikke sendt");
    let enrolment = Enrolment::from_bytes(&std::fs::read(place.path("enrolment")).unwrap()).unwrap();
    assert_eq!(enrolment.relay, relay.url, "what was published to is where devices go");
    let device = phone.enrol(enrolment).map_err(|refused| refused.error).unwrap();
    assert_eq!(contact(&device, &relay.url), None);

    place.does(&["revoke-device", "0103/1"]).did("spærret for altid");
    assert_eq!(contact(&device, &relay.url), None, "the relay has not been told yet");
    place.does(&["publish"]).did("2 udsagn er sendt og gemt på serveren.");
    assert_eq!(contact(&device, &relay.url), Some(Failure::Forbidden));
    place.shows(&["audit"]).did("2 udsagn sendt til serveren");
}

#[test]
fn who_is_suspended_or_left_is_refused_until_reinstated() {
    let (place, _) = Place::staffed();
    let relay = NewRelay::start();
    place.does(&["publish", "--relay", &relay.url, "--claim-code", &relay.code]).did("sendt");
    let phone = phone(&place, "phone");
    place.file("phone.keys", &[&phone.keys().signing.0[..], &phone.keys().kem.0].concat());
    place.does(&["certify", "0103", "--keys", "phone.keys", "--out", "enrolment"]).did("gjort");
    let enrolment = Enrolment::from_bytes(&std::fs::read(place.path("enrolment")).unwrap()).unwrap();
    let device = phone.enrol(enrolment).map_err(|refused| refused.error).unwrap();
    for (command, failed) in
        [("suspend", Some(Failure::Forbidden)), ("reinstate", None), ("leave", Some(Failure::Forbidden))]
    {
        place.does(&[command, "0103"]).did("gjort");
        place.does(&["publish"]).did("sendt");
        assert_eq!(contact(&device, &relay.url), failed, "{command}");
    }
}

#[test]
fn a_relay_that_cannot_take_it_loses_nothing() {
    let (place, _) = Place::staffed();
    let relay = NewRelay::start();
    let to = |code: &'static str| ["publish", "--relay", &relay.url, "--claim-code", code].map(str::to_owned);
    let run = |args: &[String]| place.does(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(run(&to("wrong")).err.trim_end(), "Koden er forkert, eller serveren har allerede en myndighed.");
    let unclaimed = place.does(&["publish", "--relay", &relay.url]);
    assert!(!unclaimed.good && unclaimed.err.contains("--claim-code"), "{unclaimed:?}");

    let (other, _) = Place::elsewhere();
    other.does(&["publish", "--relay", &relay.url, "--claim-code", &relay.code]).did("sendt");
    place.does(&["publish", "--relay", &relay.url]).refused(
        "Serveren afviser det: den hører til en anden myndighed, eller uret på denne computer går mere end en halv time \
         forkert. Se først efter uret.",
    );
    assert_eq!(
        place.does(&["publish", "--relay", &relay.url, "--claim-code", &relay.code]).err.trim_end(),
        "Koden er forkert, eller serveren har allerede en myndighed."
    );
    place
        .does(&["publish", "--relay", "http://far.example"])
        .refused("Serverens adresse skal begynde med https:// (http:// kun for 127.0.0.1 og localhost).");
    let silent = place.does(&["publish", "--relay", "http://127.0.0.1:1"]);
    assert!(!silent.good && silent.err.contains("4 udsagn venter"), "{silent:?}");
    place.shows(&["status"]).did("4 udsagn er ikke sendt til serveren");
}

#[test]
fn a_relay_that_was_restored_is_told_everything_again() {
    let (place, _) = Place::staffed();
    let first = NewRelay::start();
    place.does(&["publish", "--relay", &first.url, "--claim-code", &first.code]).did("4 udsagn er sendt");
    place.does(&["suspend", "0103"]).did("gjort");
    let second = NewRelay::start();
    place
        .does(&["publish", "--relay", &second.url, "--claim-code", &second.code, "--again"])
        .did("5 udsagn er sendt og gemt på serveren.");
    place.does(&["publish", "--again"]).did("5 udsagn er sendt");
}

/// One attempt of a device to come in.
pub(crate) fn joins(phone: NewDevice, invite: &Invite) -> Joined {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(join(phone, invite, "Pixel 9"))
}

pub(crate) fn waits(phone: NewDevice, invite: &Invite) -> NewDevice {
    match joins(phone, invite) {
        Joined::Waiting(phone) => phone,
        other => panic!("{other:?}"),
    }
}

/// The texts of the invites that a command has shown, or a page holds.
pub(crate) fn invites(said: &str) -> Vec<Invite> {
    let texts = said.split("TVAERS:INV:").skip(1).map(|rest| rest.split(['\n', '<']).next().unwrap());
    texts.map(|digits| Invite::read(&format!("TVAERS:INV:{digits}")).unwrap()).collect()
}

#[test]
fn a_phone_comes_in_by_an_invite_and_its_code_is_compared() {
    let (place, _) = Place::staffed();
    let relay = NewRelay::start();
    place.does(&["publish", "--relay", &relay.url, "--claim-code", &relay.code]).did("sendt");
    let shown = place.shows(&["invite", "0103"]);
    shown.planned("Kim Bæk (0103) inviteres");
    assert!(invites(&shown.out).is_empty(), "what only was shown is no invite");
    let said = place.does(&["invite", "0103"]);
    said.did("Giv kun koden til den, den er til");
    let invite = invites(&said.out).remove(0);
    place.shows(&["enrol"]).did("1 invitation er åben; ingen har brugt den.");
    let phone = waits(phone(&place, "phone"), &invite);
    place.shows(&["enrol"]).planned(&format!("Kim Bæk (0103) · Pixel 9 · apparatet skal vise {}", phone.code()));
    let phone = waits(phone, &invite);
    let done = place.does(&["enrol"]);
    done.did("Kim Bæk (0103) har fået et nyt apparat.");
    assert!(done.out.contains("UDEN AT SAMMENLIGNE CIFRE"), "the trade-off is stated: {done:?}");
    let Joined::Enrolled(device) = joins(phone, &invite) else { panic!("the answer is not taken") };
    assert_eq!((contact(&device, &relay.url), device.relay()), (None, &*relay.url));
    place.shows(&["enrol"]).did("Ingen invitation er åben.");
    place.shows(&["audit"]).did("0103/1");
    place.shows(&["status"]).did("Serveren har fået alt");
}

#[test]
fn a_whole_unit_comes_in_within_one_watch() {
    let (place, _) = Place::staffed();
    let relay = NewRelay::start();
    place.does(&["publish", "--relay", &relay.url, "--claim-code", &relay.code]).did("sendt");
    place.does(&["invite", "--unit", "Solsikken", "--print", "pages.html"]).did("2 invitationer ligger i pages.html");
    place.does(&["invite", "--unit", "Solsikken"]).did("Der er ikke noget at ændre.");
    let pages = std::fs::read_to_string(place.path("pages.html")).unwrap();
    assert!(pages.contains("Ida Krogh") && pages.contains("Kim Bæk") && pages.matches("<svg").count() == 2);
    let invites = invites(&pages);
    let phones: Vec<NewDevice> = (0..2).map(|n| waits(phone(&place, &format!("phone{n}")), &invites[n])).collect();
    // Ends by itself when nobody is left.
    place.does(&["enrol", "--watch"]).did("Ingen invitation er åben.");
    for (phone, invite) in phones.into_iter().zip(&invites) {
        assert!(matches!(joins(phone, invite), Joined::Enrolled(_)));
    }
}

#[test]
fn bad_invites_are_refused_in_one_sentence_and_nothing_is_left_of_them() {
    let (place, _) = Place::staffed();
    let before = std::fs::read(place.path("office.sealed")).unwrap();
    place.does(&["invite", "0999"]).refused("0999: Ingen har det medarbejdernummer.");
    place.does(&["invite", "0101", "0999"]).refused("0999: Ingen har det medarbejdernummer.");
    place.does(&["invite", "--unit", "Nordpolen"]).refused("Den enhed findes ikke.");
    place
        .does(&["invite", "0101", "--relay", "http://far.example"])
        .refused("Serverens adresse skal begynde med https:// (http:// kun for 127.0.0.1 og localhost).");
    assert!(!place.does(&["invite", "0101", "--days", "31"]).good);
    assert_eq!(std::fs::read(place.path("office.sealed")).unwrap(), before);
}
