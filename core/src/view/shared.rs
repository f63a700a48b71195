//! With whom a record is shared, and on what lawful basis: as this device knows it. What a family may ask for, and what a person looks
//! at before sending more.

use rusqlite::Connection;
use tvaers_wire::entry::Member;
use tvaers_wire::ids::{ChildId, RecordId};

use super::rows::Row;
use crate::circle::Purpose;
use crate::client::{ClientError, Device, Known, shown};
use crate::store::StoreError;

/// A record in one circle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shared {
    /// The persons and units in it, without whoever wrote the record.
    pub with: Vec<Member>,
    /// The lawful basis that whoever shared it gave; `None` if none was needed, or none was said.
    pub basis: Option<String>,
    /// When the relay had it there first, Unix milliseconds; `None` while it has not left.
    pub at: Option<i64>,
}

impl Device {
    /// Where a record is shared, the earliest first. A circle of which this device is no member does not show.
    ///
    /// # Errors
    /// [`ClientError::UnknownRecord`], or a store error.
    pub fn shared(&self, record: &RecordId) -> Result<Vec<Shared>, ClientError> {
        let known = self.known();
        self.store().read(|conn| {
            let row = shown(conn, record)?;
            let author = crate::store::records::get(conn, row)?.author;
            Ok(of_record(conn, &known, row, &Member::Person(author))?)
        })
    }

    /// A child's records with where each is shared, the newest record first; those that nobody else has are left out.
    ///
    /// # Errors
    /// A store error.
    pub fn disclosures(&self, child: &ChildId) -> Result<Vec<(Row, Vec<Shared>)>, ClientError> {
        let mut all = Vec::new();
        for row in self.chronology(child)?.into_iter().rev() {
            let shared = self.shared(&row.record)?;
            if !shared.is_empty() {
                all.push((row, shared));
            }
        }
        Ok(all)
    }
}

fn of_record(conn: &Connection, known: &Known, row: i64, author: &Member) -> Result<Vec<Shared>, StoreError> {
    let sql = "SELECT placed.circle, placed.basis, (SELECT min(received_at) FROM chunk \
               WHERE chunk.record = placed.record AND chunk.circle = placed.circle) FROM placed WHERE record = ?1";
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([row], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?)))?;
    let mut all = Vec::new();
    for place in rows {
        let (circle, basis, at) = place?;
        let Some(circle) = known.at_row(circle) else { continue };
        if !matches!(circle.purpose, Some(Purpose::Line(_) | Purpose::Case(_))) {
            continue;
        }
        let with: Vec<Member> = circle.log.members.keys().filter(|member| *member != author).copied().collect();
        if !with.is_empty() {
            all.push(Shared { with, basis, at });
        }
    }
    all.sort_by_key(|shared| shared.at.unwrap_or(i64::MAX));
    Ok(all)
}
