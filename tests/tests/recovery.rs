//! Recovery by two of three holders: whoever has lost their only device gets back in, and nobody's cases are lost with who has gone;
//! not without two sheets, and not unseen.

use tvaers_core::audience::Audience;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::sync::Failure;
use tvaers_core::wire::entry::{Member, ParsedEntry, Subject};
use tvaers_core::wire::message::FeedItem;
use tvaers_tests::holders::Holders;
use tvaers_tests::town::child;

/// Anna, Bo and Carl write; Dorte will take over. Each has the device of their number.
const ANNA: usize = 0;
const BO: usize = 1;
const CARL: usize = 2;
const DORTE: usize = 3;

fn case(town: &Holders, others: &[usize]) -> Audience {
    Audience::Case(others.iter().map(|other| town.member(*other)).collect())
}

/// Anna and Bo know that Anna coordinates the child.
fn anna_coordinates(town: &Holders) {
    let coordinator = town.owner(ANNA);
    for device in [ANNA, BO] {
        let rng = &mut rng::system();
        town.devices[device].set_coordinator(&child(1).id, &coordinator, &mut Moment::new(1, rng)).unwrap();
    }
}

#[test]
fn whoever_loses_their_only_phone_reads_everything_on_a_new_one_and_the_old_one_nothing_more() {
    let mut town = Holders::new();
    let own = town.writes(ANNA, "Kun for mig selv", Audience::Own);
    let annas = town.writes(ANNA, "Fra Anna", case(&town, &[BO]));
    let line = Audience::Line(town.owner(ANNA));
    town.meet();
    let bos = town.writes(BO, "Fra Bo", line);
    town.meet();
    assert!(town.reads(ANNA, &bos) && town.reads(BO, &annas));

    town.loses(ANNA);
    assert_eq!(town.tries(ANNA), Some(Failure::Forbidden));
    let meanwhile = town.writes(BO, "Imens", case(&town, &[ANNA]));
    town.meet();
    let new = town.enrols(ANNA);
    town.publish();
    town.meet();
    assert!(
        [own, annas, bos, meanwhile].iter().all(|note| !town.reads(new, note)),
        "a certificate alone reads nothing"
    );

    town.restores(ANNA, None, new);
    town.meet();
    for (what, note) in [("own", own), ("sent", annas), ("received", bos)] {
        assert!(town.reads(new, &note), "{what}");
    }
    // What was written while she had no device is under a key that was drawn for the others. Whoever writes next draws one for all.
    let after = town.writes(BO, "Efter", case(&town, &[ANNA]));
    let from_new = town.writes(new, "Fra den nye telefon", case(&town, &[BO]));
    town.meet();
    assert!(town.reads(new, &meanwhile) && town.reads(new, &after) && town.reads(BO, &from_new));
    town.hands_over(new, ANNA);
    for note in [meanwhile, after, from_new] {
        assert!(!town.reads(ANNA, &note), "the lost phone reads nothing more, even with the relay's help");
    }
}

/// The only coordinator of a child has left; Bo, who wrote to her and works on, can let nobody in.
#[test]
fn the_successor_of_a_coordinator_who_has_left_gets_the_cases_and_the_ones_who_wrote_go_on() {
    let mut town = Holders::new();
    anna_coordinates(&town);
    let to_anna = Audience::Line(town.owner(ANNA));
    let bos = town.writes(BO, "Bo til Anna", to_anna);
    let in_case = town.writes(ANNA, "Anna i sagen", case(&town, &[BO]));
    let alone = town.writes(ANNA, "Anna i sagen, til Carl", case(&town, &[CARL]));
    let own = town.writes(ANNA, "Kun for Anna", Audience::Own);
    town.meet();
    assert!(town.reads(ANNA, &bos) && town.reads(BO, &in_case));
    town.leaves(ANNA);
    town.meet();
    town.restores(DORTE, Some(ANNA), DORTE);
    town.meet();
    assert!(town.reads(DORTE, &bos) && town.reads(DORTE, &in_case) && town.reads(DORTE, &alone));
    assert!(!town.reads(DORTE, &own), "what Anna kept for herself is not handed on");
    assert!(!town.reads(CARL, &bos), "nobody else reads more than before");
    for device in [BO, DORTE] {
        assert_eq!(town.devices[device].coordinator(&child(1).id).unwrap(), Some(town.owner(DORTE)));
    }
    let next = town.writes(BO, "Bo til Dorte", Audience::Line(town.owner(DORTE)));
    let taken = town.writes(DORTE, "Dorte i sagen", case(&town, &[BO]));
    town.meet();
    assert!(town.reads(DORTE, &next) && town.reads(BO, &taken));
    town.hands_over(DORTE, ANNA);
    assert!(!town.reads(ANNA, &taken));
}

/// Anna hands a child over to Dorte, who loses her only device before she has written anything.
#[test]
fn a_successor_who_loses_their_only_device_gets_back_what_was_handed_over() {
    let mut town = Holders::new();
    anna_coordinates(&town);
    let to_anna = Audience::Line(town.owner(ANNA));
    let bos = town.writes(BO, "Bo til Anna", to_anna);
    town.meet();
    let dorte = town.owner(DORTE);
    let rng = &mut rng::system();
    town.devices[ANNA].hand_over(&[(child(1).id, None)], &dorte, false, &mut Moment::new(20, rng)).unwrap();
    town.meet();
    assert!(town.reads(DORTE, &bos));
    town.loses(DORTE);
    let new = town.enrols(DORTE);
    town.publish();
    let _ = town.tries(new);
    town.restores(DORTE, None, new);
    town.meet();
    assert!(town.reads(new, &bos));
}

#[test]
fn everybody_in_the_circle_sees_that_access_was_restored_when_and_why() {
    let mut town = Holders::new();
    let note = town.writes(ANNA, "I sagen", case(&town, &[BO]));
    town.meet();
    assert!(town.reads(BO, &note));
    assert_eq!(town.devices[BO].restored(Some(&child(1).id)).unwrap(), []);
    town.leaves(ANNA);
    town.restores(DORTE, Some(ANNA), DORTE);
    town.meet();
    for device in [BO, DORTE] {
        let seen = town.devices[device].restored(Some(&child(1).id)).unwrap();
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].reason.as_deref(), seen[0].person), (Some("Telefonen er væk"), town.owner(DORTE)));
        assert!(seen[0].at.is_some_and(|at| at > 1_700_000_000_000));
    }
    assert_eq!(town.devices[CARL].restored(Some(&child(1).id)).unwrap(), [], "it is for the members");

    town.loses(CARL);
    let new = town.enrols(CARL);
    town.publish();
    town.meet();
    town.restores(CARL, None, new);
    town.meet();
    assert_eq!(town.devices[new].restored(None).unwrap().len(), 1);
}

#[test]
fn a_circle_from_before_anybody_knew_of_the_sheets_is_wrapped_for_them_when_it_is_next_used() {
    let mut town = Holders::untold();
    let key = Member::Device(town.office.recovery().keys.device());
    let wrapped = |town: &Holders| {
        let entries = town.feed(ANNA).into_iter().filter_map(|item| match item {
            FeedItem::Entry { entry, .. } => ParsedEntry::from_bytes(&entry).ok(),
            _ => None,
        });
        let with = entries.filter(|entry| entry.public.wraps.iter().any(|wrap| wrap.member == key));
        let with: Vec<Subject> = with.map(|entry| entry.public.subject).collect();
        [Subject::Shared, Subject::Person(town.owner(ANNA)), Subject::Person(town.owner(BO))]
            .map(|of| with.contains(&of))
    };
    town.writes(ANNA, "Før", case(&town, &[BO]));
    town.meet();
    assert_eq!(wrapped(&town), [false; 3]);
    town.told = true;
    town.publish();
    town.meet();
    assert_eq!(wrapped(&town), [false, true, true], "persons at once, others when they are used");
    let note = town.writes(BO, "Efter", case(&town, &[ANNA]));
    town.meet();
    assert!(town.reads(ANNA, &note));
    assert_eq!(wrapped(&town), [true; 3]);
    let served = town.feed(ANNA).into_iter().any(|item| match item {
        FeedItem::Entry { wraps, .. } => wraps.iter().any(|wrap| wrap.member == key),
        _ => false,
    });
    assert!(!served, "nobody is served what is for the sheets");
}

#[test]
fn a_relay_that_is_restarted_still_knows_what_was_restored() {
    let mut town = Holders::new();
    let own = town.writes(ANNA, "Kun for mig selv", Audience::Own);
    town.meet();
    town.loses(ANNA);
    let new = town.enrols(ANNA);
    town.publish();
    town.restores(ANNA, None, new);
    let town = town.restart();
    town.meet();
    assert!(town.reads(new, &own));
}
