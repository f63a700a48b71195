//! Recovery: the wraps for the recovery key are served to the authority's word only, and only of circles that nobody is left in.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::relay::Relay;
use support::*;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Member, ParsedEntry, Rights, Subject, Wrap, WrapHash};
use tvaers_wire::ids::{CircleId, EntryId, PersonId};
use tvaers_wire::limits;
use tvaers_wire::message::{FeedItem, Pushed, Refused, TOKEN_START};
use tvaers_wire::recovery::{
    RecoveryAct, RecoveryAnswer, RecoveryPush, RestoringEntry, ServedLogs, SignedRecoveryOrder,
};
use tvaers_wire::statement::Claim;

/// Anna manages a case in which Bo writes; Carl will take over. What two sheets give is held here as a device.
struct World {
    town: Town,
    anna: Device,
    bo: Device,
    carl: Device,
    sheets: Device,
    own: Signed,
    case: Signed,
    relay: Relay,
    _dir: tempfile::TempDir,
}

/// Wraps the key for the sheets beside whoever it is for.
fn for_sheets(mut draft: Draft, sheets: &Device) -> Draft {
    let wrap = Wrap { member: Member::Device(sheets.id), bytes: random::<100>().to_vec().into() };
    draft.public.wraps.push(WrapHash { member: wrap.member, epoch: None, hash: wrap.hash() });
    draft.wraps.push(wrap);
    draft
}

impl World {
    async fn new() -> Self {
        let (nowhere, dir) = (Town::new(), tempfile::tempdir().unwrap());
        let sheets = nowhere.device(person());
        let Claim::Device { keys, .. } = nowhere.authority.check(&sheets.certificate).unwrap().claim else {
            panic!("a certificate")
        };
        let town = Town::founded_with(&keys);
        let [anna, bo, carl] = [(); 3].map(|()| town.device(person()));
        let relay = Relay::start(dir.path(), &town).await;
        let draft = founding(&anna, Subject::Person(anna.person), vec![add(Member::Device(anna.id), Rights::Manage)]);
        let own = for_sheets(draft, &sheets).vouch(&[&anna.certificate]).sign(&anna);
        let changes =
            vec![add(Member::Person(anna.person), Rights::Manage), add(Member::Person(bo.person), Rights::Write)];
        let case = for_sheets(founding(&anna, Subject::Shared, changes), &sheets).sign(&anna);
        relay.session(&anna).await.store(own.item()).await;
        let Claim::Device { keys: others, .. } = town.authority.check(&anna.certificate).unwrap().claim else {
            panic!("a certificate")
        };
        assert_eq!(
            relay.state(&town.state(Claim::Recovery { keys: others })).await,
            403,
            "another than it was founded with"
        );
        assert_eq!(relay.state(&town.state(Claim::Recovery { keys })).await, 200);
        for device in [&bo, &carl] {
            relay.session(device).await.store(own_circle(device).item()).await;
        }
        relay.session(&anna).await.store(case.item()).await;
        Self { town, anna, bo, carl, sheets, own, case, relay, _dir: dir }
    }

    async fn revoke(&self, device: &Device) {
        assert_eq!(self.relay.state(&self.town.state(Claim::Revoked { device: device.id })).await, 200);
    }

    fn order(&self, act: RecoveryAct) -> SignedRecoveryOrder {
        self.town.order(act, now() + 60)
    }

    async fn served(&self, act: RecoveryAct) -> ServedLogs {
        self.relay.anybody("/v1/recovery", self.order(act).to_bytes()).await.unwrap()
    }

    fn own_act(&self) -> RecoveryAct {
        RecoveryAct::Own { person: self.anna.person }
    }

    fn forsaken(&self, after: u64) -> RecoveryAct {
        RecoveryAct::Forsaken { left: self.anna.person, to: self.carl.person, after }
    }

    /// Lets a device in, as a person or as itself.
    fn restoring(&self, on: &Signed, member: Member, to: &Device) -> Signed {
        let mut draft = change(&self.sheets, on, on.id, vec![add(member, Rights::Manage)]).vouch(&[&to.certificate]);
        let wrap = Wrap { member: Member::Device(to.id), bytes: random::<100>().to_vec().into() };
        draft.public.wraps = vec![WrapHash { member: wrap.member, epoch: None, hash: wrap.hash() }];
        draft.wraps = vec![wrap];
        draft.sign(&self.sheets)
    }

    async fn push(&self, named: Vec<EntryId>, entries: &[&Signed]) -> Result<Vec<Pushed>, u16> {
        let made = |entry: &&Signed| RestoringEntry { entry: entry.bytes.clone().into(), wraps: entry.wraps.clone() };
        let order = self.order(RecoveryAct::Push { entries: named });
        let push = RecoveryPush { order, entries: entries.iter().map(made).collect() };
        self.relay.anybody::<RecoveryAnswer>("/v1/recovery/entries", push.to_bytes()).await.map(|answer| answer.results)
    }
}

fn circles(served: &ServedLogs) -> Vec<CircleId> {
    served.logs.iter().map(|log| ParsedEntry::from_bytes(&log.entries[0]).unwrap().circle).collect()
}

#[tokio::test]
async fn a_circle_is_served_with_its_wraps_when_nobody_is_left_in_it_and_not_before() {
    let w = World::new().await;
    assert_eq!(w.served(w.own_act()).await, ServedLogs::default(), "she is there");
    assert_eq!(w.served(w.forsaken(0)).await, ServedLogs::default());
    w.revoke(&w.anna).await;
    let served = w.served(w.own_act()).await;
    assert_eq!(circles(&served), [w.own.circle]);
    assert_eq!(served.logs[0].wraps, [w.own.wraps[1].clone()], "for the sheets, and not her device's");
    let served = w.served(w.forsaken(0)).await;
    let with: Vec<bool> = served.logs.iter().map(|log| !log.wraps.is_empty()).collect();
    assert_eq!(with, [false, false, false, true], "the logs of persons, and what is to be restored");
    assert_eq!(circles(&served)[3], w.case.circle);
    assert_eq!(w.served(w.forsaken(3)).await.logs, served.logs[3..]);
    let nobody = RecoveryAct::Forsaken { left: w.carl.person, to: w.bo.person, after: 0 };
    assert_eq!(w.served(nobody).await, ServedLogs::default(), "Carl was in nothing");
    let stranger = RecoveryAct::Own { person: PersonId::new(random()) };
    assert_eq!(w.served(stranger).await, ServedLogs::default());
}

#[tokio::test]
async fn nothing_is_served_to_anybodys_word_but_the_authoritys_of_now() {
    let w = World::new().await;
    w.revoke(&w.anna).await;
    let ask =
        async |order: SignedRecoveryOrder| w.relay.anybody::<ServedLogs>("/v1/recovery", order.to_bytes()).await.err();
    assert_eq!(ask(w.town.forger().order(w.own_act(), now() + 60)).await, Some(403));
    assert_eq!(ask(Town::new().order(w.own_act(), now() + 60)).await, Some(403), "another municipality");
    assert_eq!(ask(w.town.order(w.own_act(), now() - 1)).await, Some(403), "an old copy");
    let later = now() + limits::RECOVERY_LIFE.as_secs() + 60;
    assert_eq!(ask(w.town.order(w.own_act(), later)).await, Some(403));
    assert_eq!(ask(w.order(RecoveryAct::Push { entries: vec![] })).await, Some(400));
    let good = w.order(w.own_act());
    let other = SignedRecoveryOrder { signature: w.order(w.forsaken(0)).signature, ..good.clone() };
    assert_eq!(ask(other).await, Some(403));
    assert_eq!(ask(good).await, None);
    // Nobody's feed has those wraps, nor does a session serve them.
    let own = w.relay.session(&w.bo).await.pull_all(TOKEN_START).await.0;
    let wraps = own.iter().filter_map(|item| match item {
        FeedItem::Entry { wraps, .. } => Some(wraps),
        _ => None,
    });
    assert!(wraps.flatten().all(|wrap| wrap.member != Member::Device(w.sheets.id)));
}

#[tokio::test]
async fn what_two_holders_have_signed_is_taken_once_and_nothing_else_by_this_way() {
    let w = World::new().await;
    let second = w.town.device(w.anna.person);
    let entry = w.restoring(&w.own, Member::Device(second.id), &second);
    assert_eq!(w.push(vec![entry.id], &[&entry]).await, Ok(vec![not_allowed()]), "she is still there");
    w.revoke(&w.anna).await;
    assert_eq!(w.push(vec![], &[&entry]).await, Err(403), "not what the office has named");
    assert_eq!(w.push(vec![w.case.id], &[&entry]).await, Err(403));
    let bos = change(&w.bo, &w.own, w.own.id, vec![add(Member::Device(second.id), Rights::Manage)]).sign(&w.bo);
    assert_eq!(w.push(vec![bos.id], &[&bos]).await, Err(403), "not signed with the recovery key");
    let back = w.restoring(&w.own, Member::Device(w.anna.id), &w.anna);
    assert_eq!(w.push(vec![back.id], &[&back]).await, Ok(vec![not_allowed()]), "the device that is lost");
    assert_eq!(w.push(vec![entry.id], &[&entry]).await, Ok(vec![Pushed::Stored]));
    assert_eq!(w.push(vec![entry.id], &[&entry]).await, Ok(vec![Pushed::Duplicate]));
    let again = w.restoring(&w.own, Member::Device(second.id), &second);
    let results = w.push(vec![again.id], &[&again]).await.unwrap();
    assert!(matches!(results[..], [Pushed::Refused { reason: Refused::StaleHead, .. }]), "{results:?}");
    // The new device is served its wrap, and nobody else's.
    let client = w.relay.session(&second).await;
    let own = client.pull_all(TOKEN_START).await.0;
    let wraps = own.iter().filter_map(|item| match item {
        FeedItem::Entry { wraps, .. } => Some(wraps),
        _ => None,
    });
    let to_devices = wraps.flatten().filter(|wrap| wrap.member.device().is_some());
    assert_eq!(to_devices.collect::<Vec<_>>(), [&entry.wraps[0]]);
    assert_eq!(w.served(w.own_act()).await, ServedLogs::default(), "somebody is in it again");
}

#[tokio::test]
async fn a_case_is_restored_for_a_successor_by_any_way_and_the_relay_remembers() {
    let w = World::new().await;
    w.revoke(&w.anna).await;
    let stranger = w.town.device(person());
    let unknown = w.restoring(&w.case, Member::Person(stranger.person), &stranger);
    assert_eq!(w.push(vec![unknown.id], &[&unknown]).await, Ok(vec![not_allowed()]), "who has no circle");
    let lost = w.town.device(w.carl.person);
    assert_eq!((w.relay.state(&lost.certificate).await, w.revoke(&lost).await), (200, ()));
    let to_lost = w.restoring(&w.case, Member::Person(w.carl.person), &lost);
    assert_eq!(w.push(vec![to_lost.id], &[&to_lost]).await, Ok(vec![not_allowed()]), "a device that is out");
    let entry = w.restoring(&w.case, Member::Person(w.carl.person), &w.carl);
    // After a restore whoever has the entry brings it back.
    w.relay.session(&w.bo).await.store(entry.item()).await;
    let feed = w.relay.session(&w.carl).await.pull_all(TOKEN_START).await.0;
    let got =
        |id: &Signed| feed.iter().any(|item| matches!(item, FeedItem::Entry { entry, .. } if entry.0 == id.bytes));
    assert!(got(&w.case) && got(&entry));
    let World { relay, town, carl, bo, case, _dir, .. } = w;
    relay.stop().await;
    let relay = Relay::start(_dir.path(), &town).await;
    let next = change(&carl, &case, entry.id, vec![add(Member::Person(bo.person), Rights::Manage)]).sign(&carl);
    relay.session(&carl).await.store(next.item()).await;
}

fn not_allowed() -> Pushed {
    Pushed::Refused { reason: Refused::NotAllowed, counter: None, head: None }
}
