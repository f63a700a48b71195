//! Access restored with two sheets: fetched by IT, opened at a machine that has nothing but the file, sent by IT.

use tvaers_core::audience::Audience;
use tvaers_core::client::Device;
use tvaers_core::directory::Enrolment;
use tvaers_core::kinds::{Content, Draft, Envelope, Occurred, Short};
use tvaers_core::moment::{Moment, system_now};
use tvaers_core::net::Joined;
use tvaers_core::rng;
use tvaers_wire::codec::Canonical;
use tvaers_wire::ids::RecordId;

use super::office::{Paper, Place, Said};
use super::publish::{invites, joins, waits};
use super::relay::{NewRelay, contact, phone};

/// An office, its relay, and the machine at which holders meet.
struct Town {
    it: Place,
    papers: Vec<Paper>,
    relay: NewRelay,
    apart: Place,
}

impl Town {
    fn new() -> Self {
        let (it, papers) = Place::staffed();
        let relay = NewRelay::start();
        it.does(&["publish", "--relay", &relay.url, "--claim-code", &relay.code]).did("sendt");
        Self { it, papers, relay, apart: Place::empty() }
    }

    /// Certifies and enrols a phone.
    fn enrols(&self, number: &str, name: &str) -> Device {
        let phone = phone(&self.it, name);
        let keys = [&phone.keys().signing.0[..], &phone.keys().kem.0].concat();
        self.it.file(&format!("{name}.keys"), &keys);
        let (keys, out) = (format!("{name}.keys"), format!("{name}.enrolment"));
        self.it.does(&["certify", number, "--keys", &keys, "--out", &out]).did("gjort");
        self.it.does(&["publish"]).did("sendt");
        let enrolment = Enrolment::from_bytes(&std::fs::read(self.it.path(&out)).unwrap()).unwrap();
        phone.enrol(enrolment).map_err(|refused| refused.error).unwrap()
    }

    /// Invites a person, whose phone comes in by the code.
    fn invites(&self, number: &str, name: &str) -> Device {
        let invite = invites(&self.it.does(&["invite", number]).out).remove(0);
        let phone = waits(phone(&self.it, name), &invite);
        self.it.does(&["enrol"]).did("har fået et nyt apparat.");
        match joins(phone, &invite) {
            Joined::Enrolled(device) => *device,
            other => panic!("{other:?}"),
        }
    }

    fn meets(&self, device: &Device) {
        for _ in 0..3 {
            assert_eq!(contact(device, &self.relay.url), None);
        }
    }

    fn revokes(&self, device: &str) {
        self.it.does(&["revoke-device", device]).did("spærret for altid");
        self.it.does(&["publish"]).did("sendt");
    }

    /// Carries a file on a stick.
    fn carries(from: &Place, to: &Place, name: &str) {
        to.file(name, &std::fs::read(from.path(name)).unwrap());
    }

    /// Two holders come and type.
    fn opens(&self, file: &str, code: &str, out: &str, typed: &str) -> Said {
        let args = ["recover", "open", file, "--to", code, "--reason", "Telefonen er stjålet", "--out", out];
        self.apart.run(&args, &["--yes"], typed)
    }
}

/// Kim has written a note for herself, has lost the phone, and has another one.
fn lost() -> (Town, Device, RecordId) {
    let town = Town::new();
    let old = town.enrols("0103", "old");
    town.meets(&old);
    let note = Envelope {
        about: None,
        occurred: Occurred::at(system_now(), 60),
        profession: Short::new("pædagog").unwrap(),
        unit: None,
        content: Content::Draft(Draft::empty()),
    };
    let note = old.submit(&note, &[Audience::Own], &mut Moment::new(system_now(), &mut rng::system())).unwrap();
    town.meets(&old);
    town.revokes("0103/1");
    let new = town.invites("0103", "new");
    town.meets(&new);
    assert!(new.envelope(&note).is_err(), "a certificate alone reads nothing");
    (town, new, note)
}

const FETCH: [&str; 6] = ["recover", "fetch", "--person", "0103", "--out", "fetched"];

#[test]
fn a_lost_phones_owner_gets_back_with_two_sheets_and_both_acts_are_in_the_journal() {
    let (town, new, note) = lost();
    town.it.shows(&FETCH).planned("Kim Bæk (0103)");
    assert!(!town.it.path("fetched").exists());
    town.it.does(&FETCH).did("Det ligger i fetched.");
    Town::carries(&town.it, &town.apart, "fetched");

    let code = new.code();
    let args = ["recover", "open", "fetched", "--to", &code, "--reason", "Telefonen er stjålet", "--out", "signed"];
    let shown = town.apart.shows(&args);
    for words in [
        &format!("Kommune: Nordby. Myndighedens fingeraftryk: {} –", town.papers[0].authority),
        "Kim Bæk, pædagog, Solsikken får adgang igen",
        &format!("hvis skærm viser {code}"),
        "Alle i kredsene får at se: Telefonen er stjålet",
    ] {
        shown.planned(words);
    }
    assert!(!town.apart.path("signed").exists(), "nothing is signed before two sheets are typed");

    let typed = format!("{}{}", town.papers[2].code, town.papers[0].words);
    town.opens("fetched", &code, "signed", &typed).did("1 kreds er underskrevet. Tag signed tilbage til it");
    Town::carries(&town.apart, &town.it, "signed");
    town.it.shows(&["recover", "push", "signed"]).planned("får med apparatet 0103/2");
    town.meets(&new);
    assert!(new.envelope(&note).is_err(), "what was only shown was not sent");
    town.it.does(&["recover", "push", "signed"]).did("1 kreds er gendannet.");
    town.meets(&new);
    assert!(new.envelope(&note).is_ok());
    assert_eq!(new.restored(None).unwrap()[0].reason.as_deref(), Some("Telefonen er stjålet"));
    let audit = town.it.shows(&["audit"]);
    audit.did("Kim Bæk (0103) skal tilbage i sin egen kreds: den hentes fra serveren til nøgleholderne");
    audit.did("Underskrevet af to nøgleholdere sendes til serveren: Kim Bæk (0103) får med apparatet 0103/2");
    // Sent again: nothing is half done, and nothing is done twice.
    town.it.does(&["recover", "push", "signed"]).did("1 kreds er gendannet.");
}

#[test]
fn the_holders_machine_says_what_is_wrong_and_signs_nothing() {
    let (town, new, _) = lost();
    town.it.does(&FETCH).did("fetched");
    Town::carries(&town.it, &town.apart, "fetched");
    let (code, [one, other, _]) = (new.code(), [0, 1, 2].map(|at| &town.papers[at]));
    let (elsewhere, foreign) = Place::elsewhere();
    let both = format!("{}{}", one.words, other.words);
    for (typed, sentence) in [
        (format!("{}{}", one.words, one.code), "Det er det samme ark to gange."),
        (format!("{}{}", one.words, foreign[1].words), "Arket hører til en anden kommune."),
        (format!("{}{}", one.words, other.mistyped(2, 4)), "Linje 2, ord 4 er ikke det, der står på arket."),
        (one.words.clone(), "Der kom ikke mere at læse; intet er ændret."),
    ] {
        town.opens("fetched", &code, "signed", &typed).refused(sentence);
    }
    let unknown = "Ingen af medarbejderens apparater har de cifre. Læs dem på apparatet selv; er de rigtige, så er \
                   apparatet ikke godkendt, da filen blev hentet.";
    for digits in ["0000 0000 0000 0000", "", &code[..18]] {
        town.opens("fetched", digits, "signed", &both).refused(unknown);
    }
    // The lost phone, in the hands of whoever found it, has a code too.
    let mut bytes = std::fs::read(town.apart.path("fetched")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    town.apart.file("changed", &bytes);
    let changed =
        "Filen er ikke, som kontoret skrev den; hent den igen. Sker det to gange, så stol ikke på den, der bragte den.";
    town.opens("changed", &code, "signed", &both).refused(changed);
    town.apart.file("short", &bytes[..100]);
    town.opens("short", &code, "signed", &both).refused("Det er ikke en fil, som recover har skrevet.");
    town.opens("nowhere", &code, "signed", &both).refused("Filen nowhere kan ikke læses.");
    let silent = ["recover", "open", "fetched", "--to", &code, "--reason", " ", "--out", "signed"];
    town.apart
        .run(&silent, &["--yes"], &both)
        .refused("Skriv en grund på højst 400 tegn; alle i kredsene får den at se.");
    assert!(!town.apart.path("signed").exists());
    town.opens("fetched", &code, "fetched", &both).refused("Filen fetched er der allerede; vælg et andet navn.");

    town.opens("fetched", &code, "signed", &both).did("underskrevet");
    // Another municipality's office does not send it, nor does anybody send something else.
    Town::carries(&town.apart, &elsewhere, "signed");
    elsewhere.does(&["recover", "push", "signed"]).refused("Filen er ikke lavet med kommunens nøgleark.");
    Town::carries(&town.apart, &town.it, "fetched");
    town.it.does(&["recover", "push", "fetched"]).refused("Det er ikke en fil, som recover har skrevet.");
    // Revoked in the meantime.
    Town::carries(&town.apart, &town.it, "signed");
    town.revokes("0103/2");
    town.it
        .does(&["recover", "push", "signed"])
        .refused("Det apparat er spærret for altid; det skal tilmeldes forfra med nye nøgler.");
}

#[test]
fn what_was_fetched_before_the_circle_changed_is_fetched_again() {
    let (town, new, note) = lost();
    town.it.does(&FETCH).did("fetched");
    Town::carries(&town.it, &town.apart, "fetched");
    let both = format!("{}{}", town.papers[0].words, town.papers[1].words);
    for out in ["first", "second"] {
        town.opens("fetched", &new.code(), out, &both).did("underskrevet");
        Town::carries(&town.apart, &town.it, out);
    }
    town.it.does(&["recover", "push", "first"]).did("1 kreds er gendannet.");
    let stale = town.it.does(&["recover", "push", "second"]);
    assert!(!stale.good && stale.err.contains("1 kreds er ændret, siden filen blev hentet: hent igen"), "{stale:?}");
    town.meets(&new);
    assert!(new.envelope(&note).is_ok());
}

#[test]
fn nothing_is_fetched_of_whoever_needs_no_sheets() {
    let town = Town::new();
    let fetch = |args: &[&str]| town.it.does(&[&["recover", "fetch", "--out", "fetched"], args].concat());
    let no_device = "Den, der skal have adgang, har intet apparat, der ikke er spærret: kør invite og enrol først.";
    fetch(&["--person", "0103"]).refused(no_device);
    fetch(&["--person", "9"]).refused("Ingen har det medarbejdernummer.");
    let kim = town.enrols("0103", "kim");
    town.meets(&kim);
    let none = fetch(&["--person", "0103"]);
    assert!(!none.good && none.err.contains("er ikke spærret (kør revoke-device og publish)"), "{none:?}");
    fetch(&["--orphaned", "0103", "--to", "0101"]).refused(no_device);
    let ida = town.enrols("0101", "ida");
    town.meets(&ida);
    town.meets(&kim);
    let here = fetch(&["--orphaned", "0103", "--to", "0101"]);
    assert!(!here.good && here.err.contains("er i arbejde og har et apparat"), "{here:?}");
    town.it.does(&["leave", "0103"]).did("gjort");
    town.it.does(&["publish"]).did("sendt");
    let none = fetch(&["--orphaned", "0103", "--to", "0101"]);
    assert!(!none.good && none.err.contains("Serveren har ingen kredse"), "{none:?}");
    assert!(!fetch(&["--orphaned", "0103"]).good && !fetch(&[]).good);
    assert!(!town.it.path("fetched").exists());
}

/// Kim was alone in the unit when its circle was founded, and has let nobody in since.
#[test]
fn a_units_circle_that_nobody_is_left_in_reaches_a_colleague_of_that_unit_only() {
    let town = Town::new();
    let kim = town.enrols("0103", "kim");
    town.meets(&kim);
    town.it.does(&["leave", "0103"]).did("gjort");
    town.it.does(&["publish"]).did("sendt");
    let [ida, jo] = [("0101", "ida"), ("0102", "jo")].map(|(number, name)| town.enrols(number, name));
    town.meets(&ida);
    town.meets(&jo);
    let both = format!("{}{}", town.papers[1].words, town.papers[2].words);
    let fetch = |to, out| town.it.does(&["recover", "fetch", "--orphaned", "0103", "--to", to, "--out", out]);
    fetch("0102", "to-jo").did("Det ligger i to-jo.");
    Town::carries(&town.it, &town.apart, "to-jo");
    let other = town.opens("to-jo", &jo.code(), "signed", &both);
    assert!(other.out.contains("1 enheds kreds gendannes ikke"), "{other:?}");
    assert!(!other.good && other.err.contains("intet er åbnet") && !town.apart.path("signed").exists());

    fetch("0101", "to-ida").did("Det ligger i to-ida.");
    Town::carries(&town.it, &town.apart, "to-ida");
    let opened = town.opens("to-ida", &ida.code(), "signed", &both);
    opened.did("Ida Krogh, pædagog, Solsikken får 1 kreds, som ingen kan lukke andre ind i, siden Kim Bæk");
    Town::carries(&town.apart, &town.it, "signed");
    town.it.does(&["recover", "push", "signed"]).did("1 kreds er gendannet.");
    town.meets(&ida);
    fetch("0101", "again")
        .refused("Serveren har ingen kredse, hvor ingen længere kan lukke andre ind, efter at den medarbejder gik.");
}
