//! Desks in processes of their own, and a phone that writes to them.

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

use super::office::{Place, Said};
use super::publish::{invites, joins, waits};
use super::relay::{NewRelay, contact, phone};

pub(crate) const WORDS: &str = "syv gule lamper over havnen";

/// `tvaers desk`, running.
pub(crate) struct Running {
    child: Child,
    _typed: Option<ChildStdin>,
    out: BufReader<std::process::ChildStdout>,
    err: BufReader<std::process::ChildStderr>,
}

impl Running {
    pub(crate) fn start(place: &Place, store: &str, args: &[&str], typed: &str) -> Self {
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
    pub(crate) fn says(&mut self, words: &str) -> String {
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
    pub(crate) fn complains(&mut self) -> String {
        let mut line = String::new();
        self.err.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    /// Asked to stop, as by Ctrl-C or the system.
    pub(crate) fn stops(self) -> Said {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.ends()
    }

    pub(crate) fn ends(mut self) -> Said {
        drop(self._typed.take());
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).unwrap();
        self.err.read_to_string(&mut err).unwrap();
        Said { good: self.child.wait().unwrap().success(), out, err }
    }
}

impl Drop for Running {
    // A test that fails leaves no desk behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A published municipality, and the passphrase of a desk in it.
pub(crate) fn town() -> (Place, NewRelay) {
    let (place, _) = Place::staffed();
    let relay = NewRelay::start();
    place.does(&["publish", "--relay", &relay.url, "--claim-code", &relay.code]).did("sendt");
    place.secret("desk-pass", WORDS);
    (place, relay)
}

/// The text of an invite for one person.
pub(crate) fn invited(place: &Place, number: &str) -> String {
    format!("{}\n", invites(&place.does(&["invite", number]).out).remove(0).text().as_str())
}

pub(crate) const ENROL: [&str; 4] = ["enrol", "--name", "Kontor 12", "--stretch-memory=64"];

/// Enrols a desk, comparing its digits with what IT sees.
pub(crate) fn enrols(place: &Place, store: &str, number: &str) {
    let mut desk = Running::start(place, store, &ENROL, &invited(place, number));
    let code = desk.says("ved siden af dit navn: ");
    desk.says("Læs dem op for it");
    place.shows(&["enrol"]).planned(&format!("Kontor 12 · apparatet skal vise {code}"));
    place.does(&["enrol"]).did("har fået et nyt apparat");
    let done = desk.ends();
    assert!(done.good && done.err.is_empty() && done.out.contains("Skrivebordet hører nu til"), "{done:?}");
}

/// Kim's phone, which came in by an invite, too.
pub(crate) fn kim(place: &Place) -> Device {
    let said = place.does(&["invite", "0103"]);
    let invite = invites(&said.out).remove(0);
    let phone = waits(phone(place, "phone"), &invite);
    place.does(&["enrol"]).did("har fået et nyt apparat");
    match joins(phone, &invite) {
        Joined::Enrolled(device) => *device,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn person(device: &Device, name: &str) -> PersonId {
    let staff = device.staff();
    staff.directory.people.iter().find(|person| person.name == name).unwrap().person
}

pub(crate) const CHILD: [u8; 16] = [5; 16];

pub(crate) fn writes(device: &Device, to: &PersonId, words: &str) -> RecordId {
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
pub(crate) fn gets(device: &Device, url: &str, record: &RecordId, far: &Delivery) {
    let there = (0..1_000).any(|_| {
        assert_eq!(contact(device, url), None);
        device.delivery(record).unwrap().0 == *far
    });
    assert!(there, "{:?}", device.delivery(record).unwrap().0);
}
