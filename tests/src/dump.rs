//! Everything that a store holds, decrypted: what somebody reads who has the device and its key.

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use tvaers_core::store::{Store, StoreError};

/// Every value of every table, one after the other, what the search has made of the words included.
pub fn everything(store: &Store) -> Vec<u8> {
    store.read(|conn| Ok::<_, StoreError>(dumped(conn).unwrap())).unwrap()
}

fn dumped(conn: &Connection) -> rusqlite::Result<Vec<u8>> {
    let mut tables = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
    let tables = tables.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    let mut out = Vec::new();
    for table in tables {
        let mut all = conn.prepare(&format!("SELECT * FROM \"{table}\""))?;
        let columns = all.column_count();
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                if let ValueRef::Text(bytes) | ValueRef::Blob(bytes) = row.get_ref(column)? {
                    out.extend_from_slice(bytes);
                }
            }
        }
    }
    Ok(out)
}
