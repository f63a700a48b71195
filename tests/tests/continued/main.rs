//! *Continued in*: somebody joins a case and reads from now on; everybody else reads one history, and nothing that is written anywhere is
//! lost on the way.

mod joining;
mod lost;
mod meanwhile;

use tvaers_core::audience::Audience;
use tvaers_core::client::ClientError;
use tvaers_core::kinds::{
    Concern, ConcernState, Content, Disclosure, Envelope, Kind, List, Party, Recipient, Short, Text,
};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::wire::ids::RecordId;
use tvaers_tests::scene::Scene;
use tvaers_tests::town::{child, observation};

/// Two pedagogues, who coordinates child 1, and who joins.
const ANNA: usize = 0;
const BO: usize = 1;
const TOVE: usize = 2;
const NY: usize = 3;

fn scene() -> Scene {
    of(&[0, 1, 2, 3], &[ANNA, BO, TOVE])
}

/// These devices, of which these have been told that the third person coordinates the child.
fn of(devices: &[usize], told: &[usize]) -> Scene {
    let scene = Scene::new(devices);
    for device in told {
        let coordinator = scene.owner(TOVE);
        scene.devices[*device]
            .set_coordinator(&child(1).id, &coordinator, &mut Moment::new(1, &mut rng::system()))
            .unwrap();
    }
    scene
}

/// A concern in the case, which several write.
fn raises(scene: &mut Scene, device: usize, trigger: &str) -> RecordId {
    scene.now += 1;
    let mut concern = observation(&child(1), "", scene.now);
    concern.content = Content::Concern(Concern {
        trigger: Text::new(trigger).unwrap(),
        purpose: None,
        votes: Default::default(),
        decided: None,
        recipient: Recipient::Person(scene.owner(TOVE)),
        parents_contacted: None,
        observations: List::default(),
        childs_perspective: None,
        familys_perspective: None,
        perspective_missing: None,
        state: ConcernState::New,
    });
    let audience = Audience::Case(vec![scene.person(BO), scene.person(TOVE)]);
    scene.devices[device].submit(&concern, &[audience], &mut Moment::new(scene.now, &mut rng::system())).unwrap()
}

fn rewrites(scene: &mut Scene, device: usize, record: &RecordId, trigger: &str) -> Result<(), ClientError> {
    scene.now += 1;
    let dice = &mut rng::system();
    let moment = &mut Moment::new(scene.now, dice);
    scene.devices[device].edit(record, moment, |envelope| {
        let Content::Concern(concern) = &mut envelope.content else { panic!("a concern") };
        concern.trigger = Text::new(trigger).unwrap();
        Ok(())
    })
}

fn trigger(scene: &Scene, device: usize, record: &RecordId) -> String {
    match scene.devices[device].envelope(record).map(|envelope| envelope.content) {
        Ok(Content::Concern(concern)) => concern.trigger.as_str().to_owned(),
        other => panic!("{other:?}"),
    }
}

fn why(scene: &Scene, with: usize, records: &[RecordId]) -> Envelope {
    let mut why = observation(&child(1), "", scene.now);
    why.content = Content::Disclosure(Disclosure {
        records: List::new(records.to_vec()).unwrap(),
        what: Some(Text::new("Ny støttepædagog").unwrap()),
        with_whom: Party::Person(scene.owner(with)),
        basis: Short::new("Samtykke").unwrap(),
    });
    why
}

fn lets_in(scene: &mut Scene, device: usize, with: usize, records: &[RecordId]) -> Result<(), ClientError> {
    scene.now += 1;
    let (members, why) = ([scene.person(with)], why(scene, with, records));
    let dice = &mut rng::system();
    let moment = &mut Moment::new(scene.now, dice);
    scene.devices[device].continue_case(&child(1).id, &members, records, Some(&why), moment)
}

/// What a device lists of the child.
fn listed(scene: &Scene, device: usize) -> Vec<RecordId> {
    scene.devices[device].chronology(&child(1).id).unwrap().into_iter().map(|row| row.record).collect()
}

/// The one concern that a device lists.
fn concern(scene: &Scene, device: usize) -> RecordId {
    let rows = scene.devices[device].chronology(&child(1).id).unwrap();
    let mut concerns = rows.into_iter().filter(|row| row.kind == Some(Kind::Concern));
    let (first, more) = (concerns.next().expect("a concern"), concerns.next());
    assert_eq!(more, None, "device {device} lists one");
    first.record
}
