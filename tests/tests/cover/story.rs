//! The people of these stories, and what they do.

use tvaers_core::audience::Audience;
use tvaers_core::client::ClientError;
use tvaers_core::kinds::{Content, Disclosure, Envelope, List, Party, Reply, Short, Text};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::store::StoreError;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::ids::{Fixed, RecordId};
use tvaers_core::wire::message::{FeedItem, Page};
use tvaers_core::wire::statement::SignedStatement;
use tvaers_tests::hostile::Scene;
use tvaers_tests::town::{child, observation};

/// Two pedagogues, who coordinates child 1, who stands in, and another who may.
pub(crate) const ANNA: usize = 0;
pub(crate) const BO: usize = 1;
pub(crate) const KIM: usize = 2;
pub(crate) const VIKI: usize = 3;
pub(crate) const VITO: usize = 4;

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const DAY: i64 = 24 * 60 * MINUTE;

/// Everybody but who stands in has been told who coordinates.
pub(crate) fn scene() -> Scene {
    let scene = Scene::new(5);
    let kim = scene.devices[KIM].person();
    for device in [ANNA, BO, KIM] {
        let now = scene.now;
        scene.devices[device].set_coordinator(&child(1).id, &kim, &mut Moment::new(now, &mut rng::system())).unwrap();
    }
    scene
}

pub(crate) fn to(scene: &Scene, person: usize) -> Audience {
    Audience::Line(scene.devices[person].person())
}

pub(crate) fn writes_to(scene: &mut Scene, from: usize, text: &str, audience: Audience) -> RecordId {
    let note = observation(&child(1), text, scene.now);
    scene.submits(from, &note, audience)
}

/// An answer, to whoever wrote what it answers.
pub(crate) fn answers(scene: &mut Scene, from: usize, asked: &RecordId, to: Audience) -> RecordId {
    let content = Content::Reply(Reply { text: Some(Text::new("Tak").unwrap()), ..reply(asked) });
    let reply = Envelope { content, ..observation(&child(1), "", scene.now) };
    scene.submits(from, &reply, to)
}

fn reply(to: &RecordId) -> Reply {
    Reply { to: *to, answer: None, text: None, back_by: None }
}

/// Until when: so many days from now, in seconds.
pub(crate) fn in_days(scene: &Scene, days: i64) -> u64 {
    u64::try_from((scene.now + days * DAY) / 1000).unwrap()
}

pub(crate) fn covers(scene: &Scene, by: usize, until: u64) -> Result<(), ClientError> {
    covers_of(scene, KIM, by, until)
}

pub(crate) fn covers_of(scene: &Scene, from: usize, by: usize, until: u64) -> Result<(), ClientError> {
    let by = scene.devices[by].person();
    let mut why = observation(&child(1), "", scene.now);
    why.content = Content::Disclosure(Disclosure {
        records: List::default(),
        what: Some(Text::new("Ferie i uge 29").unwrap()),
        with_whom: Party::Person(by),
        basis: Short::new("vikariering").unwrap(),
    });
    let now = scene.shows(from);
    scene.devices[from].cover(&[(child(1).id, Some(why))], &by, until, &mut Moment::new(now, &mut rng::system()))
}

/// True if the coordinator's device counts who stands in among the readers of the case.
pub(crate) fn is_in(scene: &Scene, case: &RecordId) -> bool {
    let viki = scene.devices[VIKI].person();
    scene.devices[KIM].delivery(case).unwrap().1.iter().any(|reader| reader.person == viki)
}

/// How many circles about a child a device knows.
pub(crate) fn circles(scene: &Scene, device: usize) -> i64 {
    let sql = "SELECT count(*) FROM circle WHERE child IS NOT NULL";
    let store = scene.devices[device].store();
    store.read(|conn| Ok::<_, StoreError>(conn.query_row(sql, [], |row| row.get(0))?)).unwrap()
}

/// What a device shows when somebody looks at it now, without a network.
pub(crate) fn looks(scene: &Scene, device: usize) {
    scene.devices[device].pass_time(scene.shows(device)).unwrap();
}

/// True if a device shows the record: opened, in the lists, and by its words.
pub(crate) fn shown(scene: &Scene, device: usize, record: &RecordId) -> bool {
    looks(scene, device);
    let at = &scene.devices[device];
    let (now, dice) = (scene.shows(device), &mut rng::system());
    let moment = Moment::new(now, dice);
    let listed = at.all_records().unwrap().iter().any(|row| row.record == *record);
    let of_child = at.chronology(&child(1).id).unwrap().iter().any(|row| row.record == *record);
    let opens = [at.envelope(record).is_ok(), at.view(record).is_ok(), at.delivery(record).is_ok()];
    let seen = listed && of_child && opens.iter().all(|opens| *opens);
    assert_eq!(seen, listed || of_child || opens.iter().any(|opens| *opens), "half of it is shown");
    let found = at.search("note", 100, &moment).unwrap().iter().any(|row| row.record == *record);
    assert!(seen || !found, "found by its words, and not shown");
    seen
}

/// A page of the feed that brings a statement.
pub(crate) fn page_with(statement: SignedStatement) -> Vec<u8> {
    Page { items: vec![FeedItem::Statement { statement }], next: Fixed([1; 24]), more: false }.to_bytes()
}
