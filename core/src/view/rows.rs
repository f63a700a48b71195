//! Lists: inbox, own notes, a child's chronology, search, and what was set aside.

use rusqlite::Connection;
use tvaers_wire::codec::Canonical;
use tvaers_wire::ids::{ChildId, PersonId, RecordId};

use super::delivery::{Delivery, Reader, delivery};
use crate::client::{ClientError, Device, shown};
use crate::kinds::{Access, Envelope, Kind};
use crate::moment::Moment;
use crate::record::{Carried, UpdateHeader, UpdateRecord};
use crate::store::{access, edits, records};

/// One line of a list. Costs no document to draw.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The record.
    pub record: RecordId,
    /// Its kind; `None` for one that a newer version wrote.
    pub kind: Option<Kind>,
    /// The child it is about.
    pub child: Option<ChildId>,
    /// Who wrote it.
    pub author: PersonId,
    /// The first words.
    pub headline: String,
    /// When it happened, Unix milliseconds.
    pub occurred_at: i64,
    /// When it was written, by the writer's clock.
    pub recorded_at: i64,
    /// When the relay got it; `None` if it has not left this device.
    pub received_at: Option<i64>,
    /// When a person first opened it on this device.
    pub read_at: Option<i64>,
    /// What it answers, corrects or measures.
    pub answers: Option<RecordId>,
    /// True once the document has been opened and verified.
    pub open: bool,
    /// True if somebody else brought it, or an edit of it, after the device that has signed that had been put out: it may have been
    /// written with a stolen key. Whose: [`Device::unconfirmed_writers`].
    pub unconfirmed: bool,
    /// Of a living record that began with the text of another one, where its case went on: which, and who had founded that. The
    /// author is then who carried it over.
    pub carried: Option<Carried>,
}

/// A child that records here are about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChildRow {
    /// The child.
    pub child: ChildId,
    /// How many records.
    pub records: usize,
    /// How many of them nobody has opened on this device.
    pub unread: usize,
    /// When the newest of them happened.
    pub newest: i64,
}

/// A record with everything a page shows of it.
#[derive(Clone, Debug)]
pub struct RecordView {
    /// Its line.
    pub row: Row,
    /// What it says.
    pub envelope: Envelope,
    /// Where it is.
    pub delivery: Delivery,
    /// Who else reads it.
    pub readers: Vec<Reader>,
}

/// Something that arrived and could not be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetAside {
    /// Who sent it, if that much could be verified or is claimed by its header.
    pub from: Option<PersonId>,
    /// Its counter in its writer's chain.
    pub counter: u64,
    /// Why.
    pub reason: String,
}

const COLUMNS: &str = "record.id, record.record, record.kind, record.child, record.author, record.headline, \
    record.occurred_at, record.recorded_at, \
    (SELECT min(chunk.received_at) FROM chunk WHERE chunk.record = record.id), record.read_at, record.answers, record.state, \
    record.unconfirmed OR EXISTS (SELECT 1 FROM edit WHERE edit.record = record.id AND edit.unconfirmed = 1 AND edit.state = 1), \
    record.carries, record.carries_author";

impl Device {
    /// The newest records by others, unread ones first.
    ///
    /// # Errors
    /// A store error.
    pub fn inbox(&self, limit: usize) -> Result<Vec<Row>, ClientError> {
        let order = "WHERE record.author <> ?1 AND record.state < 2 AND record.kind <> 18 ORDER BY record.read_at IS NOT NULL, record.id DESC LIMIT ?2";
        let rows = self.rows(order, (self.person().as_bytes(), limit as i64))?;
        self.without_carried(rows)
    }

    /// This person's own records, newest first.
    ///
    /// # Errors
    /// A store error.
    pub fn own_records(&self, limit: usize) -> Result<Vec<Row>, ClientError> {
        let order =
            "WHERE record.author = ?1 AND record.state < 2 AND record.kind <> 18 ORDER BY record.id DESC LIMIT ?2";
        self.rows(order, (self.person().as_bytes(), limit as i64))
    }

    /// All records about a child, in the order in which things happened. One that goes on in another record stands in its place alone.
    ///
    /// # Errors
    /// A store error.
    pub fn chronology(&self, child: &ChildId) -> Result<Vec<Row>, ClientError> {
        let order = "WHERE record.child = ?1 AND record.state < 2 ORDER BY record.occurred_at, record.id";
        let rows = self.rows(order, [child.as_bytes()])?;
        self.without_carried(rows)
    }

    /// Every record here, oldest first; the access log is apart (`core/src/view/access.rs`).
    ///
    /// # Errors
    /// A store error.
    pub fn all_records(&self) -> Result<Vec<Row>, ClientError> {
        self.rows("WHERE record.state < 2 AND record.kind <> 18 ORDER BY record.id", [])
    }

    /// Records whose words begin with the words asked for, newest first. The access log has the search before this returns, under
    /// each child that was found; what was asked for is kept nowhere.
    ///
    /// # Errors
    /// A store error.
    pub fn search(&self, asked: &str, limit: usize, moment: &Moment<'_>) -> Result<Vec<Row>, ClientError> {
        // Quoted, so that no character of what was typed is an operator; the star makes the last letters optional.
        let terms: Vec<String> =
            asked.split_whitespace().map(|term| format!("\"{}\"*", term.replace('"', "\"\""))).collect();
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        let order = "WHERE record.id IN (SELECT rowid FROM search WHERE search MATCH ?1) AND record.state = 1 \
                     ORDER BY record.occurred_at DESC LIMIT ?2";
        let found = self.rows(order, (terms.join(" "), limit as i64))?;
        let found = self.without_carried(found)?;
        self.note_search(&found, moment)?;
        Ok(found)
    }

    fn note_search(&self, found: &[Row], moment: &Moment<'_>) -> Result<(), ClientError> {
        let mut children: Vec<Option<ChildId>> = found.iter().map(|row| row.child).collect();
        children.sort_unstable();
        children.dedup();
        if children.is_empty() {
            children.push(None);
        }
        self.with_room(|| {
            self.store().write(|tx| {
                for child in &children {
                    access::note_child(tx, moment.now, Access::Searched, child.as_ref())?;
                }
                Ok(())
            })
        })
    }

    /// The children that records here are about, the newest first.
    ///
    /// # Errors
    /// A store error.
    pub fn children(&self) -> Result<Vec<ChildRow>, ClientError> {
        self.store().read(|conn| {
            let sql = "SELECT child, count(*), sum(read_at IS NULL), max(occurred_at) FROM record \
                       WHERE child IS NOT NULL AND state < 2 GROUP BY child ORDER BY 4 DESC";
            let mut query = conn.prepare_cached(sql)?;
            let rows = query.query_map([], |row| {
                Ok(ChildRow {
                    child: ChildId::new(row.get(0)?),
                    records: row.get::<_, i64>(1)? as usize,
                    unread: row.get::<_, i64>(2)? as usize,
                    newest: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Everything about one record. Does not count as reading it: see [`Device::mark_read`].
    ///
    /// # Errors
    /// [`ClientError::UnknownRecord`] if it is not here or not opened yet.
    pub fn view(&self, record: &RecordId) -> Result<RecordView, ClientError> {
        let row = self.store().read(|conn| shown(conn, record))?;
        let row = self.rows("WHERE record.id = ?1", [row])?.pop().ok_or(ClientError::UnknownRecord)?;
        let envelope = self.envelope(record)?;
        let (delivery, readers) = self.delivery(record)?;
        Ok(RecordView { row, envelope, delivery, readers })
    }

    /// Those in whose name something stands in a record that a device of theirs may not have written: see [`Row::unconfirmed`].
    ///
    /// # Errors
    /// [`ClientError::UnknownRecord`], or a store error.
    pub fn unconfirmed_writers(&self, record: &RecordId) -> Result<Vec<PersonId>, ClientError> {
        self.store().read(|conn| {
            let row = shown(conn, record)?;
            let mut writers = Vec::new();
            for item in edits::unconfirmed(conn, row)? {
                let update = UpdateRecord::from_bytes(&item)?;
                writers.push(UpdateHeader::from_bytes(&update.header)?.author);
            }
            if records::is_unconfirmed(conn, row)? {
                writers.push(records::get(conn, row)?.author);
            }
            writers.sort_unstable();
            writers.dedup();
            Ok(writers)
        })
    }

    /// Where a record is, and how far it has got with each of its readers.
    ///
    /// # Errors
    /// [`ClientError::UnknownRecord`], or a store error.
    pub fn delivery(&self, record: &RecordId) -> Result<(Delivery, Vec<Reader>), ClientError> {
        let known = self.known();
        self.store().read(|conn| {
            let row = shown(conn, record)?;
            delivery(conn, row, (&self.person(), &self.installation().device), &known)
        })
    }

    /// What arrived and could not be opened, newest first.
    ///
    /// # Errors
    /// A store error.
    pub fn set_aside(&self) -> Result<Vec<SetAside>, ClientError> {
        let known = self.known();
        self.store().read(|conn| {
            let sql = "SELECT device, counter, reason FROM chunk JOIN installation ON installation.id = chunk.installation \
                       WHERE state = 4 ORDER BY chunk.id DESC";
            let mut query = conn.prepare_cached(sql)?;
            let rows = query.query_map([], |row| {
                let device = tvaers_wire::ids::DeviceId::new(row.get(0)?);
                let reason: Option<String> = row.get(2)?;
                let (from, counter) = (known.vouched.person(&device), row.get::<_, i64>(1)? as u64);
                Ok(SetAside { from, counter, reason: reason.unwrap_or_default() })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    pub(super) fn rows(&self, order: &str, values: impl rusqlite::Params) -> Result<Vec<Row>, ClientError> {
        self.store().read(|conn: &Connection| {
            let mut query = conn.prepare_cached(&format!("SELECT {COLUMNS} FROM record {order}"))?;
            let rows = query.query_map(values, read_row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let child: Option<[u8; 16]> = row.get(3)?;
    let answers: Option<[u8; 32]> = row.get(10)?;
    Ok(Row {
        record: RecordId::new(row.get(1)?),
        kind: Kind::from_code(row.get(2)?),
        child: child.map(ChildId::new),
        author: PersonId::new(row.get(4)?),
        headline: row.get(5)?,
        occurred_at: row.get(6)?,
        recorded_at: row.get(7)?,
        received_at: row.get(8)?,
        read_at: row.get(9)?,
        answers: answers.map(RecordId::new),
        open: row.get::<_, i64>(11)? == 1,
        unconfirmed: row.get(12)?,
        carried: records::carried(row, 13)?,
    })
}
