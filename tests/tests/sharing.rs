//! Sending is the disclosure: the municipality's rules say who may be sent what, and on what lawful basis it was sent is known to
//! whoever reads it.

use tvaers_core::audience::{Audience, Share};
use tvaers_core::client::{ClientError, NotShared};
use tvaers_core::directory::{Policy, Sharing};
use tvaers_core::kinds::{
    Assessment, Content, Disclosure, Envelope, Kind, List, Notification, NotificationLevel, Party, Position, Reply,
    Short, Text,
};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::wire::entry::Member;
use tvaers_core::wire::ids::RecordId;
use tvaers_tests::hostile;
use tvaers_tests::scene::Scene;
use tvaers_tests::town::{child, observation};

/// A pedagogue, two caseworkers' units, a school's teacher, and somebody of IT.
const PED: usize = 0;
const CASE: usize = 1;
const INTAKE: usize = 2;
const TEACHER: usize = 3;
const IT: usize = 4;

const UNITS: [(usize, &str); 4] = [(CASE, "familieafdeling"), (INTAKE, "modtagelse"), (TEACHER, "skole"), (IT, "it")];

fn scene(sharing: Option<Vec<Sharing>>) -> Scene {
    let policy = sharing.map(|rules| Policy { sharing: Some(rules), ..Policy::default() });
    Scene::with_rules(&[PED, CASE, INTAKE, TEACHER, IT], &UNITS, policy)
}

fn rule(to: &str, kinds: &[Kind], basis: &str) -> Sharing {
    let kinds = kinds.iter().map(|kind| kind.code()).collect();
    Sharing { from: vec!["dagtilbud".to_owned()], to: vec![to.to_owned()], kinds, basis: basis.to_owned() }
}

fn submits(scene: &Scene, device: usize, envelope: &Envelope, to: &[Share]) -> Result<RecordId, ClientError> {
    scene.devices[device].submit(envelope, to, &mut Moment::new(scene.now, &mut rng::system()))
}

fn on(basis: Option<&str>, with: Audience) -> Share {
    Share { with, basis: basis.map(str::to_owned) }
}

fn line(scene: &Scene, to: usize) -> Audience {
    Audience::Line(scene.owner(to))
}

fn note(text: &str) -> Envelope {
    observation(&child(1), text, 5)
}

/// The basis that a device knows a record to be shared on, place by place.
fn bases(scene: &Scene, device: usize, record: &RecordId) -> Vec<Option<String>> {
    scene.devices[device].shared(record).unwrap().into_iter().map(|shared| shared.basis).collect()
}

fn refused(done: Result<RecordId, ClientError>) -> NotShared {
    match done {
        Err(ClientError::NotShared(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn whoever_reads_knows_on_what_basis_it_was_shared() {
    let mut scene = scene(None);
    let first = submits(&scene, PED, &note("Den første"), &[on(None, line(&scene, CASE))]).unwrap();
    let ssd = "Tidligt forebyggende samarbejde (SSD)";
    let chosen = submits(&scene, PED, &note("Den valgte"), &[on(Some("Samtykke"), line(&scene, CASE))]).unwrap();
    scene.meet();
    for device in [PED, CASE] {
        assert_eq!(bases(&scene, device, &first), [Some(ssd.to_owned())], "device {device}");
        assert_eq!(bases(&scene, device, &chosen), [Some("Samtykke".to_owned())], "device {device}");
    }
    let all = scene.devices[CASE].disclosures(&child(1).id).unwrap();
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|(_, places)| places.len() == 1 && places[0].at.is_some()));
    assert_eq!(all[0].1[0].with, [scene.person(CASE)], "whoever wrote it has not been sent it");
}

#[test]
fn what_the_rules_do_not_name_is_denied_and_nothing_is_saved() {
    let scene = scene(Some(vec![rule("familieafdeling", &[Kind::Observation], "Samtykke")]));
    let before = scene.devices[PED].chronology(&child(1).id).unwrap().len();
    let to = |who, basis| submits(&scene, PED, &note("Note"), &[on(basis, line(&scene, who))]);
    assert_eq!(refused(to(TEACHER, None)), NotShared::Denied);
    assert_eq!(refused(to(IT, None)), NotShared::Denied);
    assert_eq!(refused(to(CASE, Some("Fordi"))), NotShared::OtherBasis);
    let team = Audience::Case(vec![Member::Team(scene.town.teams[TEACHER])]);
    assert_eq!(refused(submits(&scene, PED, &note("Note"), &[on(None, team)])), NotShared::Denied);
    assert_eq!(scene.devices[PED].chronology(&child(1).id).unwrap().len(), before);

    // One of two audiences that may not is enough: nothing goes to either.
    let both = [on(None, line(&scene, CASE)), on(None, line(&scene, TEACHER))];
    assert_eq!(refused(submits(&scene, PED, &note("Note"), &both)), NotShared::Denied);
    assert_eq!(scene.devices[PED].outbox().unwrap().0, 0);

    // It can be kept, and sent later to whoever may have it.
    let kept = submits(&scene, PED, &note("Note"), &[]).unwrap();
    let share = |who| {
        let mut dice = rng::system();
        scene.devices[PED].share(&kept, &line(&scene, who), &mut Moment::new(scene.now, &mut dice))
    };
    assert_eq!(share(TEACHER).map_err(|error| refused(Err(error))), Err(NotShared::Denied));
    share(CASE).unwrap();
    assert_eq!(bases(&scene, PED, &kept), [Some("Samtykke".to_owned())]);
}

#[test]
fn several_are_sent_to_together_only_on_a_basis_that_fits_each() {
    let rules = vec![
        rule("familieafdeling", &[], "Samtykke"),
        rule("skole", &[], "Overgang til skole"),
        rule("modtagelse", &[], "Samtykke"),
    ];
    let scene = scene(Some(rules));
    let case = |who: &[usize]| on(None, Audience::Case(who.iter().map(|one| scene.person(*one)).collect()));
    assert_eq!(refused(submits(&scene, PED, &note("Note"), &[case(&[CASE, TEACHER])])), NotShared::Apart);
    submits(&scene, PED, &note("Note"), &[case(&[CASE, INTAKE])]).unwrap();
    assert_eq!(refused(submits(&scene, PED, &note("Note"), &[case(&[CASE, IT])])), NotShared::Denied);
}

#[test]
fn no_rule_stands_between_a_notification_and_the_ones_who_receive_it_or_an_answer_and_its_author() {
    let mut scene = scene(Some(Vec::new()));
    let mut notification = note("");
    notification.content = Content::Notification(Notification {
        level: NotificationLevel::Acute,
        text: Text::new("Blå mærker på begge arme").unwrap(),
        to: Some(scene.town.teams[INTAKE]),
        concern: None,
        efforts: None,
        parents_informed: false,
        reason: Text::optional("Hensynet til barnet").unwrap(),
        suspect: None,
        records: List::default(),
    });
    let intake = on(None, Audience::Case(vec![Member::Team(scene.town.teams[INTAKE])]));
    let sent = submits(&scene, PED, &notification, &[intake]).unwrap();
    let school = on(None, Audience::Case(vec![Member::Team(scene.town.teams[TEACHER])]));
    assert_eq!(refused(submits(&scene, PED, &notification, &[school])), NotShared::Denied);
    scene.meet();
    assert!(scene.reads(INTAKE, &sent));
    assert_eq!(bases(&scene, INTAKE, &sent), [Some("Underretningspligt".to_owned())]);

    let mut answer = note("");
    let text = Some(Text::new("Vi har modtaget den").unwrap());
    answer.content = Content::Reply(Reply { to: sent, answer: None, back_by: None, text });
    let answer = submits(&scene, INTAKE, &answer, &[on(None, line(&scene, PED))]).unwrap();
    scene.meet();
    assert!(scene.reads(PED, &answer));
}

#[test]
fn ones_own_unit_and_what_is_about_no_child_need_no_basis() {
    let scene = Scene::with_rules(&[0, 1], &[], Some(Policy { sharing: Some(Vec::new()), ..Policy::default() }));
    let device = &scene.devices[0];
    let unit = Audience::Case(vec![Member::Team(scene.town.teams[0])]);
    assert_eq!(device.bases(Kind::Observation, Some(&child(1).id), &unit), Ok(None));
    assert_eq!(device.bases(Kind::Observation, Some(&child(1).id), &Audience::Own), Ok(None));
    let anonymous = Audience::Anonymous(vec![scene.person(1)]);
    assert_eq!(device.bases(Kind::AnonymousDiscussion, None, &anonymous), Ok(None));
    assert_eq!(
        device.bases(Kind::Observation, Some(&child(1).id), &line(&scene, 1)),
        Err(NotShared::Denied),
        "another unit of the same kind is another unit"
    );
}

#[test]
fn a_coordinator_is_sent_only_what_the_rules_let_go_there() {
    let mut scene = scene(Some(vec![rule("familieafdeling", &[Kind::Observation], "Samtykke")]));
    let kept = submits(&scene, PED, &note("Note"), &[]).unwrap();
    let coordinates = |scene: &Scene, who| {
        let mut dice = rng::system();
        let moment = &mut Moment::new(scene.now, &mut dice);
        scene.devices[PED].set_coordinator(&child(1).id, &scene.owner(who), moment).unwrap();
    };
    coordinates(&scene, TEACHER);
    scene.meet();
    assert!(!scene.reads(TEACHER, &kept));
    coordinates(&scene, CASE);
    scene.meet();
    assert!(scene.reads(CASE, &kept));
    assert_eq!(bases(&scene, CASE, &kept), [Some("Samtykke".to_owned())]);
}

#[test]
fn nobody_is_let_in_from_now_on_to_see_what_the_rules_deny_them() {
    let rules = vec![rule("familieafdeling", &[], "Samtykke"), rule("skole", &[Kind::Concern], "Samtykke")];
    let mut scene = scene(Some(rules));
    let mut dice = rng::system();
    let me = scene.owner(PED);
    scene.devices[PED].set_coordinator(&child(1).id, &me, &mut Moment::new(1, &mut dice)).unwrap();
    let case = Audience::Case(vec![scene.person(CASE)]);
    let seen = submits(&scene, PED, &note("I sagen"), &[on(None, case)]).unwrap();
    scene.meet();
    let mut lets_in = |with: usize, basis: &str, records: &[RecordId]| {
        let mut why = note("");
        why.content = Content::Disclosure(Disclosure {
            records: List::new(records.to_vec()).unwrap(),
            what: Some(Text::new("Ny lærer").unwrap()),
            with_whom: Party::Person(scene.owner(with)),
            basis: Short::new(basis).unwrap(),
        });
        let moment = &mut Moment::new(scene.now, &mut dice);
        scene.devices[PED].continue_case(&child(1).id, &[scene.person(with)], records, Some(&why), moment)
    };
    let denied = lets_in(TEACHER, "Samtykke", &[seen]);
    assert_eq!(denied, Err(ClientError::NotShared(NotShared::Denied)));
    lets_in(TEACHER, "Samtykke", &[]).unwrap();
}

#[test]
fn new_rules_arrive_with_the_directory_and_are_kept_from_then_on() {
    let mut scene = hostile::Scene::new(2);
    let shares = |scene: &hostile::Scene| {
        let (with, mut dice) = (Audience::Line(scene.devices[1].person()), rng::system());
        scene.devices[0].submit(&note("Note"), &[with], &mut Moment::new(scene.now, &mut dice))
    };
    shares(&scene).unwrap();
    let newer = scene.rules(5, Policy { sharing: Some(Vec::new()), ..Policy::default() });
    scene.brings(&newer, &[0, 1]);
    scene.states(&newer);
    scene.meet();
    assert_eq!(refused(shares(&scene)), NotShared::Denied);
    let older = scene.rules(4, Policy::default());
    scene.brings(&older, &[0, 1]);
    scene.meet();
    assert_eq!(refused(shares(&scene)), NotShared::Denied, "an older directory brings nothing back");
}

/// By keys, not by a screen: each assessment is in its writer's line with whoever coordinates, and nowhere else.
#[test]
fn what_one_colleague_thinks_of_a_child_is_with_the_coordinator_and_closed_to_the_other() {
    let mut scene = Scene::new(&[0, 1, 2]);
    let coordinator = scene.devices[0].person();
    for device in &scene.devices {
        let rng = &mut rng::system();
        device.set_coordinator(&child(1).id, &coordinator, &mut Moment::new(scene.now, rng)).unwrap();
    }
    let note = scene.writes(0, "Sagen", &[1, 2]);
    scene.meet();
    let own = [1, 2].map(|device| {
        let mut own = observation(&child(1), "", scene.now);
        let (position, indicators) = (Position::Yellow, List::default());
        own.content = Content::Assessment(Assessment { position, indicators, dissent: None });
        let line = [Audience::Line(coordinator)];
        scene.devices[device].submit(&own, &line, &mut Moment::new(scene.now, &mut rng::system())).unwrap()
    });
    scene.meet();
    for (device, reads, closed) in [(1, own[0], own[1]), (2, own[1], own[0])] {
        assert!(scene.reads(device, &note) && scene.reads(device, &reads) && !scene.reads(device, &closed));
        scene.hands_over(if device == 1 { 2 } else { 1 }, device);
        assert!(!scene.reads(device, &closed), "nor with the relay's help");
    }
    assert!(own.iter().all(|own| scene.reads(0, own)));
}
