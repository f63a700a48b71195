//! Who is taken out of a case reads nothing written after it, whatever the relay does; what was written before stays readable
//! for those who stay and those who come.

use tvaers_core::client::NotRemoved;
use tvaers_core::view::Delivery;
use tvaers_tests::scene::Scene;
use tvaers_tests::town::child;

#[test]
fn who_is_removed_reads_nothing_that_is_written_after_even_with_the_relays_help() {
    let mut scene = Scene::new(&[0, 1, 2]);
    let before = scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    assert!(scene.reads(1, &before) && scene.reads(2, &before));
    scene.devices[0].remove_from_case(&child(1).id, scene.person(1), "Arbejder her ikke mere").unwrap();
    scene.meet();
    let after = scene.writes(0, "Efter", &[2]);
    let late = scene.writes(2, "Også efter", &[0]);
    scene.meet();
    assert!(scene.reads(2, &after) && scene.reads(0, &late), "those who stay read on");
    assert!(!scene.reads(1, &after) && !scene.reads(1, &late));
    assert!(scene.reads(1, &before), "what was read is kept");
    // A relay that hands everything to the one who was removed hands over nothing that opens.
    scene.hands_over(2, 1);
    assert!(!scene.reads(1, &after) && !scene.reads(1, &late));
}

#[test]
fn what_was_written_before_a_removal_is_read_by_who_comes_after_it() {
    let mut scene = Scene::new(&[0, 1, 2]);
    let first = scene.writes(0, "Den første", &[1]);
    scene.meet();
    let theirs = scene.writes(1, "Fra den, der går", &[0]);
    scene.meet();
    scene.devices[0].remove_from_case(&child(1).id, scene.person(1), "Skiftet stilling").unwrap();
    scene.meet();
    let second = scene.writes(0, "Den næste", &[2]);
    scene.meet();
    for (what, note) in [("the first", first), ("theirs", theirs), ("the second", second)] {
        assert!(scene.reads(2, &note), "the newcomer reads the whole case: {what}");
        assert!(scene.reads(0, &note), "{what}");
    }
    assert!(!scene.reads(1, &second));
}

#[test]
fn a_note_that_waited_on_a_phone_while_the_key_changed_arrives() {
    let mut scene = Scene::new(&[0, 1, 2]);
    scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    let waiting = scene.writes(2, "Skrevet uden net", &[0]);
    scene.devices[0].remove_from_case(&child(1).id, scene.person(1), "").unwrap();
    scene.sync(0);
    scene.sync(0);
    scene.meet();
    assert!(scene.reads(0, &waiting) && !scene.reads(1, &waiting));
    assert_eq!(scene.devices[2].delivery(&waiting).unwrap().0, Delivery::Received);
}

#[test]
fn nothing_of_a_removed_colleague_that_was_acknowledged_is_lost() {
    let mut scene = Scene::new(&[0, 1, 2]);
    scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    // Acknowledged, and not seen by the one who removes.
    let unseen = scene.writes(1, "Sidste note", &[0, 2]);
    scene.sync(1);
    scene.devices[0].remove_from_case(&child(1).id, scene.person(1), "").unwrap();
    scene.meet();
    assert!(scene.reads(0, &unseen) && scene.reads(2, &unseen));
    let too_late = scene.writes(1, "For sent", &[]);
    scene.meet();
    assert!(scene.reads(1, &too_late), "it stays with its author");
    assert!(!scene.reads(2, &too_late));
}

#[test]
fn what_waited_on_the_phone_of_who_was_removed_goes_to_its_readers_another_way() {
    let mut scene = Scene::new(&[0, 1, 2]);
    scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    // Without a network: sealed for a case that its writer is no longer in when there is one again.
    let waiting = scene.writes(1, "Skrevet i skoven", &[0, 2]);
    scene.devices[0].remove_from_case(&child(1).id, scene.person(1), "").unwrap();
    scene.sync(0);
    scene.sync(0);
    let after = scene.writes(0, "Efter", &[2]);
    scene.meet();
    assert!(scene.reads(0, &waiting) && scene.reads(2, &waiting));
    assert_eq!(scene.devices[1].delivery(&waiting).unwrap().0, Delivery::Received);
    assert_eq!(scene.devices[1].outbox().unwrap().0, 0, "nothing waits for a circle that is closed to it");
    assert!(!scene.reads(1, &after));
    // Taken in again, the same phone goes on writing in the old case.
    let back = scene.writes(0, "Velkommen tilbage", &[1, 2]);
    scene.meet();
    let on = scene.writes(1, "Tak", &[0, 2]);
    scene.meet();
    assert!(scene.reads(1, &back) && scene.reads(0, &on) && scene.reads(2, &on));
    assert_eq!(scene.devices[1].outbox().unwrap().0, 0);
}

#[test]
fn only_who_manages_a_case_takes_somebody_out_of_it() {
    let mut scene = Scene::new(&[0, 1, 2]);
    scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    let refused = |device: usize, about: u8, other: usize, why: NotRemoved| {
        let answer = scene.devices[device].remove_from_case(&child(about).id, scene.person(other), "");
        assert_eq!(answer, Err(why.into()), "{device} {about} {other}");
    };
    refused(2, 1, 1, NotRemoved::NotThere);
    refused(0, 2, 1, NotRemoved::NotThere);
    refused(0, 1, 0, NotRemoved::Oneself);
    refused(2, 1, 2, NotRemoved::Oneself);
    let note = scene.writes(0, "Efter", &[1, 2]);
    scene.meet();
    assert!(scene.reads(1, &note));
}
