//! Recovery asked for by whoever is not two of three holders: the relay, IT, one holder, and all of these together.

use tvaers_core::audience::Audience;
use tvaers_core::authority::{Asked, Forsaken, RecoveryError, RecoverySplit, SheetError, SignedRecoveryFile, Skipped};
use tvaers_core::directory::AuthorityKey;
use tvaers_core::keys::{DeviceSecret, Secret};
use tvaers_core::moment::system_now;
use tvaers_core::rng;
use tvaers_core::sync::Failure;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::entry::ParsedEntry;
use tvaers_core::wire::message::FeedItem;
use tvaers_core::wire::recovery::{RecoveryAct, RecoveryPush, RestoringEntry, ServedLog, SignedRecoveryOrder};
use tvaers_core::wire::statement::StatementError;
use tvaers_core::wire::vouched::Vouched;
use tvaers_tests::holders::{Holders, by};
use tvaers_tests::scene::block;

/// Anna manages a case with Bo; Dorte wants to read it.
const ANNA: usize = 0;
const BO: usize = 1;
const DORTE: usize = 3;

fn case(town: &mut Holders) -> tvaers_core::wire::ids::RecordId {
    let with_bo = Audience::Case(vec![town.member(BO)]);
    let note = town.writes(ANNA, "Annas note", with_bo);
    town.meet();
    assert!(town.reads(BO, &note));
    note
}

/// Stopped by `combine` in `core/src/authority/recovery/mod.rs`: one sheet gives no key. A sheet of another split, `belongs` in
/// `core/src/authority/recovery/sheet.rs`. Who asks the relay, `check` in
/// `server/src/http/recovery.rs`; who states another recovery key, `check` in `core/wire/src/lineage.rs`; of whom nothing is served,
/// `is_forsaken` in `server/src/recovery.rs`.
pub(super) fn attack_43_recovery_requested_by_the_server() {
    let mut town = Holders::new();
    let note = case(&mut town);
    let asked = Asked::Forsaken { left: town.owner(ANNA), to: town.owner(DORTE) };
    assert!(town.fetched(&asked).is_empty(), "while she is there, nothing is served to anybody's word");
    town.leaves(ANNA);
    // Bo says what of hers counts, before anything is fetched.
    town.meet();
    let file = town.file(DORTE, Some(ANNA));
    let code = town.code(DORTE);

    // The relay makes a request of its own: it serves itself, and what it has opens nothing. Nobody else is served at its word.
    let other = Holders::new();
    let own_word = other.office.recovery_order(RecoveryAct::Own { person: town.owner(ANNA) }, system_now());
    assert_eq!(block(town.asked_relay().forsaken(&own_word)).unwrap_err(), Failure::Forbidden);
    // Nor with its own signature under an order in the municipality's name.
    let act = RecoveryAct::Forsaken { left: town.owner(ANNA), to: town.owner(DORTE), after: 0 };
    let true_order = town.office.recovery_order(act, system_now());
    let named = SignedRecoveryOrder { signature: own_word.signature, ..true_order };
    assert_eq!(block(town.asked_relay().forsaken(&named)).unwrap_err(), Failure::Forbidden);
    // It puts the true circles into a file under an authority of its own: what is stated in it is not that one's.
    let posing = other.office.recovery_file(asked, town.fetched(&asked), system_now());
    let posing = Forsaken::verified(SignedRecoveryFile::read(&posing.to_bytes()).unwrap()).unwrap();
    assert_ne!(posing.authority, town.office.authority(), "which is not the one on the sheets");
    assert!(posing.device(&code).is_err() && posing.circles() == 0);
    assert!(town.sheets.iter().all(|sheet| posing.takes(sheet) == Err(SheetError::OtherMunicipality)));
    // It changes a byte of what the office wrote.
    for at in (0..file.len()).step_by(file.len() / 40) {
        let mut changed = file.clone();
        changed[at] ^= 1;
        assert!(SignedRecoveryFile::read(&changed).is_err(), "byte {at}");
    }

    // Whoever has the authority's key states a recovery key of their own: the municipality's id says which it is, to everybody.
    let [theirs, ours] = [(); 2].map(|()| DeviceSecret::generate(&mut rng::system()).unwrap());
    let mut authority = AuthorityKey::founding(&Secret::random(&mut rng::system()), theirs.keys()).unwrap();
    let [good, bad] = [&theirs, &ours].map(|keys| authority.state_recovery(keys.keys()).unwrap());
    let mut reader = Vouched::new(authority.authority());
    for statement in [&bad, &good, &bad] {
        let learned = reader.learn(statement).err();
        assert_eq!(learned, (statement == &bad).then_some(StatementError::Recovery));
    }
    assert_eq!(reader.recovery().map(|(key, _)| key), Some(theirs.id()));

    // One holder, with the office and the relay.
    for sheet in 0..3 {
        let alone = town.open(&file, &code, [sheet, sheet]);
        assert_eq!(alone.unwrap_err(), RecoveryError::Sheet(SheetError::Twice));
    }
    let forsaken = Forsaken::verified(SignedRecoveryFile::read(&file).unwrap()).unwrap();
    let device = forsaken.device(&code).unwrap();
    for foreign in &other.sheets {
        let mixed = forsaken.restore(&device, [&town.sheets[0], foreign], "Grund", 1, &mut rng::system());
        assert!(matches!(mixed, Err(RecoveryError::Sheet(_))));
    }
    // A sheet of this municipality's from another split says nothing of this key, and is not taken for one that does.
    let void = RecoverySplit::draw(&mut rng::system()).unwrap().sheets(&town.office.authority().municipality);
    for sheets in [[&town.sheets[0], &void[1]], [&void[0], &void[1]]] {
        let mixed = forsaken.restore(&device, sheets, "Grund", 1, &mut rng::system());
        assert_eq!(mixed.unwrap_err(), RecoveryError::Sheet(SheetError::OtherSplit));
    }
    // IT sends something that two holders have not signed: an entry of a member's, by the holders' way.
    let entry = town.feed(BO).into_iter().find_map(|item| match item {
        FeedItem::Entry { entry, wraps, .. } => Some(RestoringEntry { entry, wraps }),
        _ => None,
    });
    let entry = entry.unwrap();
    let id = ParsedEntry::from_bytes(&entry.entry).unwrap().id;
    let order = town.office.recovery_order(RecoveryAct::Push { entries: vec![id] }, system_now());
    let push = RecoveryPush { order, entries: vec![entry] };
    assert_eq!(block(town.asked_relay().restore(&push)).unwrap_err(), Failure::Forbidden);

    // IT certifies a device of its own for Dorte. The holders have Dorte's before them, and its digits open for no other.
    let ghost = town.enrols(DORTE);
    let with_ghost = town.file(DORTE, Some(ANNA));
    assert_eq!(town.open(&with_ghost, &town.code(ghost), [0, 1]).unwrap_err(), RecoveryError::NotIn);
    let (restoring, _) = town.open(&with_ghost, &code, [0, 1]).unwrap();
    assert_eq!(restoring.device, device);
    town.meet();
    assert!(!town.reads(DORTE, &note) && !town.reads(ghost, &note), "until two holders have signed, nobody reads more");

    // Two holders can.
    assert!(town.push(&restoring).iter().all(|result| *result == tvaers_core::wire::message::Pushed::Stored));
    town.meet();
    assert!(town.reads(DORTE, &note) && !town.reads(ghost, &note));
}

/// Beside the table: the relay shows the holders a circle as if nobody were left in it.
#[test]
fn a_circle_that_the_relay_only_says_is_forsaken_is_not_restored() {
    let mut town = Holders::new();
    let note = case(&mut town);
    // Anna has two devices and loses one. The relay keeps the other back from what it serves.
    let second = town.enrols(ANNA);
    town.publish();
    town.meet();
    town.devices[ANNA].admit(&town.devices[second].installation().device, &town.code(second)).unwrap();
    town.meet();
    assert!(town.reads(second, &note));
    town.loses(ANNA);
    let asked = Asked::Forsaken { left: town.owner(ANNA), to: town.owner(DORTE) };
    assert!(town.fetched(&asked).is_empty(), "an honest relay serves nothing");
    let lied = |town: &Holders| {
        let mut logs: Vec<(tvaers_core::wire::ids::CircleId, ServedLog)> = Vec::new();
        for item in town.feed(BO) {
            let FeedItem::Entry { entry, .. } = item else { continue };
            let parsed = ParsedEntry::from_bytes(&entry).unwrap();
            // Of Anna's own circle only how it began.
            let kept_back = parsed.public.circle.is_some()
                && parsed.public.subject == tvaers_core::wire::entry::Subject::Person(town.owner(ANNA));
            match logs.iter_mut().find(|(circle, _)| *circle == parsed.circle) {
                Some((_, log)) if !kept_back => log.entries.push(entry),
                Some(_) => {}
                None => logs.push((parsed.circle, ServedLog { entries: vec![entry], wraps: vec![] })),
            }
        }
        let logs = logs.into_iter().map(|(_, log)| log).collect();
        let file = town.office.recovery_file(asked, logs, system_now());
        Forsaken::verified(SignedRecoveryFile::read(&file.to_bytes()).unwrap()).unwrap().skipped
    };
    let skipped = lied(&town);
    assert!(skipped.contains(&Skipped::SomebodyLeft) && !skipped.contains(&Skipped::NotWrapped), "{skipped:?}");
    // Only when the authority has put out every device that it ever certified, nobody is left.
    let id = town.devices[second].installation().device.to_hex();
    town.office.revoke_device(&id, by()).unwrap();
    let skipped = lied(&town);
    assert!(!skipped.contains(&Skipped::SomebodyLeft) && skipped.contains(&Skipped::NotWrapped), "{skipped:?}");
}
