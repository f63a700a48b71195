//! Noted before it is shown, gathered, numbered.

use tvaers_wire::ids::EntryId;

use super::*;
use crate::audience::Audience;
use crate::client::push::tests::{alone, alone_in};
use crate::kinds::samples;
use crate::rng::system;
use crate::store::tests::key;
use crate::store::tests::space::Mount;
use crate::store::{Store, erasure, meta};
use crate::view::AccessFilter;

fn note(device: &Device, text: &str, at: i64) -> RecordId {
    let envelope = samples::envelope(Kind::Observation, text, true);
    device.submit(&envelope, &[Audience::Own], &mut Moment::new(at, &mut system())).unwrap()
}

fn read(device: &Device, record: &RecordId, at: i64) {
    device.mark_read(record, &Moment::new(at, &mut system())).unwrap();
}

/// What events say: times and what was done, oldest first.
fn said(device: &Device) -> Vec<(i64, Access)> {
    let rows = device.access_log(&AccessFilter::default(), 10_000).unwrap();
    rows.into_iter().rev().map(|row| (row.at, row.access)).collect()
}

fn write(device: &Device, whole: bool, at: i64) {
    device.write_access_events(whole, &mut Moment::new(at, &mut system())).unwrap();
}

#[test]
fn what_is_done_within_a_while_is_one_event_and_each_record_once_in_it() {
    let device = alone();
    let (one, other) = (note(&device, "en", 100), note(&device, "to", 101));
    for (record, at) in [(&one, 200), (&other, 201), (&one, 202)] {
        read(&device, record, at);
    }
    let waiting = device.outbox().unwrap();
    assert_eq!(waiting, (2, Some(0)), "the two notes, which may leave at once");
    write(&device, false, 99 + GATHER);
    assert_eq!(said(&device), [], "gathered while live");
    write(&device, false, 100 + GATHER);
    let (changed, read_) = (Access::Changed, Access::Read);
    assert_eq!(said(&device), [(100, changed), (101, changed), (200, read_), (201, read_)]);
    assert_eq!(device.outbox().unwrap().0, 3, "one chunk for all of it");
    read(&device, &one, 900 + GATHER);
    assert_eq!(device.outbox().unwrap().0, 3);
    write(&device, true, 901 + GATHER);
    assert_eq!(said(&device).len(), 5, "a short contact waits for nothing; reading it again later is said again");
    write(&device, true, 902 + GATHER);
    assert_eq!(device.outbox().unwrap().0, 4, "and there is nothing more to say");
}

#[test]
fn a_clock_that_is_put_back_holds_nothing_up() {
    let device = alone();
    note(&device, "en", 10 * GATHER);
    write(&device, false, GATHER);
    assert_eq!(said(&device), [(10 * GATHER, Access::Changed)]);
}

#[test]
fn what_was_noted_outlives_the_process_and_is_not_said_twice() {
    let device = alone();
    let record = note(&device, "en", 100);
    read(&device, &record, 200);
    let crate::client::Opened::Enrolled(device) =
        crate::client::open(device.into_store(), &mut Moment::new(300, &mut system())).unwrap()
    else {
        panic!("it was enrolled");
    };
    write(&device, true, 300);
    write(&device, true, 301);
    assert_eq!(said(&device), [(100, Access::Changed), (200, Access::Read)]);
}

#[test]
fn more_than_one_event_holds_becomes_several_that_follow_each_other() {
    let device = alone();
    let records: Vec<RecordId> = (0..300).map(|at| note(&device, "note", at)).collect();
    device.note_access(Access::Exported, &records, &Moment::new(1_000, &mut system())).unwrap();
    write(&device, true, 2_000);
    assert_eq!(said(&device).len(), 600);
    let events: Vec<(i64, i64, i64)> = device
        .store
        .read(|conn| {
            let sql = "SELECT number, until, (SELECT count(*) FROM access_done WHERE event = access_event.record) FROM access_event ORDER BY number";
            let mut query = conn.prepare(sql)?;
            let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            Ok::<_, StoreError>(rows.collect::<Result<_, _>>()?)
        })
        .unwrap();
    assert_eq!(events, [(1, 255, 256), (2, 1_000, 256), (3, 2_000, 88)], "the last covers all until it was written");
}

#[test]
fn an_event_names_the_child_as_the_record_does_and_what_is_erased_names_nobody() {
    let device = alone();
    let about = samples::envelope(Kind::Observation, "en", true).about;
    note(&device, "en", 100);
    write(&device, true, 150);
    assert_eq!(device.access_children().unwrap(), Vec::from_iter(about));
    note(&device, "to", 200);
    let noted = || device.store.read(access::noted).unwrap();
    assert!(noted()[0].called.is_some());
    let erased = device.store.write(|tx| {
        // As where no other circle has it, and no chunk.
        tx.execute_batch("UPDATE chunk SET state = 6; DELETE FROM outbox")?;
        let row = tx.query_row("SELECT record FROM access", [], |row| row.get(0))?;
        erasure::erase_record(tx, row, 0, &EntryId::new([1; 32]))
    });
    assert_eq!(erased, Ok(true));
    assert!(noted()[0].called.is_none() && noted()[0].record.is_some());
}

#[test]
fn a_search_is_logged_under_the_children_found_and_its_words_are_nowhere() {
    let device = alone();
    note(&device, "Sad under bordet", 100);
    write(&device, true, 150);
    let search = |words: &str, at| device.search(words, 9, &Moment::new(at, &mut system())).unwrap().len();
    assert_eq!((search("bordet", 200), search("KANARIEFUGL", 201)), (1, 0));
    write(&device, true, 300);
    let rows = device.access_log(&AccessFilter { access: Some(Access::Searched), ..Default::default() }, 9).unwrap();
    let said: Vec<_> = rows.iter().map(|row| (row.at, row.child, row.record)).collect();
    assert_eq!(said, [(201, None, None), (200, Some(tvaers_wire::ids::ChildId::new([7; 16])), None)]);
    let held: i64 = device
        .store
        .read(|conn| {
            let sql = "SELECT count(*) FROM record_item WHERE instr(item, 'KANARIE')";
            Ok::<_, StoreError>(conn.query_row(sql, [], |row| row.get(0))?)
        })
        .unwrap();
    assert_eq!(held, 0);
}

#[test]
fn what_cannot_be_logged_is_not_shown_and_half_of_it_is_not_logged() {
    let device = alone();
    let record = note(&device, "en", 100);
    write(&device, true, 101);
    let unknown = RecordId::new([9; 32]);
    let refused = device.note_access(Access::Printed, &[record, unknown], &Moment::new(200, &mut system()));
    assert_eq!(refused, Err(ClientError::UnknownRecord));
    write(&device, true, 300);
    assert_eq!(said(&device), [(100, Access::Changed)]);
    device.store.write(|tx| Ok::<_, StoreError>(tx.execute_batch("DROP TABLE access")?)).unwrap();
    let rng = &mut system();
    let moment = &mut Moment::new(400, rng);
    assert!(device.search("en", 9, moment).is_err() && device.mark_read(&record, moment).is_err());
    let another = samples::envelope(Kind::Observation, "to", true);
    assert!(device.submit(&another, &[Audience::Own], moment).is_err());
    assert_eq!(device.own_records(9).unwrap().len(), 1, "nor half done");
}

#[test]
fn an_event_is_in_no_list_and_nobody_waits_for_it_to_be_read() {
    let device = alone();
    let record = note(&device, "en", 100);
    read(&device, &record, 200);
    write(&device, true, 300);
    let ids = |rows: Vec<crate::view::Row>| rows.into_iter().map(|row| row.record).collect::<Vec<_>>();
    let child = tvaers_wire::ids::ChildId::new([7; 16]);
    for list in [device.own_records(9), device.all_records(), device.chronology(&child)] {
        assert_eq!(ids(list.unwrap()), [record]);
    }
    assert_eq!(device.inbox(9).unwrap(), []);
    assert_eq!(device.children().unwrap()[0].records, 1);
    assert_eq!(device.standing().unwrap().unsent, 1, "the note; the log leaves by itself");
}

#[test]
fn on_a_full_disk_what_is_here_is_read_and_logged_written_and_sent_until_nothing_is_left_to_give() {
    let Some(mount) = Mount::new("8m") else { return };
    let device = alone_in(Store::create(&mount.path().join("store"), &key()).unwrap());
    let records: Vec<RecordId> = (0..100).map(|at| note(&device, "Sad under bordet", at)).collect();
    write(&device, true, 200);
    let logged = said(&device).len();
    // All of it, also what the log and the database hold in advance.
    mount.fill();
    let fill = |at| device.store.write(|tx| meta::set(tx, &format!("filler {at}"), &[1; 3_000]));
    assert_eq!((0..).find_map(|at| fill(at).err()), Some(StoreError::DiskFull));
    for (at, record) in (1_000..).zip(&records) {
        mount.fill();
        read(&device, record, at);
    }
    device.note_access(Access::Exported, &records, &Moment::new(2_000, &mut system())).unwrap();
    note(&device, "skrevet til sidst", 2_001);
    assert!(device.next_push(&mut Moment::new(2_002, &mut system())).unwrap().is_some(), "and it can leave");
    write(&device, true, 3_000);
    assert_eq!(said(&device).len(), logged + 201, "each of them is in the log");
    // Whoever takes all of it away in the end is told, and shown nothing that is not logged.
    std::fs::remove_file(mount.path().join("store/store.reserve")).unwrap();
    let last = |at| {
        mount.fill();
        device.mark_read(&records[0], &Moment::new(at, &mut system()))?;
        device.write_access_events(true, &mut Moment::new(at, &mut system()))
    };
    let refused = (4_000..9_000).find_map(|at| last(at).err());
    assert_eq!(refused, Some(ClientError::Store(StoreError::DiskFull)));
    assert_eq!(device.own_records(9).unwrap().len(), 9, "lists still work");
}

#[test]
fn a_draft_is_written_on_where_there_is_no_room_for_a_hundred_bytes() {
    let Some(mount) = Mount::new("8m") else { return };
    let device = alone_in(Store::create(&mount.path().join("store"), &key()).unwrap());
    let draft = samples::envelope(Kind::Draft, "Sad", true);
    let draft = device.submit(&draft, &[Audience::Own], &mut Moment::new(100, &mut system())).unwrap();
    mount.fill();
    let fill = |at| device.store.write(|tx| meta::set(tx, &format!("filler {at}"), &[1; 100]));
    assert_eq!((0..).find_map(|at| fill(at).err()), Some(StoreError::DiskFull));
    for letters in ["Sad u", "Sad un", "Sad und"] {
        let write = |envelope: &mut Envelope| {
            let Content::Draft(draft) = &mut envelope.content else { panic!("a draft") };
            draft.seen_heard = crate::kinds::Text::new(letters).unwrap();
            Ok(())
        };
        device.edit(&draft, &mut Moment::new(200, &mut system()), write).unwrap();
        mount.fill();
    }
    let Content::Draft(written) = device.envelope(&draft).unwrap().content else { panic!("a draft") };
    assert_eq!(written.seen_heard.as_str(), "Sad und");
}
