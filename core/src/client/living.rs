//! Living records on a device: opened, changed, and their unsent changes put into every circle they are in.

use rusqlite::{Connection, Transaction};
use tvaers_wire::codec::Canonical;
use tvaers_wire::hash::{Label, hash};
use tvaers_wire::ids::RecordId;

use super::text::{answers, headline, words};
use super::{ClientError, Device};
use crate::document::{Actor, Conflict, Head, Living};
use crate::kinds::{Envelope, FieldError, Kind};
use crate::moment::Moment;
use crate::record::{FrozenRecord, UpdateHeader, UpdateRecord};
use crate::store::records::{self, RecordRow, SavedDocument};
use crate::store::{StoreError, access, edits, erasure, outbox, shares};

impl Device {
    /// What a record says.
    ///
    /// # Errors
    /// [`ClientError::UnknownRecord`] if it is not here or not opened yet; [`ClientError::Document`] if it is damaged.
    pub fn envelope(&self, record: &RecordId) -> Result<Envelope, ClientError> {
        self.store.read(|conn| {
            let row = shown(conn, record)?;
            self.envelope_at(conn, row)
        })
    }

    /// The same, from an open connection.
    pub(crate) fn envelope_at(&self, conn: &Connection, row: i64) -> Result<Envelope, ClientError> {
        let facts = records::get(conn, row)?;
        if erasure::is_gone(conn, row)? {
            return Err(ClientError::RecordErased);
        }
        let kind = Kind::from_code(facts.kind).ok_or(ClientError::UnknownRecord)?;
        if kind.is_living() {
            let (living, _) = self.living(conn, row, kind)?;
            return Ok(living.view()?);
        }
        if !records::is_open(conn, row)? {
            return Err(ClientError::UnknownRecord);
        }
        let items = records::items(conn, row)?;
        let (_, item) = items.first().ok_or(ClientError::UnknownRecord)?;
        let record = FrozenRecord::from_bytes(item)?;
        let header = crate::record::RecordHeader::from_bytes(&record.header)?;
        Ok(crate::document::frozen::read(kind, &record.payload, Actor::of(&header.installation))?)
    }

    /// Concurrent values of a living record, side by side.
    ///
    /// # Errors
    /// As [`Device::envelope`].
    pub fn conflicts(&self, record: &RecordId) -> Result<Vec<Conflict>, ClientError> {
        self.store.read(|conn| {
            let row = shown(conn, record)?;
            let kind = Kind::from_code(records::get(conn, row)?.kind).ok_or(ClientError::UnknownRecord)?;
            Ok(self.living(conn, row, kind)?.0.conflicts()?)
        })
    }

    /// Changes a living record through its own type. The change and its way to every reader are one transaction. `edit` may be called
    /// once more on a full disk, on the record as it was.
    ///
    /// # Errors
    /// What `edit` answers, [`ClientError::NotAllowed`] if this person was taken out of every circle the record is in, or another
    /// [`ClientError`]; nothing is changed then.
    pub fn edit<R>(
        &self,
        record: &RecordId,
        moment: &mut Moment<'_>,
        mut edit: impl FnMut(&mut Envelope) -> Result<R, FieldError>,
    ) -> Result<R, ClientError> {
        self.change_with_room(|tx, known| {
            let row = shown(tx, record)?;
            let mut facts = records::get(tx, row)?;
            let kind = Kind::from_code(facts.kind).ok_or(ClientError::UnknownRecord)?;
            let (open, closed): (Vec<i64>, Vec<i64>) =
                shares::places(tx, row)?.into_iter().partition(|circle| !self.is_closed(known, *circle));
            if self.carried_on(tx, known, row)?.is_some() {
                return Err(ClientError::CarriedOver);
            }
            // Nobody would ever see it: whoever was taken out of a case does not go on writing in its records.
            if open.is_empty() && !closed.is_empty() {
                return Err(ClientError::NotAllowed);
            }
            let (mut living, mut document) = self.living(tx, row, kind)?;
            let answer = living.edit(moment.now, &mut edit)?;
            let envelope = living.view()?;
            (facts.headline, facts.occurred_at) = (headline(&envelope), envelope.occurred.at);
            self.enqueue_changes(tx, row, &facts, (&living, &document), &open, moment.now)?;
            (document.saved, document.sent) = (living.save(), sent_heads(&living));
            records::put_document(tx, row, &document)?;
            let summary = (facts.occurred_at, facts.headline.as_str());
            records::opened(tx, row, summary, answers(&envelope.content).as_ref())?;
            records::index(tx, row, &words(&envelope))?;
            access::note_written(tx, moment.now, row, envelope.about.as_ref())?;
            Ok(answer)
        })
    }

    /// Signs the changes that have not been signed and puts them where the record is. An edit that no chunk carries yet is
    /// signed again with them in it: what leaves after a day offline is one update for each document, not one for each save.
    pub(super) fn enqueue_changes(
        &self,
        tx: &Transaction<'_>,
        row: i64,
        facts: &RecordRow,
        (living, document): (&Living, &SavedDocument),
        places: &[i64],
        now: i64,
    ) -> Result<(), ClientError> {
        let signed: Vec<Head> = document.sent.iter().map(|head| Head(*head)).collect();
        let open = edits::open(tx, row)?;
        let (held, begun) = match &open {
            Some((_, item)) => {
                let update = UpdateRecord::from_bytes(item)?;
                let begun = UpdateHeader::from_bytes(&update.header)?.recorded_at;
                (update.changes.into_iter().map(|change| change.0).collect(), begun)
            }
            None => (Vec::new(), now),
        };
        let of = (facts.kind, document.founder, document.nonce, facts.carried);
        let mut updates = living.updates_joining(held.clone(), &signed)?;
        if let Some((edit, _)) = open {
            let first = updates.remove(0);
            // What was held may be full; then it stays as it was signed.
            if first.changes.len() > held.len() {
                for update in self.sign_updates(of, vec![first], begun) {
                    let item = update.to_bytes();
                    edits::replace(tx, edit, &digest(&item), &item)?;
                    outbox::replace(tx, edit, &self.body(facts, &item)?)?;
                }
            }
        }
        for update in self.sign_updates(of, updates, now) {
            let edit = keep_edit(tx, row, &update)?;
            let body = self.body(facts, &update.to_bytes())?;
            for circle in places {
                outbox::put(tx, *circle, (row, Some(edit)), &body)?;
            }
        }
        Ok(())
    }

    /// A living document with what is remembered of it.
    pub(crate) fn living(
        &self,
        conn: &Connection,
        row: i64,
        kind: Kind,
    ) -> Result<(Living, SavedDocument), ClientError> {
        let document = records::document(conn, row)?.ok_or(ClientError::UnknownRecord)?;
        let living = Living::load(kind, self.actor(), &document.saved)?;
        Ok((living, document))
    }
}

/// Keeps a signed edit that was made here, as applied. Returns its row.
pub(super) fn keep_edit(tx: &Transaction<'_>, row: i64, update: &UpdateRecord) -> Result<i64, ClientError> {
    let item = update.to_bytes();
    Ok(edits::put_own(tx, row, &digest(&item), &item)?)
}

fn digest(item: &[u8]) -> [u8; 32] {
    hash(Label::UPDATE, &[item])
}

/// The heads up to which changes have been signed, as they are stored.
pub(super) fn sent_heads(living: &Living) -> Vec<[u8; 32]> {
    living.heads().iter().map(|head| head.0).collect()
}

impl From<rusqlite::Error> for ClientError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::from(error).into()
    }
}

/// The row of a record that may be shown.
///
/// # Errors
/// [`ClientError::RecordErased`], or [`ClientError::UnknownRecord`] if it is not here, or not for this person any more.
pub(crate) fn shown(conn: &Connection, record: &RecordId) -> Result<i64, ClientError> {
    if let Some(row) = records::shown(conn, record)? {
        return Ok(row);
    }
    let gone = records::row(conn, record)?.map(|row| erasure::is_gone(conn, row)).transpose()?;
    Err(if gone == Some(true) { ClientError::RecordErased } else { ClientError::UnknownRecord })
}
