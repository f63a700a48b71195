//! What single versions of the schema do with what was there before.

use rusqlite::Connection;

use super::super::migrations::{self, EMBEDDED};
use super::super::reach;

/// A store of a version, in memory.
fn of_version(version: usize) -> Connection {
    let mut conn = Connection::open_in_memory().unwrap();
    migrations::run_list(&mut conn, &EMBEDDED[..version]).unwrap();
    conn
}

#[test]
fn receipts_that_have_come_name_nothing_that_waits() {
    let mut conn = of_version(14);
    conn.execute("INSERT INTO circle (id, circle) VALUES (1, x'00')", []).unwrap();
    conn.execute("INSERT INTO installation (id, device, nonce) VALUES (1, x'00', x'00')", []).unwrap();
    // Two lists, the second with one in it: an installation and its counter.
    let old = [&[0x82, 0x80, 0x81, 0x82, 0x82, 0x58, 0x20][..], &[0; 32], &[0x50], &[0; 16], &[7]].concat();
    conn.execute("INSERT INTO receipt (circle, installation, counter, receipt) VALUES (1, 1, 1, ?1)", [&old]).unwrap();
    migrations::run(&mut conn).unwrap();
    let receipts = reach::receipts(&conn, 1).unwrap();
    let [(1, receipt)] = &receipts[..] else { panic!("{receipts:?}") };
    assert_eq!((receipt.unreadable[0].counter, receipt.waiting.len()), (7, 0));
}

#[test]
fn the_doubt_about_a_living_record_goes_to_its_edits() {
    let mut conn = of_version(10);
    let record = "INSERT INTO record (id, record, kind, author, device, recorded_at, occurred_at, headline, state, unconfirmed) \
                  VALUES (?1, ?1, 5, x'', x'', 0, 0, '', 1, ?2)";
    for (id, unconfirmed) in [(1, 1), (2, 1), (3, 0)] {
        conn.execute(record, (id, unconfirmed)).unwrap();
    }
    // The first is frozen.
    let edit = "INSERT INTO edit (record, digest, item, state, sealed) VALUES (?1, ?1, x'', 1, 1)";
    for id in [2, 3] {
        conn.execute(edit, [id]).unwrap();
    }
    migrations::run(&mut conn).unwrap();
    let all = |sql: &str| -> Vec<(i64, i64)> {
        let mut query = conn.prepare(sql).unwrap();
        query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(all("SELECT id, unconfirmed FROM record ORDER BY id"), [(1, 1), (2, 0), (3, 0)]);
    assert_eq!(all("SELECT record, unconfirmed FROM edit ORDER BY record"), [(2, 1), (3, 0)]);
}
