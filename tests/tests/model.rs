//! The model of circles holds what it must, and is found to fail when a check is taken out.

use std::collections::BTreeSet;

use stateright::{Checker, HasDiscoveries, Model as _};
use tvaers_tests::model::{Check, Model, Relay, Who};

/// Entries after the founding ones: enough for every failure below, and for each to be paid for.
const ENTRIES: usize = 4;

/// Everything that can happen is gone through, and nothing goes wrong.
fn holds(model: Model, states: usize) {
    let checked = model.checker().threads(2).spawn_bfs().join();
    checked.assert_properties();
    println!("{} states, the longest after {} steps", checked.unique_state_count(), checked.max_depth());
    assert!(checked.unique_state_count() > states, "the model has shrunk to {} states", checked.unique_state_count());
}

/// Something goes wrong, which is looked for with as few entries as will do.
fn fails(model: Model, property: &'static str) {
    for entries in 1..=ENTRIES {
        let only = HasDiscoveries::AnyOf(BTreeSet::from([property]));
        let checked = Model { entries, ..model.clone() }.checker().finish_when(only).spawn_bfs().join();
        if let Some(path) = checked.discovery(property) {
            println!("{property}, but: {:?}", path.into_actions());
            return;
        }
    }
    panic!("\"{property}\" holds in {model:?}");
}

#[test]
fn a_lying_relay_gives_nothing_to_anybody_and_adds_nobody() {
    holds(Model::new(Relay::Lying, ENTRIES), 300_000);
}

#[test]
fn with_an_honest_relay_nothing_is_lost_either() {
    holds(Model::new(Relay::Honest, ENTRIES), 200_000);
}

/// Each check that is taken out lets something through.
macro_rules! without {
    ($($name:ident: $check:ident, $relay:ident, $property:literal;)*) => {$(
        #[test]
        fn $name() {
            fails(Model { without: Some(Check::$check), ..Model::new(Relay::$relay, ENTRIES) }, $property);
        }
    )*};
}

without! {
    entries_on_any_head_repeat_an_addition: Head, Lying, "nobody is let in or thrown out";
    entries_of_anybody_let_the_relay_in: Signer, Lying, "nobody is let in or thrown out";
    devices_without_certificate_let_the_relay_in: Certificate, Lying, "nobody is let in or thrown out";
    removals_without_the_authority_let_a_thief_throw_the_owner_out: AuthoritysWord, Lying, "nobody is let in or thrown out";
    devices_that_are_not_cut_off_go_on_signing: CutOff, Lying, "the put out sign nothing";
    writers_without_a_cut_go_on_writing: Cuts, Lying, "the put out sign nothing";
    removals_that_owe_nothing_leave_the_key: RemovalOwes, Lying, "the put out open nothing";
    losses_that_owe_nothing_leave_the_key: OutOwes, Lying, "the put out open nothing";
    losses_that_the_log_does_not_tell_come_back_with_the_next_key: SaidHereOwes, Honest, "the put out open nothing";
    keys_of_a_circle_before_its_newest_are_held_by_who_left: KeyInForceBelow, Lying, "who owes a key seals nothing";
    wraps_below_a_member_outlast_who_they_are_for: LeftBelowOwes, Lying, "who owes a key seals nothing";
    keys_are_known_to_who_drew_them: DrawerOwes, Lying, "the put out open nothing";
    keys_for_some_are_not_for_all: EverybodyReached, Honest, "nothing acknowledged is lost";
    keys_without_history_lose_the_past: History, Honest, "nothing acknowledged is lost";
    relays_that_take_two_entries_on_one_head_lose_notes: CompareAndAppend, Honest, "nothing acknowledged is lost";
}

/// The model leaves out the entry that unites two heads. Without it, what is sealed under the one that the relay forgot is not opened by
/// everybody.
#[test]
fn a_restored_relay_may_leave_two_heads() {
    fails(Model::new(Relay::Restored, ENTRIES), "nothing acknowledged is lost");
}

/// A loss names a device and not whose it is. From whom a relay withholds that the device was ever enrolled, it keeps the reason
/// to draw a key too.
#[test]
fn a_loss_means_nothing_to_who_never_saw_the_device() {
    let model = Model { lost: Who::Laptop, unseen_too: true, ..Model::new(Relay::Lying, ENTRIES) };
    fails(model, "the put out open nothing");
}
