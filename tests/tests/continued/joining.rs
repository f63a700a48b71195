//! Who joins, what they read, and what is refused.

use tvaers_core::audience::Audience;
use tvaers_core::client::{ClientError, NotContinued};
use tvaers_core::kinds::{Content, Disclosure, Level, List, Measure, Party, Score, Short};
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::view::Delivery;
use tvaers_core::wire::entry::Member;
use tvaers_core::wire::ids::RecordId;
use tvaers_core::wire::statement::Standing;
use tvaers_tests::town::{child, observation};

use super::{ANNA, BO, NY, TOVE, concern, lets_in, listed, of, raises, rewrites, scene, trigger};
#[test]
fn who_joins_from_now_on_reads_that_and_what_was_chosen_of_before() {
    let mut scene = scene();
    let before = scene.writes(ANNA, "Før", &[BO, TOVE]);
    let chosen = scene.writes(BO, "Før, valgt", &[TOVE]);
    let old = raises(&mut scene, ANNA, "Første ord");
    scene.meet();
    rewrites(&mut scene, BO, &old, "Sidste ord").unwrap();
    scene.meet();
    lets_in(&mut scene, TOVE, NY, &[chosen, old]).unwrap();
    scene.meet();
    assert!(scene.reads(NY, &chosen) && !scene.reads(NY, &before) && !scene.reads(NY, &old));
    let new = concern(&scene, NY);
    assert!(new != old, "a document of its own");
    assert_eq!(listed(&scene, NY).len(), 3, "with the reason");
    for device in [ANNA, BO, TOVE, NY] {
        assert_eq!((concern(&scene, device), trigger(&scene, device, &new)), (new, "Sidste ord".to_owned()));
        let carried = scene.devices[device].view(&new).unwrap().row.carried.unwrap();
        assert_eq!((carried.record, carried.author), (old, scene.owner(ANNA)), "and says whose it was");
    }
    for device in [ANNA, BO, TOVE] {
        assert_eq!(listed(&scene, device).len(), 4, "one history");
        assert_eq!(scene.devices[device].carried_on_in(&old).unwrap(), Some(new));
        let continued = scene.devices[device].continued(&child(1).id).unwrap();
        assert_eq!(continued.len(), 1);
        assert_eq!((continued[0].by, &continued[0].joined), (Some(scene.owner(TOVE)), &vec![scene.owner(NY)]));
    }
    assert!(!scene.devices[NY].continued(&child(1).id).unwrap()[0].read_before);
    let after = scene.writes(ANNA, "Efter", &[]);
    let by_newcomer = scene.writes(NY, "Den nyes", &[]);
    rewrites(&mut scene, NY, &new, "Den nyes ord").unwrap();
    scene.meet();
    for device in [ANNA, BO, TOVE, NY] {
        assert!(scene.reads(device, &after) && scene.reads(device, &by_newcomer), "{device}");
        assert_eq!(trigger(&scene, device, &new), "Den nyes ord");
        assert_eq!(scene.devices[device].set_aside().unwrap(), []);
        assert!(!scene.devices[device].has_work(i64::MAX).unwrap(), "nothing waits on {device}");
    }
    assert_eq!(trigger(&scene, ANNA, &old), "Sidste ord");
}

#[test]
fn search_receipts_and_citations_of_the_newcomer_work() {
    let mut scene = scene();
    let before = scene.writes(ANNA, "Hemmelig hund", &[BO, TOVE]);
    let chosen = scene.writes(ANNA, "Synlig hund", &[BO, TOVE]);
    scene.meet();
    lets_in(&mut scene, TOVE, NY, &[chosen]).unwrap();
    scene.meet();
    let dice = &mut rng::system();
    let now = &Moment::new(scene.now, dice);
    let found = scene.devices[NY].search("hund", 10, now).unwrap();
    assert_eq!(found.iter().map(|row| row.record).collect::<Vec<_>>(), [chosen]);
    assert_eq!(scene.devices[NY].inbox(10).unwrap().len(), 2);
    let mut citing = observation(&child(1), "", scene.now);
    citing.content = Content::Disclosure(Disclosure {
        records: List::new(vec![before, chosen]).unwrap(),
        what: None,
        with_whom: Party::Named(Short::new("Lægen").unwrap()),
        basis: Short::new("samtykke").unwrap(),
    });
    let audience = Audience::Case(vec![]);
    let moment = &mut Moment::new(scene.now, dice);
    let citing = scene.devices[BO].submit(&citing, &[audience], moment).unwrap();
    let after = scene.writes(BO, "Efter", &[]);
    scene.meet();
    scene.devices[NY].mark_read(&after, &Moment::new(scene.now, &mut rng::system())).unwrap();
    scene.meet();
    let (delivery, readers) = scene.devices[BO].delivery(&after).unwrap();
    assert_eq!(delivery, Delivery::Read);
    assert!(readers.iter().any(|reader| reader.person == scene.owner(NY) && reader.read));
    assert!(scene.reads(NY, &citing));
    let missing = |device: usize| scene.devices[device].not_shared(&child(1).id, &[before, chosen]).unwrap();
    assert_eq!((missing(NY), missing(BO)), (1, 0));
}

#[test]
fn a_living_record_that_was_not_chosen_stays_with_the_ones_who_had_it() {
    let mut scene = scene();
    let old = raises(&mut scene, ANNA, "Kun os");
    scene.meet();
    lets_in(&mut scene, TOVE, NY, &[]).unwrap();
    scene.meet();
    rewrites(&mut scene, BO, &old, "Stadig kun os").unwrap();
    let mut measure = observation(&child(1), "", scene.now);
    measure.content =
        Content::Measure(Measure { intervention: old, value: Score::new(4).unwrap(), by_whom: None, note: None });
    let dice = &mut rng::system();
    let moment = &mut Moment::new(scene.now, dice);
    let measure = scene.devices[ANNA].submit(&measure, &[Audience::Case(vec![])], moment).unwrap();
    scene.meet();
    for device in [ANNA, BO, TOVE] {
        assert_eq!(trigger(&scene, device, &old), "Stadig kun os");
        assert!(scene.reads(device, &measure));
    }
    assert!(!scene.reads(NY, &old) && !scene.reads(NY, &measure), "what follows from a record stays where that is");
    // Shown later, it begins anew there.
    let audience = Audience::Case(vec![scene.person(NY)]);
    scene.devices[TOVE].share(&old, &audience, &mut Moment::new(scene.now, &mut rng::system())).unwrap();
    scene.meet();
    assert!(!scene.reads(NY, &old) && !scene.reads(NY, &measure));
    assert_eq!(trigger(&scene, NY, &concern(&scene, NY)), "Stadig kun os");
    assert_eq!(concern(&scene, ANNA), concern(&scene, NY));
}

#[test]
fn who_was_taken_out_may_come_back_from_now_on() {
    let mut scene = scene();
    let before = scene.writes(ANNA, "Før", &[BO, NY]);
    scene.meet();
    scene.devices[TOVE].remove_from_case(&child(1).id, scene.person(NY), "Rejst").unwrap_or_else(|error| {
        assert_eq!(error, ClientError::NotAllowed);
        scene.devices[ANNA].remove_from_case(&child(1).id, scene.person(NY), "Rejst").unwrap();
    });
    scene.meet();
    let away = scene.writes(ANNA, "Mens en var væk", &[BO]);
    scene.meet();
    lets_in(&mut scene, TOVE, NY, &[]).unwrap();
    scene.meet();
    let after = scene.writes(BO, "Efter", &[]);
    scene.meet();
    assert!(scene.reads(NY, &before) && !scene.reads(NY, &away) && scene.reads(NY, &after));
    // Taken out by somebody who has not heard that the case goes on, one is out of what goes on as well.
    scene.devices[TOVE].remove_from_case(&child(1).id, scene.person(BO), "Rejst").unwrap();
    scene.meet();
    let last = scene.writes(ANNA, "Uden Bo", &[]);
    scene.meet();
    assert!(!scene.reads(BO, &last) && scene.reads(NY, &last));
}

#[test]
fn what_cannot_be_done_is_refused_and_changes_nothing() {
    let mut scene = of(&[0, 1, 2, 3, 4], &[ANNA, BO, TOVE]);
    let refused = |result: Result<(), ClientError>| match result {
        Err(ClientError::NotContinued(why)) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(lets_in(&mut scene, TOVE, NY, &[])), NotContinued::NoCase);
    let case = scene.writes(ANNA, "Sagen", &[BO, TOVE]);
    let line = Audience::Line(scene.owner(TOVE));
    let line = scene.writes_to(ANNA, "På linjen", line);
    let old = raises(&mut scene, ANNA, "Ord");
    scene.meet();
    assert_eq!(refused(lets_in(&mut scene, BO, NY, &[])), NotContinued::NoCase, "whoever does not manage it");
    assert_eq!(refused(lets_in(&mut scene, TOVE, BO, &[])), NotContinued::ReadsAlready);
    assert_eq!(refused(lets_in(&mut scene, TOVE, NY, &[case, line])), NotContinued::NotInTheCase);
    assert_eq!(lets_in(&mut scene, TOVE, NY, &[RecordId::new([9; 32])]), Err(ClientError::UnknownRecord));
    let dice = &mut rng::system();
    let moment = &mut Moment::new(scene.now, dice);
    let nobody = scene.devices[TOVE].continue_case(&child(1).id, &[], &[case], None, moment);
    assert_eq!(refused(nobody), NotContinued::Unreachable);
    let left = scene.town.authority.set_standing(scene.owner(4), Standing::Left);
    scene.publish(&left);
    scene.these_meet(&[ANNA, BO, TOVE, NY]);
    assert_eq!(refused(lets_in(&mut scene, TOVE, 4, &[])), NotContinued::Unreachable);
    // Two have decided at once.
    for (device, level) in [(ANNA, Level::Serious), (BO, Level::Wonder)] {
        let by = scene.owner(device);
        let dice = &mut rng::system();
        let moment = &mut Moment::new(scene.now, dice);
        let decided = scene.devices[device].edit(&old, moment, |envelope| {
            let Content::Concern(concern) = &mut envelope.content else { panic!("a concern") };
            concern.decide(by, level);
            Ok(())
        });
        decided.unwrap();
    }
    scene.these_meet(&[ANNA, BO, TOVE, NY]);
    assert_eq!(scene.devices[TOVE].conflicts(&old).unwrap().len(), 1);
    assert_eq!(refused(lets_in(&mut scene, TOVE, NY, &[old])), NotContinued::Unsettled);
    scene.these_meet(&[ANNA, BO, TOVE, NY]);
    assert_eq!(listed(&scene, NY), []);
    assert!(scene.devices[ANNA].continued(&child(1).id).unwrap().is_empty());
    assert!(lets_in(&mut scene, TOVE, NY, &[case]).is_ok());
    scene.these_meet(&[ANNA, BO, TOVE, NY]);
    assert!(scene.reads(NY, &case));
}

#[test]
fn a_unit_is_let_in_like_a_person() {
    let mut scene = scene();
    let before = scene.writes(ANNA, "Før", &[BO, TOVE]);
    let chosen = scene.writes(ANNA, "Valgt", &[BO, TOVE]);
    scene.meet();
    let unit = Member::Team(scene.town.teams[NY]);
    assert!(scene.devices[TOVE].can_be_let_in(&child(1).id, &unit));
    let dice = &mut rng::system();
    let moment = &mut Moment::new(scene.now, dice);
    scene.devices[TOVE].continue_case(&child(1).id, &[unit], &[chosen], None, moment).unwrap();
    scene.meet();
    assert!(scene.reads(NY, &chosen) && !scene.reads(NY, &before));
    let after = scene.writes(NY, "Fra enheden", &[]);
    scene.meet();
    assert!(scene.reads(ANNA, &after) && scene.reads(TOVE, &after));
    assert!(!scene.devices[TOVE].can_be_let_in(&child(1).id, &unit));
}
