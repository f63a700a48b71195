//! Certificates and enrolments.

use tvaers_core::directory::Enrolment;
use tvaers_core::keys::DeviceSecret;
use tvaers_core::rng;
use tvaers_wire::codec::Canonical;

use super::office::Place;

/// A device's public keys, as it hands them out.
pub(crate) fn keys() -> (DeviceSecret, Vec<u8>) {
    let device = DeviceSecret::generate(&mut rng::system()).unwrap();
    let bytes = [&device.keys().signing.0[..], &device.keys().kem.0].concat();
    (device, bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn certify<'a>(person: &'a str, keys: &'a str, out: &'a str) -> [&'a str; 6] {
    ["certify", person, "--keys", keys, "--out", out]
}

#[test]
fn a_certified_device_gets_an_enrolment_that_it_accepts() {
    let (place, _) = Place::staffed();
    let (device, bytes) = keys();
    place.file("phone.keys", &bytes);
    let shown = place.shows(&certify("0103", "phone.keys", "phone.enrolment"));
    let digits: Vec<String> =
        device.id().to_hex().as_bytes()[..16].chunks(4).map(|c| String::from_utf8(c.to_vec()).unwrap()).collect();
    shown.planned(&format!("Sammenlign med apparatets skærm: {}", digits.join(" ")));
    assert!(!place.path("phone.enrolment").exists());
    place.does(&certify("0103", "phone.keys", "phone.enrolment")).did("Kim Bæk (0103) får apparatet 0103/1");

    let enrolment = Enrolment::from_bytes(&std::fs::read(place.path("phone.enrolment")).unwrap()).unwrap();
    assert_eq!(enrolment.relay, "https://tvaers.nordby.example");
    let checked = enrolment.check(&device.id()).unwrap();
    assert_eq!(checked.staff.name(&checked.person), "Kim Bæk");
    assert_eq!(checked.vouched.teams().len(), 2);
    let (other, _) = keys();
    assert!(enrolment.check(&other.id()).is_err());

    // The same device again, as text: another copy of the file, and no second certificate.
    let again = place.does(&certify("0103", &hex(&bytes), "copy.enrolment"));
    again.did("Der er ikke noget at ændre.");
    assert_eq!(
        std::fs::read(place.path("copy.enrolment")).unwrap(),
        std::fs::read(place.path("phone.enrolment")).unwrap()
    );
}

#[test]
fn keys_and_files_that_will_not_do_are_refused() {
    let (place, _) = Place::staffed();
    let (_, bytes) = keys();
    let good = hex(&bytes);
    place.does(&certify("0103", &good, "phone.enrolment")).did("Det er gjort.");
    let mut low = bytes.clone();
    low[..32].fill(0);
    let mut not_xwing = bytes.clone();
    not_xwing[32..1216].fill(0xff);
    let (_, other) = keys();
    place.file("short", &bytes[1..]);
    for (args, sentence) in [
        (certify("0103", &hex(&low), "x"), "Apparatets nøgler kan ikke bruges."),
        (certify("0103", &hex(&not_xwing), "x"), "Apparatets nøgler kan ikke bruges."),
        (certify("0103", "short", "x"), "Det er ikke et apparats nøgler."),
        (certify("0103", "nowhere", "x"), "Nøglerne i nowhere kan ikke læses."),
        (certify("0103", &good, "phone.enrolment"), "Filen phone.enrolment er der allerede; vælg et andet navn."),
        (certify("0101", &good, "x"), "Det apparat hører til en anden medarbejder."),
        (certify("9999", &hex(&other), "x"), "Ingen har det medarbejdernummer."),
    ] {
        place.does(&args).refused(sentence);
        assert!(!place.path("x").exists());
    }
    place.does(&["suspend", "0103"]).did("spærres");
    place.does(&certify("0103", &hex(&other), "x")).refused("Den medarbejder er spærret.");
}

#[test]
fn a_lost_device_is_revoked_for_good() {
    let (place, _) = Place::staffed();
    let (device, bytes) = keys();
    place.does(&certify("0103", &hex(&bytes), "phone.enrolment")).did("Det er gjort.");
    place.shows(&["revoke-device", "0103/1"]).planned("Kim Bæk (0103)");
    place.does(&["revoke-device", &device.id().to_hex()[..8]]).did("Kim Bæk (0103) får apparatet 0103/1");
    let gone = "Det apparat er spærret for altid; det skal tilmeldes forfra med nye nøgler.";
    place.does(&["revoke-device", "0103/1"]).refused(gone);
    place.does(&certify("0103", &hex(&bytes), "again")).refused(gone);
    place.shows(&["status"]).did("Apparater: i brug 0, spærrede 1");
}
