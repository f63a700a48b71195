//! A caseworker's desk as a person starts it: enrolled by an invite that IT gave out, opened, closed and opened again.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

use tvaers_core::audience::Audience;
use tvaers_core::client::Device;
use tvaers_core::kinds::{ChildRef, Content, Envelope, List, Observation, Occurred, Short, Text};
use tvaers_core::moment::{Moment, system_now};
use tvaers_core::net::Joined;
use tvaers_core::rng;
use tvaers_core::view::Delivery;
use tvaers_wire::ids::{ChildId, PersonId, RecordId};

use super::browser::Browser;
use super::office::{Place, Said};
use super::publish::{invites, joins, waits};
use super::relay::{NewRelay, contact, phone};

const WORDS: &str = "syv gule lamper over havnen";
const REFUSED: &str = "Kommunen udveksler ikke mere noget med dette skrivebord. Det, der allerede ligger her, kan stadig læses. \
     Nyt kommer ikke, og det, du skriver, bliver her. Ring til it.";

/// `tvaers desk`, running.
struct Running {
    child: Child,
    _typed: Option<ChildStdin>,
    out: BufReader<std::process::ChildStdout>,
    err: BufReader<std::process::ChildStderr>,
}

impl Running {
    fn start(place: &Place, store: &str, args: &[&str], typed: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tvaers"))
            .current_dir(place.path("."))
            .env("LC_ALL", "da_DK.UTF-8")
            .args(["desk", "--store", store, "--passphrase-file", "desk-pass"])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A command that is refused may have ended before it is typed to.
        let _ = stdin.write_all(typed.as_bytes());
        let (out, err) = (BufReader::new(child.stdout.take().unwrap()), BufReader::new(child.stderr.take().unwrap()));
        Self { child, _typed: Some(stdin), out, err }
    }

    /// What follows these words on the first line that has them.
    fn says(&mut self, words: &str) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            if self.out.read_line(&mut line).unwrap() == 0 {
                let mut err = String::new();
                self.err.read_to_string(&mut err).unwrap();
                panic!("it ended without saying {words}: {err}");
            }
            if let Some((_, rest)) = line.split_once(words) {
                return rest.trim().to_owned();
            }
        }
    }

    /// The next sentence of refusal.
    fn complains(&mut self) -> String {
        let mut line = String::new();
        self.err.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    /// Asked to stop, as by Ctrl-C or the system.
    fn stops(self) -> Said {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.ends()
    }

    fn ends(mut self) -> Said {
        drop(self._typed.take());
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).unwrap();
        self.err.read_to_string(&mut err).unwrap();
        Said { good: self.child.wait().unwrap().success(), out, err }
    }
}

fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A published municipality, and the passphrase of a desk in it.
fn town() -> (Place, NewRelay) {
    let (place, _) = Place::staffed();
    let relay = NewRelay::start();
    place.does(&["publish", "--relay", &relay.url, "--claim-code", &relay.code]).did("sendt");
    place.secret("desk-pass", WORDS);
    (place, relay)
}

/// The text of an invite for one person.
fn invited(place: &Place, number: &str) -> String {
    format!("{}\n", invites(&place.does(&["invite", number]).out).remove(0).text().as_str())
}

const ENROL: [&str; 4] = ["enrol", "--name", "Kontor 12", "--stretch-memory=64"];

/// Enrols a desk, comparing its digits with what IT sees.
fn enrols(place: &Place, store: &str, number: &str) {
    let mut desk = Running::start(place, store, &ENROL, &invited(place, number));
    let code = desk.says("ved siden af dit navn: ");
    desk.says("Læs dem op for it");
    place.shows(&["enrol"]).did(&format!("Kontor 12 · apparatet skal vise {code}"));
    place.does(&["enrol"]).did("har fået et nyt apparat");
    let done = desk.ends();
    assert!(done.good && done.err.is_empty() && done.out.contains("Skrivebordet hører nu til"), "{done:?}");
}

/// Kim's phone, which came in by an invite, too.
fn kim(place: &Place) -> Device {
    let said = place.does(&["invite", "0103"]);
    let invite = invites(&said.out).remove(0);
    let phone = waits(phone(place, "phone"), &invite);
    place.does(&["enrol"]).did("har fået et nyt apparat");
    match joins(phone, &invite) {
        Joined::Enrolled(device) => *device,
        other => panic!("{other:?}"),
    }
}

fn person(device: &Device, name: &str) -> PersonId {
    let staff = device.staff();
    staff.directory.people.iter().find(|person| person.name == name).unwrap().person
}

const CHILD: [u8; 16] = [5; 16];

fn writes(device: &Device, to: &PersonId, words: &str) -> RecordId {
    let about = ChildRef {
        id: ChildId::new(CHILD),
        given_name: Short::new("Prøve").unwrap(),
        family_name: Short::new("Ødegård").unwrap(),
        birth_date: "2021-03-01".parse().unwrap(),
    };
    let envelope = Envelope {
        about: Some(about),
        occurred: Occurred::at(system_now(), 60),
        profession: Short::new("pædagog").unwrap(),
        unit: None,
        content: Content::Observation(Observation {
            setting: None,
            seen_heard: Text::new(words).unwrap(),
            childs_words: None,
            interpretation: None,
            immediate_action: None,
            domains: List::default(),
            body_marks: List::default(),
            co_authors: List::default(),
        }),
    };
    let mut rng = rng::system();
    device.submit(&envelope, &[Audience::Line(*to)], &mut Moment::new(system_now(), &mut rng)).unwrap()
}

/// The phone asks until its note has got so far: each time costs a round over the network, and a thousand are far more than it takes.
fn gets(device: &Device, url: &str, record: &RecordId, far: &Delivery) {
    let there = (0..1_000).any(|_| {
        assert_eq!(contact(device, url), None);
        device.delivery(record).unwrap().0 == *far
    });
    assert!(there, "{:?}", device.delivery(record).unwrap().0);
}

#[test]
fn a_desk_that_was_enrolled_by_an_invite_gets_what_is_written_and_has_it_after_a_restart() {
    let (place, relay) = town();
    enrols(&place, "desk", "0102");
    let phone = kim(&place);
    let jo = person(&phone, "Jo Østergård");
    let note = writes(&phone, &jo, "Kom uden jakke i regnvejr.");
    assert_eq!(contact(&phone, &relay.url), None);

    let mut desk = Running::start(&place, "desk", &[], "");
    let link = desk.says("desk: ");
    gets(&phone, &relay.url, &note, &Delivery::Received);
    let again = Running::start(&place, "desk", &[], "").ends();
    again.refused("Skrivebordet er åbent i forvejen.");
    block(async {
        let browser = Browser::enter(&link).await;
        let page = browser.get("/").await;
        assert!(page.has("Jo Østergård") && page.has("Kom uden jakke") && page.has("Kim Bæk"), "{}", page.body);
        let read = browser.post(&format!("/laes/{}", note.to_hex()), &[("csrf", &page.field("csrf"))]).await;
        assert_eq!((read.status, read.header("location").is_some()), (303, true));
    });
    // What is done on the page leaves by itself.
    gets(&phone, &relay.url, &note, &Delivery::Read);
    let stopped = desk.stops();
    assert!(stopped.good && stopped.err.is_empty(), "{stopped:?}");
    assert!(!stopped.out.contains(WORDS) && !stopped.out.contains("jakke"));

    let mut desk = Running::start(&place, "desk", &["--language", "en"], "");
    let link = desk.says("desk: ");
    block(async {
        let page = Browser::enter(&link).await.get(&format!("/barn/{}", ChildId::new(CHILD).to_hex())).await;
        assert!(page.has("Kom uden jakke i regnvejr.") && page.has("I am the coordinator"), "{}", page.body);
    });
    assert!(desk.stops().good);
}

#[test]
fn a_persons_second_desk_reads_nothing_until_it_is_let_in_at_the_first() {
    let (place, relay) = town();
    enrols(&place, "desk", "0102");
    let phone = kim(&place);
    let jo = person(&phone, "Jo Østergård");
    let note = writes(&phone, &jo, "Kom uden jakke i regnvejr.");
    let mut first = Running::start(&place, "desk", &[], "");
    let link = first.says("desk: ");
    gets(&phone, &relay.url, &note, &Delivery::Received);

    enrols(&place, "laptop", "0102");
    let mut second = Running::start(&place, "laptop", &[], "");
    let code = second.says("dets cifre er ").split('.').next().unwrap().to_owned();
    let other = second.says("desk: ");
    block(async {
        let second = Browser::enter(&other).await;
        let browser = Browser::enter(&link).await;
        // Each look is a round to the desk; a thousand are far more than the word of the new device takes to come.
        let mut page = browser.get("/apparater").await;
        for _ in 0..1_000 {
            if page.has(&code) {
                break;
            }
            page = browser.get("/apparater").await;
        }
        assert!(page.has(&code) && page.has("Venter på at blive lukket ind"), "{}", page.body);
        assert!(!second.get("/").await.has("jakke"));
        let csrf = page.field("csrf");
        let wrong = browser.post("/apparater", &[("csrf", &csrf), ("cifre", "0000 0000 0000 0000")]).await;
        assert!(wrong.status == 422 && wrong.has("venter ikke mere"));
        assert_eq!(browser.post("/apparater", &[("csrf", "0"), ("cifre", &code)]).await.status, 403);
        assert_eq!(browser.post("/apparater", &[("csrf", &csrf), ("cifre", &code)]).await.status, 303);
        let mut read = second.get("/").await;
        for _ in 0..1_000 {
            if read.has("jakke") {
                break;
            }
            read = second.get("/").await;
        }
        assert!(read.has("Kom uden jakke"), "{}", read.body);
    });
    assert!(first.stops().good && second.stops().good);
}

#[test]
fn a_desk_says_that_it_is_refused_and_erases_itself_when_the_municipality_asks_for_that() {
    let (place, _relay) = town();
    enrols(&place, "desk", "0102");
    let mut desk = Running::start(&place, "desk", &[], "");
    let link = desk.says("desk: ");
    place.does(&["revoke-device", "0102/1"]).did("spærret for altid");
    place.does(&["publish"]).did("sendt");
    assert_eq!(desk.complains(), REFUSED);
    block(async {
        let page = Browser::enter(&link).await.get("/").await;
        assert!(page.has("Kommunen udveksler ikke mere noget med dette apparat."), "{}", page.body);
    });
    assert!(desk.stops().good, "what is here can still be read");

    place.does(&["wipe", "0102/1"]).did("bedes slette sig selv");
    place.does(&["publish"]).did("sendt");
    let gone = Running::start(&place, "desk", &[], "").ends();
    let erased = gone.err.lines().last().unwrap();
    assert!(!gone.good && erased.starts_with("Dette skrivebord blev slettet af kommunen den "), "{gone:?}");
    assert!(erased.ends_with("Alt var sendt. Kommunen ved, at det er slettet. Ring til it."), "{erased}");
    assert!(!place.path("desk/desk.key").exists() && !place.path("desk/store.db").exists());
    place.shows(&["devices"]).did("kvitterer");
    let still = Running::start(&place, "desk", &[], "").ends();
    assert!(!still.good && still.err.trim() == erased, "{still:?}");

    // A new invite begins anew, with new keys, in the same place.
    enrols(&place, "desk", "0102");
    let mut desk = Running::start(&place, "desk", &[], "");
    desk.says("Skrivebordet er åbent for Jo Østergård; dets cifre er ");
    desk.says("desk: ");
    assert!(desk.stops().good);
}

#[test]
fn an_invite_that_cannot_be_used_is_refused_in_one_sentence() {
    let (place, relay) = town();
    let enrol = |store: &str, typed: &str| Running::start(&place, store, &ENROL, typed).ends();
    for bad in ["", "TVAERS:INV:\n", "tovholder\n", "TVAERS:ARK:0102\n"] {
        let said = enrol("desk", bad);
        let sentence = match bad {
            "" => "Der kom ikke mere at læse; intet er ændret.",
            _ => "Det er ikke en invitation, eller den er ikke læst helt: indsæt hele linjen fra TVAERS:INV: på.",
        };
        said.refused(sentence);
    }
    let invite = invited(&place, "0103");
    enrol("desk", &invite.replacen('0', "1", 1))
        .refused("Det er ikke en invitation, eller den er ikke læst helt: indsæt hele linjen fra TVAERS:INV: på.");
    assert!(!place.path("desk").exists(), "nothing is made for what is no invite");

    // Somebody else was first.
    let _first = waits(phone(&place, "phone"), &invites(&invite).remove(0));
    enrol("desk", &invite).refused(
        "Invitationen er brugt af et andet apparat. Var det ikke dit eget, så ring til it med det samme; ellers bed om en ny.",
    );
    // Nobody has let that desk in.
    Running::start(&place, "desk", &[], "")
        .ends()
        .refused("Skrivebordet er ikke lukket ind endnu: kør enrol igen med den samme invitation.");

    let unknown = invites(&place.does(&["invite", "0103", "--relay", "http://127.0.0.1:1"]).out).remove(0);
    enrol("desk", &format!("{}\n", unknown.text().as_str()))
        .refused("Kommunens server svarer ikke. Er der net? Intet er tabt; prøv igen.");

    // A relay that has never heard of it: another municipality's.
    let other = NewRelay::start();
    let elsewhere = Place::elsewhere().0;
    elsewhere.does(&["publish", "--relay", &other.url, "--claim-code", &other.code]).did("sendt");
    let foreign = invites(&place.does(&["invite", "0103", "--relay", &other.url]).out).remove(0);
    enrol("desk", &format!("{}\n", foreign.text().as_str()))
        .refused("Invitationen er udløbet eller trukket tilbage: bed it om en ny.");
    drop(relay);
}

#[test]
fn a_desk_opens_with_its_own_passphrase_and_its_own_key_only() {
    let (place, _relay) = town();
    let open = |store: &str| Running::start(&place, store, &[], "").ends();
    open("desk").refused(
        "Her er intet skrivebord: tilmeld det først med tvaers desk --store MAPPE enrol, eller peg på det med --store.",
    );
    for (weak, sentence) in [
        ("kort", "Adgangssætningen skal have mindst 20 tegn: fem eller flere ord, som ingen kan gætte."),
        ("åååååååååååååååååååååååååååå", "Adgangssætningen skal have mindst 10 forskellige tegn."),
    ] {
        place.secret("desk-pass", weak);
        Running::start(&place, "desk", &ENROL, &invited(&place, "0101")).ends().refused(sentence);
    }
    place.secret("desk-pass", WORDS);
    enrols(&place, "desk", "0102");
    Running::start(&place, "desk", &ENROL, &invited(&place, "0102"))
        .ends()
        .refused("Skrivebordet i desk er tilmeldt i forvejen: åbn det med tvaers desk --store desk.");
    let key = std::fs::read(place.path("desk/desk.key")).unwrap();
    assert!(!key.windows(4).any(|part| WORDS.as_bytes().windows(4).any(|word| word == part)));

    place.secret("desk-pass", "syv gule lamper over havneN");
    open("desk").refused("Adgangssætningen er forkert.");
    place.mode("desk-pass", 0o644);
    open("desk")
        .refused("Filen desk-pass med adgangssætningen kan læses af andre; giv kun dig selv adgang (chmod 600).");

    place.secret("desk-pass", WORDS);
    place.secret("new-pass", "ni tamme tigre drikker saftevand");
    let rotate = ["rotate-passphrase", "--new-passphrase-file", "new-pass"];
    Running::start(&place, "desk", &rotate, "").ends().did("med den nye adgangssætning");
    open("desk").refused("Adgangssætningen er forkert.");

    place.secret("desk-pass", "ni tamme tigre drikker saftevand");
    enrols(&place, "other", "0101");
    let (mine, theirs) = (place.path("desk/desk.key"), std::fs::read(place.path("other/desk.key")).unwrap());
    let good = std::fs::read(&mine).unwrap();
    std::fs::write(&mine, theirs).unwrap();
    open("desk")
        .refused("Nøglefilen hører ikke til det, der ligger i mappen; de to er blandet sammen fra hver sit sted.");
    std::fs::write(&mine, &good[..good.len() - 1]).unwrap();
    open("desk").refused("Nøglefilen er beskadiget; uden den kan det, der ligger her, ikke læses. Ring til it.");
    std::fs::remove_file(&mine).unwrap();
    for args in [&[][..], &ENROL] {
        Running::start(&place, "desk", args, &invited(&place, "0102")).ends().refused(
            "Nøglefilen desk.key mangler i desk; uden den kan det, der ligger der, ikke læses. Læg den tilbage, eller ring til it.",
        );
    }
    std::fs::write(&mine, good).unwrap();
    let mut desk = Running::start(&place, "desk", &[], "");
    desk.says("Skrivebordet er åbent for Jo Østergård; dets cifre er ");
    desk.says("desk: ");
    assert!(desk.stops().good);
}
