//! Two heads of one control log: shown by a relay that lies or that forgot, or made by somebody who was removed.

use tvaers_core::client::Request;
use tvaers_core::sync::Failure;
use tvaers_core::view::Delivery;
use tvaers_core::wire::bytes::Bytes;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::entry::{Change, Entry, Member, NewEpoch, ParsedEntry, Rights};
use tvaers_core::wire::ids::{CircleId, EntryId, Fixed};
use tvaers_core::wire::message::{FeedItem, Page, PushItem, PushRequest, Pushed, Refused, TOKEN_START};
use tvaers_tests::hostile::{Circle, Insider, Scene, shown};

use super::{note, refused, repent, swapped};

/// True if a push has an entry of this circle that unites two heads.
fn unites(request: &Request, circle: &CircleId) -> bool {
    let Request::Push(body) = request else { return false };
    let items = PushRequest::from_bytes(body).unwrap().items;
    items.iter().any(|item| match item {
        PushItem::Entry { entry, .. } => {
            let entry = ParsedEntry::from_bytes(entry).unwrap();
            entry.circle == *circle && entry.public.united().is_some()
        }
        _ => false,
    })
}

/// Stopped by `keep_branch` and `join_branch` in `core/src/client/unite.rs`; that removals win, `united` in
/// `core/wire/src/log/united.rs`.
pub(super) fn attack_49_two_control_logs_shown_or_one_half_forgotten_and_returned() {
    // Anna manages; Bo, Carl and Dora are in the case.
    let mut scene = Scene::new(4);
    scene.writes(0, "Før", &[1, 2, 3]);
    scene.meet();
    let from_bo = scene.writes(1, "Fra Bo", &[0, 2, 3]);
    scene.meet();
    let case = Insider::new(&mut scene, 0).case().id;
    let backup = scene.relay.snapshot();
    // Anna removes Bo, and the relay forgets it.
    scene.removes(0, 1);
    scene.sync(0);
    let only_anna_knows = scene.writes(0, "Bag fjernelsen", &[2, 3]);
    scene.sync(0);
    scene.relay.restore(backup);
    // Then Dora's device is lost, and Carl cuts it off: another change where Anna's had been.
    let lost = scene.devices[3].installation().device;
    let revoked = scene.town.authority.revoke(lost);
    assert_eq!(scene.push(2, vec![PushItem::Statement { statement: revoked }]), [Pushed::Stored]);
    let by_carl = scene.writes(2, "Fra Carl", &[0, 1, 3]);
    for _ in 0..3 {
        scene.sync(2);
    }
    // The relay does not let Anna unite the two: both are kept and shown, and her note waits in this circle only.
    scene.relay.script(0, move |request, honest| {
        if unites(request, &case) { Err(Failure::Unreachable { retry_after: None }) } else { honest(request) }
    });
    scene.sync(0);
    assert_eq!(scene.devices[0].parted(), [case]);
    let waits = scene.writes(0, "Venter", &[2, 3]);
    let elsewhere = scene.submits(
        0,
        &note(&scene, "Til Carl alene"),
        tvaers_core::audience::Audience::Line(scene.devices[2].person()),
    );
    scene.sync(0);
    scene.sync(2);
    assert!(matches!(scene.devices[0].delivery(&waits).unwrap().0, Delivery::OnThisDevice { .. }));
    assert!(!scene.reads(2, &waits));
    scene.relay.behave(0);
    for device in [0, 2, 0, 2] {
        scene.sync(device);
    }
    assert!(scene.reads(2, &elsewhere), "other circles go on");
    assert!(scene.devices[0].parted().is_empty() && scene.devices[2].parted().is_empty());
    for device in [0, 2] {
        for record in [&from_bo, &only_anna_knows, &by_carl, &waits] {
            assert!(scene.reads(device, record), "{record:?} on {device}");
        }
        assert!(scene.aside(device).is_empty(), "{:?}", scene.aside(device));
    }
    // What either branch took away stays away.
    scene.sync(1);
    let after = scene.writes(0, "Efter", &[2]);
    for device in [0, 2, 1, 0, 2, 1] {
        scene.sync(device);
    }
    assert!(scene.reads(2, &after) && !scene.reads(1, &after) && !scene.reads(1, &waits));
    assert!(scene.sync(3).is_some(), "a lost device is served nothing");
    let log = &Insider::new(&mut scene, 0).case().log.clone();
    let member = |device: usize| Member::Person(scene.devices[device].person());
    assert!(!log.members.contains_key(&member(1)) && log.members.contains_key(&member(2)));
    assert!(log.cut_off.contains_key(&lost));
    swapped::nobody_is_back_in_a_unit_by_an_entry_from_before();
    swapped::whoever_was_to_go_is_not_in_the_circle_that_takes_its_place();
}

/// Stopped by `could_make` in `core/wire/src/log/merge.rs`: who is removed on one branch could not have made it there. That a merge says
/// nothing else, and is nobody's who is left in one only, `merge` in `core/wire/src/log/merge.rs`; that it brings nothing from a lost
/// device, `check_branch` in `server/src/rules/entries.rs`.
pub(super) fn attack_55_removed_managers_fork_that_removes_everybody() {
    let mut scene = two_managers(3);
    let bo = Insider::new(&mut scene, 1);
    scene.removes(0, 1);
    scene.sync(0);
    // Bo, with the relay's help, on the head from before: nobody but him.
    let mut public = bo.blank_entry(bo.case());
    let gone = |device: usize| Change::Remove { member: scene.member(device), cuts: Vec::new() };
    public.changes = vec![gone(0), gone(2)];
    public.epoch = Some(NewEpoch {
        root_commitment: Fixed([7; 32]),
        kem: None,
        history: vec![Bytes(vec![0; 48])],
        leads_to: None,
    });
    let fork = Bytes(bo.sign_entry(&public, None));
    let pushed = scene.push(1, vec![item(fork.clone())]);
    assert_eq!(refused(&pushed[0]), Some(Refused::StaleHead));
    // Carl is shown the fork before Anna's removal: as far as he can see he is out.
    let case = bo.case().id;
    let fork = shown(fork, Vec::new());
    let (mut first, slipped) = (true, fork.clone());
    scene.relay.shows(2, move |page| {
        page.retain(|item| !matches!(item, FeedItem::Entry { entry, .. } if ParsedEntry::from_bytes(entry).unwrap().circle == case));
        if std::mem::take(&mut first) {
            page.push(slipped.clone());
        }
    });
    scene.sync(2);
    scene.relay.slips(0, vec![fork]);
    scene.sync(0);
    scene.relay.behave(0);
    repent(&mut scene, 2);
    for device in [2, 0, 2, 0, 2] {
        scene.sync(device);
    }
    assert!(scene.devices[0].parted().is_empty() && scene.devices[2].parted().is_empty());
    // Nobody lost access, and Bo is out.
    let after = [scene.writes(0, "Efter", &[2]), scene.writes(2, "Også efter", &[0])];
    for device in [0, 2, 1, 0, 2, 1] {
        scene.sync(device);
    }
    assert!(scene.reads(2, &after[0]) && scene.reads(0, &after[1]));
    assert!(after.iter().all(|record| !scene.reads(1, record)));
    let log = &Insider::new(&mut scene, 0).case().log.clone();
    let members = [0, 1, 2].map(|device| log.members.contains_key(&scene.member(device)));
    assert_eq!(members, [true, false, true]);
    a_merge_that_says_something_else_is_none();
    a_colleague_brings_no_fork_of_a_lost_device();
    a_second_head_that_nobody_has_signed_is_none();
}

/// Anna manages, and has let Bo manage too; Carl is in the case.
fn two_managers(people: usize) -> Scene {
    let mut scene = Scene::new(people);
    scene.writes(0, "Før", &[1, 2]);
    scene.meet();
    let anna = Insider::new(&mut scene, 0);
    let add = Change::Add { member: scene.member(1), rights: Rights::Manage, until: None };
    let mut public = anna.blank_entry(anna.case());
    public.changes = vec![add];
    let entry = Bytes(anna.sign_entry(&public, None));
    assert_eq!(scene.push(0, vec![item(entry)]), [Pushed::Stored]);
    scene.meet();
    scene
}

/// Carl, who does not manage, may unite Anna's removal of Bo with what Bo has made on the head from before. What is void he does not
/// choose, and he does nothing else with it; and Bo, who is left in one only, does not unite them.
fn a_merge_that_says_something_else_is_none() {
    let mut scene = two_managers(4);
    let bo = Insider::new(&mut scene, 1);
    scene.removes(0, 1);
    scene.sync(0);
    let carl = Insider::new(&mut scene, 2);
    let removal = carl.case().log.head();
    // Nothing but an entry that Bo could have made, were he not out.
    let mut public = bo.blank_entry(bo.case());
    public.changes = vec![Change::Add { member: scene.member(2), rights: Rights::Manage, until: None }];
    let fork = Bytes(bo.sign_entry(&public, None));
    let forked = ParsedEntry::from_bytes(&fork).unwrap().id;
    let void = |entry| Change::Void { entry };
    let lets_in = Change::Add { member: scene.member(3), rights: Rights::Manage, until: None };
    let mut unites = |by: &Insider, changes: Vec<Change>| {
        let merge = merge(by, carl.case(), [removal, forked], changes);
        scene.push(2, vec![item(fork.clone()), item(merge)]).pop().unwrap()
    };
    for (by, changes) in [
        (&carl, vec![void(removal)]),
        (&carl, vec![void(removal), void(forked)]),
        (&carl, Vec::new()),
        (&carl, vec![void(forked), lets_in]),
        (&bo, vec![void(forked)]),
    ] {
        assert_eq!(refused(&unites(by, changes.clone())), Some(Refused::NotAllowed), "{changes:?}");
    }
    assert_eq!(unites(&carl, vec![void(forked)]), Pushed::Stored, "as it is");
}

/// Bo's phone is lost, and not cut off in the case yet. It lets a stranger manage, on the head from before; Carl, whose relay would not
/// take that from the phone, unites it with what stands there.
fn a_colleague_brings_no_fork_of_a_lost_device() {
    let mut scene = two_managers(4);
    let [anna, bo, carl] = [0, 1, 2].map(|device| Insider::new(&mut scene, device));
    let lets_in = |by: &Insider, rights: Rights| {
        let mut public = by.blank_entry(by.case());
        public.changes = vec![Change::Add { member: scene.member(3), rights, until: None }];
        Bytes(by.sign_entry(&public, None))
    };
    let (fork, here) = (lets_in(&bo, Rights::Manage), lets_in(&anna, Rights::Read));
    let lost = scene.devices[1].installation().device;
    let statement = scene.town.authority.revoke(lost);
    assert_eq!(
        scene.push(0, vec![item(here.clone()), PushItem::Statement { statement }]),
        [Pushed::Stored, Pushed::Stored]
    );
    let heads = [&here, &fork].map(|entry| ParsedEntry::from_bytes(entry).unwrap().id);
    let merge = merge(&carl, carl.case(), heads, Vec::new());
    let pushed = scene.push(2, vec![item(fork), item(merge)]);
    let refusals: Vec<_> = pushed.iter().map(refused).collect();
    assert_eq!(refusals, [Some(Refused::StaleHead), Some(Refused::NotAllowed)]);
}

/// The relay shows Carl a change on the head from before Bo's removal, in Bo's name. Only what Bo has signed is another head.
fn a_second_head_that_nobody_has_signed_is_none() {
    let mut scene = two_managers(3);
    let bo = Insider::new(&mut scene, 1);
    scene.removes(0, 1);
    scene.sync(0);
    scene.sync(2);
    let mut public = bo.blank_entry(bo.case());
    public.changes = vec![Change::Remove { member: scene.member(2), cuts: Vec::new() }];
    let signed = bo.sign_entry(&public, None);
    let before: Vec<EntryId> = bo.case().log.entries.clone();
    let uniting = merge(&bo, bo.case(), [before[0], before[1]], Vec::new());
    let forged = |entry: &[u8]| {
        let mut entry = Entry::from_bytes(entry).unwrap();
        entry.signature.0[0] ^= 1;
        entry.to_bytes()
    };
    let (none, other) = (Vec::new(), vec![bo.case().id]);
    for (entry, parted) in [(forged(&uniting), &none), (forged(&signed), &none), (signed, &other)] {
        let items = vec![shown(entry.into(), Vec::new())];
        let page = Page { items, next: TOKEN_START, more: false };
        scene.devices[2].absorb_page(&page.to_bytes(), scene.now).unwrap();
        scene.devices[2].process().unwrap();
        assert_eq!(scene.devices[2].parted(), *parted);
    }
}

/// An entry that unites two heads of a circle and begins a key.
fn merge(by: &Insider, circle: &Circle, parents: [EntryId; 2], changes: Vec<Change>) -> Bytes {
    let mut public = by.blank_entry(circle);
    public.parents = parents.to_vec();
    public.changes = changes;
    let history = vec![Bytes(vec![0; 48]), Bytes(vec![1; 48])];
    public.epoch = Some(NewEpoch { root_commitment: Fixed([7; 32]), kem: None, history, leads_to: None });
    Bytes(by.sign_entry(&public, None))
}

fn item(entry: Bytes) -> PushItem {
    PushItem::Entry { entry, wraps: Vec::new(), stamp: None }
}
