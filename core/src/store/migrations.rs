//! The schema's versions, and the only way from one to the next.

use refinery::{Migration, Runner, error::Kind};
use rusqlite::{Connection, OptionalExtension};

use super::StoreError;

/// Every migration in order; one that was released is never changed.
pub(super) const EMBEDDED: &[(&str, &str)] = &[
    ("V1__base", include_str!("migrations/V1__base.sql")),
    ("V2__statements", include_str!("migrations/V2__statements.sql")),
    ("V3__hand_over", include_str!("migrations/V3__hand_over.sql")),
    ("V4__entries_by_circle", include_str!("migrations/V4__entries_by_circle.sql")),
    ("V5__unconfirmed", include_str!("migrations/V5__unconfirmed.sql")),
    ("V6__access_log", include_str!("migrations/V6__access_log.sql")),
    ("V7__erasure", include_str!("migrations/V7__erasure.sql")),
    ("V8__continued", include_str!("migrations/V8__continued.sql")),
    ("V9__covers", include_str!("migrations/V9__covers.sql")),
    ("V10__lawful_basis", include_str!("migrations/V10__lawful_basis.sql")),
    ("V11__unconfirmed_edits", include_str!("migrations/V11__unconfirmed_edits.sql")),
    ("V12__unanswered_entries", include_str!("migrations/V12__unanswered_entries.sql")),
    ("V13__child_as_called", include_str!("migrations/V13__child_as_called.sql")),
    ("V14__repeated_edits", include_str!("migrations/V14__repeated_edits.sql")),
    ("V15__receipts_of_what_waits", include_str!("migrations/V15__receipts_of_what_waits.sql")),
    ("V16__bare_entries", include_str!("migrations/V16__bare_entries.sql")),
    ("V17__stamped_entries", include_str!("migrations/V17__stamped_entries.sql")),
];

/// The newest version this build knows.
pub(super) fn known() -> u32 {
    let number = |name: &str| name.strip_prefix('V')?.split_once("__")?.0.parse().ok();
    EMBEDDED.iter().filter_map(|(name, _)| number(name)).max().unwrap_or_default()
}

/// Refuses a store that a newer app has written. Reads only.
pub(super) fn check(conn: &Connection) -> Result<(), StoreError> {
    let table = "SELECT 1 FROM sqlite_schema WHERE name = 'refinery_schema_history'";
    if conn.query_row(table, [], |_| Ok(())).optional()?.is_none() {
        return Err(StoreError::Damaged { what: "the schema has no history" });
    }
    let found: Option<u32> =
        conn.query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0))?;
    match found {
        Some(found) if found > known() => Err(StoreError::NewerSchema { found, known: known() }),
        _ => Ok(()),
    }
}

/// Brings the schema to the newest version.
///
/// All missing versions and their rows of history are one transaction: refinery would otherwise commit a version before its
/// row, and a crash between the two would apply it twice.
pub(super) fn run(conn: &mut Connection) -> Result<(), StoreError> {
    run_list(conn, EMBEDDED)
}

pub(super) fn run_list(conn: &mut Connection, list: &[(&str, &str)]) -> Result<(), StoreError> {
    let migrations = list
        .iter()
        .map(|(name, sql)| Migration::unapplied(name, sql))
        .collect::<Result<Vec<_>, _>>()
        .map_err(from_refinery)?;
    Runner::new(&migrations).set_grouped(true).run(conn).map(drop).map_err(from_refinery)
}

fn from_refinery(error: refinery::Error) -> StoreError {
    match error.kind() {
        Kind::Connection(_, source) => match source.downcast_ref::<rusqlite::Error>() {
            Some(rusqlite::Error::SqliteFailure(cause, _)) => rusqlite::Error::SqliteFailure(*cause, None).into(),
            _ => StoreError::Refused { code: 0 },
        },
        Kind::DivergentVersion(..) | Kind::MissingVersion(..) => {
            StoreError::Damaged { what: "the schema's history is not that of this app" }
        }
        _ => StoreError::Refused { code: 0 },
    }
}
