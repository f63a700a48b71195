//! Erasing a lost phone from afar, as IT does it: asked for, carried out, its receipt shown, and never assumed.

use tvaers_core::client::{ClientError, Device, Erasure};
use tvaers_core::directory::Enrolment;
use tvaers_core::moment::system_now;
use tvaers_core::net::{Relay, bring_receipt, sync_once};
use tvaers_core::rng;
use tvaers_core::store::{Store, StoreError, StoreKey};
use tvaers_core::sync::Failure;
use tvaers_wire::codec::Canonical;

use super::office::Place;
use super::relay::{NewRelay, contact, phone};

/// Kim's phone, enrolled and in contact.
fn enrolled(place: &Place, relay: &NewRelay) -> Device {
    place.does(&["publish", "--relay", &relay.url, "--claim-code", &relay.code]).did("sendt");
    let phone = phone(place, "phone");
    place.file("phone.keys", &[&phone.keys().signing.0[..], &phone.keys().kem.0].concat());
    place.does(&["certify", "0103", "--keys", "phone.keys", "--out", "enrolment"]).did("gjort");
    let enrolment = Enrolment::from_bytes(&std::fs::read(place.path("enrolment")).unwrap()).unwrap();
    let device = phone.enrol(enrolment).map_err(|refused| refused.error).unwrap();
    assert_eq!(contact(&device, &relay.url), None);
    device
}

fn block<T>(work: impl std::future::Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn erases_itself(place: &Place, device: &Device, url: &str) {
    let ended = block(sync_once(device, &Relay::new(url).unwrap(), &mut rng::system()));
    assert_eq!(ended.unwrap_err(), ClientError::Store(StoreError::Erased));
    let opened = Store::open(&place.path("phone"), &StoreKey::new([7; 32]));
    assert_eq!(opened.unwrap_err(), StoreError::Erased);
}

#[test]
fn a_lost_phone_is_asked_to_erase_itself_and_its_receipt_is_shown() {
    let (place, _) = Place::staffed();
    let relay = NewRelay::start();
    let device = enrolled(&place, &relay);
    place.shows(&["devices"]).did("Ingen apparater er spærret.");
    place.shows(&["devices", "--all"]).did("0103/1");
    place.does(&["wipe", "0103/1"]).refused(
        "Det apparat er ikke spærret for altid. Kun det, der ikke kommer igen, kan slettes: kør revoke-device --wipe.",
    );

    let shown = place.shows(&["revoke-device", "0103/1", "--wipe"]);
    shown.planned("Regn ikke med, at det er slettet, før devices viser kvitteringen.");
    shown.planned("Noter, der ikke er sendt fra det, går tabt");
    place.shows(&["devices"]).did("Ingen apparater er spærret.");
    place.does(&["revoke-device", "0103/1", "--wipe"]).did("hos Kim Bæk (0103) bedes slette sig selv");
    place
        .does(&["wipe", "0103/1"])
        .refused("Det apparat er allerede bedt om at slette sig selv; devices viser, om det har svaret.");
    let waiting = place.shows(&["devices"]);
    waiting.did("spærret for altid");
    waiting.did("IKKE BEKRÆFTET: Det, der ligger der, kan stadig læses af den, der kan låse apparatet op.");
    place.shows(&["status"]).did("1 apparat er bedt om at slette sig selv og har ikke svaret");
    assert_eq!(contact(&device, &relay.url), None, "the relay has not been told yet");
    place.does(&["publish"]).did("3 udsagn er sendt");

    erases_itself(&place, &device, &relay.url);
    let confirmed = place.shows(&["devices"]);
    confirmed.did("kvitterer for at være slettet");
    confirmed.did("Apparatet kvitterer: slettet");
    assert!(!confirmed.out.contains("IKKE BEKRÆFTET"));
    // Noted in the office: also shown when the relay is gone.
    drop(relay);
    place.shows(&["devices"]).did("Alt var sendt.");
    place.shows(&["audit"]).did("kvitterer for at være slettet");
    place.does(&["wipe", "0103/1", "--withdraw"]).refused("Det apparat har kvitteret for, at det er slettet.");
}

#[test]
fn what_was_asked_for_by_mistake_is_withdrawn_while_the_phone_has_not_heard_of_it() {
    let (place, _) = Place::staffed();
    let relay = NewRelay::start();
    let device = enrolled(&place, &relay);
    place.does(&["revoke-device", "0103/1", "--wipe"]).did("gjort");
    place.does(&["publish"]).did("sendt");
    place.shows(&["wipe", "0103/1", "--withdraw"]).planned("bedes ikke længere slette sig selv");
    place.does(&["wipe", "0103/1", "--withdraw"]).did("bedes ikke længere slette sig selv");
    place.does(&["wipe", "0103/1", "--withdraw"]).refused("Det apparat er ikke bedt om at slette sig selv.");
    place.does(&["publish"]).did("1 udsagn er sendt");
    assert_eq!(contact(&device, &relay.url), Some(Failure::Forbidden), "revoked it stays");
    assert!(device.standing().is_ok());
    place.shows(&["devices"]).did("taget tilbage");
    place.does(&["wipe", "0103/1"]).did("bedes slette sig selv");
    place.does(&["publish"]).did("1 udsagn er sendt");
    erases_itself(&place, &device, &relay.url);
}

#[test]
fn a_receipt_that_was_lost_is_never_taken_for_given() {
    let (place, _) = Place::staffed();
    let relay = NewRelay::start();
    let device = enrolled(&place, &relay);
    place.does(&["leave", "0103"]).did("Skal det, der ligger der, slettes, så kør wipe.");
    place.does(&["wipe", "0103/1"]).did("bedes slette sig selv");
    place.does(&["publish"]).did("sendt");
    // It hears the word, erases itself, and the network is gone.
    let word = block(async {
        use tvaers_core::client::Request;
        let relay = Relay::new(&relay.url).unwrap();
        let challenge = relay.call(&Request::Challenge).await.unwrap();
        let challenge = tvaers_wire::message::Challenge::from_bytes(&challenge).unwrap();
        relay.call(&Request::Word(device.session_request(&challenge).to_bytes())).await.unwrap()
    });
    device.take_word(&word, system_now()).unwrap().unwrap();
    place.shows(&["devices"]).did("IKKE BEKRÆFTET");
    // At the next start it tells.
    let mut erasure = Erasure::find(&place.path("phone")).unwrap().unwrap();
    block(bring_receipt(&mut erasure)).unwrap();
    place.shows(&["devices"]).did("Apparatet kvitterer");
    drop(relay);
}

#[test]
fn a_relay_that_is_silent_hides_nothing_that_the_office_knows() {
    let (place, _) = Place::staffed();
    let relay = NewRelay::start();
    let _device = enrolled(&place, &relay);
    place.does(&["revoke-device", "0103/1", "--wipe"]).did("gjort");
    drop(relay);
    let shown = place.shows(&["devices"]);
    shown.did("Serveren svarer ikke; her står, hvad kontoret vidste i forvejen.");
    shown.did("IKKE BEKRÆFTET");
}

#[test]
fn what_each_can_still_read_is_said_before_it_is_done() {
    let (place, _) = Place::staffed();
    place
        .shows(&["suspend", "0103"])
        .planned("Den spærrede kan stadig læse det, der ligger på medarbejderens egne apparater");
    place.shows(&["leave", "0103"]).planned("Den, der går, kan stadig læse det, der ligger på sine egne apparater");
    let (_, bytes) = super::devices::keys();
    place.file("phone.keys", &bytes);
    place.does(&["certify", "0103", "--keys", "phone.keys", "--out", "enrolment"]).did("gjort");
    let lost = place.shows(&["revoke-device", "0103/1"]);
    lost.planned("kan læses af den, der kan låse det op – også uden net, og så længe det ikke er slettet");
    place.does(&["suspend", "0103"]).did("Det er gjort.");
    place.shows(&["devices"]).did("medarbejderen er spærret: læser det, der ligger der, og intet nyt");
    let english = place.shows(&["leave", "0103", "--language", "en"]);
    english.planned("Who leaves can still read what lies on their own devices");
}

#[test]
fn somebody_leaves_and_all_their_phones_are_asked_to_erase_themselves() {
    let (place, _) = Place::staffed();
    let relay = NewRelay::start();
    let device = enrolled(&place, &relay);
    let shown = place.shows(&["leave", "0103", "--wipe"]);
    shown.planned("1 apparat bedes slette sig selv.");
    shown.planned("Regn ikke med, at det er slettet, før devices viser kvitteringen.");
    shown.planned("Kim Bæk (0103) bedes slette sig selv");
    place.shows(&["devices"]).did("Ingen apparater er spærret.");
    place.does(&["leave", "0103", "--wipe"]).did("Kim Bæk (0103) bedes slette sig selv");
    place.does(&["leave", "0103", "--wipe"]).refused("Den medarbejder er fratrådt.");
    place.does(&["leave", "0102", "--wipe"]).did("Medarbejderen har intet apparat, der kan bedes slette sig selv.");
    place.does(&["publish"]).did("sendt");
    erases_itself(&place, &device, &relay.url);
    place.shows(&["devices"]).did("Apparatet kvitterer: slettet");
}
