//! Opening: the record inside is verified, its document parsed, its words indexed.

use std::collections::BTreeMap;

use rusqlite::Transaction;
use tvaers_wire::codec::Canonical;
use tvaers_wire::ids::{ChildId, Installation};
use tvaers_wire::log::InForce;

use super::parallel::map;
use super::{BATCH, Processed};
use crate::client::access::take_opened;
use crate::client::living::sent_heads;
use crate::client::text::{answers, headline, words};
use crate::client::{ClientError, Device, Known};
use crate::document::{Actor, Head, Living, Rejected, Update, frozen};
use crate::kinds::{Content, Envelope, Kind};
use crate::open::Reason;
use crate::record::{FrozenRecord, RecordError, UpdateHeader, UpdateRecord};
use crate::store::edits::{self, EditState, WaitingEdit};
use crate::store::inbox::{self, ChunkState};
use crate::store::outbox;
use crate::store::records::{self, RecordRow, SavedDocument};
use crate::store::shares;

/// Changes of one installation that may wait for others before them. More than anybody makes between two contacts.
const WAITING: usize = 16_384;

/// What opening a frozen record came to.
pub(super) enum Outcome {
    Open(Box<Envelope>, String, String),
    Waits,
    Refused(Reason),
}

impl Device {
    /// Opens a batch of listed records below a row, newest first. Returns where to go on, if there may be more.
    pub(super) fn open_batch(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        below: i64,
        done: &mut Processed,
    ) -> Result<Option<i64>, ClientError> {
        let listed = records::listed(tx, below, BATCH)?;
        let outcomes = map(&listed, |(_, item)| open_frozen(item, known));
        for ((row, _), outcome) in listed.iter().zip(outcomes) {
            match outcome {
                Outcome::Open(envelope, headline, words) => {
                    if self.opened_frozen(tx, known, *row, &envelope, &headline, done)? {
                        known.unfinished.push((*row, Some(words)));
                    }
                }
                Outcome::Waits => {}
                Outcome::Refused(reason) => self.record_aside(tx, known, *row, &reason, done)?,
            }
        }
        Ok(listed.last().filter(|_| listed.len() == BATCH).map(|(row, _)| *row))
    }

    /// False if the record does not say what its summary does.
    fn opened_frozen(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        row: i64,
        envelope: &Envelope,
        headline: &str,
        done: &mut Processed,
    ) -> Result<bool, ClientError> {
        let listed = records::get(tx, row)?;
        if !fits(&listed, envelope, headline) {
            self.record_aside(tx, known, row, &Reason::Summary, done)?;
            return Ok(false);
        }
        let answers = answers(&envelope.content);
        records::opened(tx, row, (envelope.occurred.at, headline), answers.as_ref())?;
        match &envelope.content {
            // Nobody is told of it as of a note that has come.
            Content::AccessEvent(event) => take_opened(tx, row, event)?,
            _ => done.opened.push(listed.id),
        }
        Ok(true)
    }

    fn record_aside(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        row: i64,
        reason: &Reason,
        done: &mut Processed,
    ) -> Result<(), ClientError> {
        records::aside(tx, row)?;
        for chunk in inbox::listed_of(tx, row)? {
            self.put_aside(tx, known, chunk, reason, done)?;
        }
        Ok(())
    }

    /// Applies the edits of living records that can be applied.
    pub(super) fn apply_edits(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        done: &mut Processed,
    ) -> Result<(), ClientError> {
        let mut by_record: BTreeMap<i64, Vec<WaitingEdit>> = BTreeMap::new();
        for edit in edits::waiting(tx)? {
            by_record.entry(edit.record).or_default().push(edit);
        }
        let mut waiting: BTreeMap<Installation, usize> = BTreeMap::new();
        for (row, edits) in by_record {
            for edit in self.apply_to(tx, known, row, edits, done)? {
                let Ok(update) = UpdateRecord::from_bytes(&edit.item) else { continue };
                let Ok(header) = UpdateHeader::from_bytes(&update.header) else { continue };
                let changes = waiting.entry(header.installation).or_default();
                *changes += update.changes.len().max(1);
                if *changes > WAITING {
                    let reason = Reason::Document("too many changes wait for earlier ones".to_owned());
                    self.edit_aside(tx, known, &edit, &reason, done)?;
                }
            }
        }
        Ok(())
    }

    fn edit_aside(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        edit: &WaitingEdit,
        reason: &Reason,
        done: &mut Processed,
    ) -> Result<(), ClientError> {
        for chunk in edits::settle(tx, edit.row, EditState::Aside)? {
            self.put_aside(tx, known, chunk, reason, done)?;
        }
        Ok(())
    }

    fn apply_to(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        row: i64,
        mut edits: Vec<WaitingEdit>,
        done: &mut Processed,
    ) -> Result<Vec<WaitingEdit>, ClientError> {
        let mut facts = records::get(tx, row)?;
        let Some(kind) = Kind::from_code(facts.kind) else {
            self.record_aside(tx, known, row, &Reason::Record(RecordError::UnknownKind(facts.kind)), done)?;
            return Ok(Vec::new());
        };
        let mut held = match records::document(tx, row)? {
            Some(document) => Some((Living::load(kind, self.actor(), &document.saved)?, document)),
            None => None,
        };
        let (mut applied, mut done_with) = (false, Vec::new());
        loop {
            let waiting = edits.len();
            let mut still = Vec::new();
            for edit in edits {
                match self.apply_edit(known, kind, &mut held, &edit) {
                    Ok(()) => {
                        // A summary is the word of whoever brought it; the founder's document says which child it is about.
                        facts.child = held.as_ref().and_then(|(living, _)| child(&living.view().ok()?));
                        self.carry(tx, known, &facts, &edit)?;
                        applied = true;
                        done_with.extend(edits::settle(tx, edit.row, EditState::Applied)?);
                    }
                    Err(None) => still.push(edit),
                    Err(Some(reason)) => self.edit_aside(tx, known, &edit, &reason, done)?,
                }
            }
            edits = still;
            if edits.is_empty() || edits.len() == waiting {
                break;
            }
        }
        let Some((living, document)) = held.filter(|_| applied) else { return Ok(edits) };
        let envelope = living.view()?;
        records::set_child(tx, row, facts.child)?;
        let summary = (envelope.occurred.at, headline(&envelope));
        records::put_document(tx, row, &SavedDocument { saved: living.save(), ..document })?;
        let answers = answers(&envelope.content);
        records::opened(tx, row, (summary.0, &summary.1), answers.as_ref())?;
        records::index(tx, row, &words(&envelope))?;
        // Also while others wait for what may never come: whoever wrote these hears that they have arrived.
        for chunk in done_with {
            self.finish_chunk(tx, known, chunk, ChunkState::Opened, None)?;
        }
        done.opened.push(facts.id);
        Ok(edits)
    }

    /// Whoever shares a living record with others carries the edits across from then on, both ways: the circles have different
    /// members, and the record is one. An edit is carried when it is new here, so none goes round.
    fn carry(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        facts: &RecordRow,
        edit: &WaitingEdit,
    ) -> Result<(), ClientError> {
        let Some(chunk) = edit.chunk else { return Ok(()) };
        let to = shares::carried_to(tx, edit.record, chunk)?;
        for circle in to.into_iter().filter(|circle| !self.is_closed(known, *circle)) {
            outbox::put(tx, circle, (edit.record, None), &self.body(facts, &edit.item)?)?;
        }
        Ok(())
    }

    /// Applies one edit. `Err(None)`: it must wait; `Err(Some)`: it never will.
    fn apply_edit(
        &self,
        known: &Known,
        kind: Kind,
        held: &mut Option<(Living, SavedDocument)>,
        edit: &WaitingEdit,
    ) -> Result<(), Option<Reason>> {
        let update = UpdateRecord::from_bytes(&edit.item).map_err(|error| Some(Reason::Record(error.into())))?;
        let (header, _) = update.verified(&known.vouched).map_err(|error| match error {
            RecordError::UnknownDevice => None,
            error => Some(Reason::Record(error)),
        })?;
        if !known.lists(&header.author, &header.installation.device) {
            return Err(None);
        }
        let heads = header.heads.iter().map(|head| Head(head.0)).collect();
        let changes = Update { changes: update.changes.into_iter().map(|change| change.0).collect(), heads };
        let signer = Actor::of(&header.installation);
        let rejected = |error: Rejected| match error {
            Rejected::Missing(_) => None,
            error => Some(Reason::Document(error.to_string())),
        };
        match held {
            Some((living, _)) => {
                let mut next = living.clone();
                next.apply(&changes, signer).map_err(rejected)?;
                let about = |living: &Living| living.view().map(|envelope| child(&envelope)).map_err(rejected);
                // Moved to another child it would be gone from where everybody looks for it.
                if about(&next)? != about(living)? {
                    return Err(Some(Reason::Summary));
                }
                *living = next;
                Ok(())
            }
            // Only its founder begins a document.
            None if header.author != header.founder => Err(None),
            None => {
                let living = Living::join(kind, self.actor(), &changes, signer).map_err(rejected)?;
                let sent = sent_heads(&living);
                let document =
                    SavedDocument { founder: header.founder, nonce: header.nonce.0, saved: Vec::new(), sent };
                *held = Some((living, document));
                Ok(())
            }
        }
    }
}

/// True if a summary says what the record does.
pub(super) fn fits(listed: &RecordRow, envelope: &Envelope, headline: &str) -> bool {
    listed.child == child(envelope) && listed.occurred_at == envelope.occurred.at && listed.headline == headline
}

fn child(envelope: &Envelope) -> Option<ChildId> {
    envelope.about.as_ref().map(|child| child.id)
}

pub(super) fn open_frozen(item: &[u8], known: &Known) -> Outcome {
    let refused = |error: RecordError| Outcome::Refused(Reason::Record(error));
    let record = match FrozenRecord::from_bytes(item) {
        Ok(record) => record,
        Err(error) => return refused(error.into()),
    };
    let header = match record.verified(&known.vouched) {
        // Whoever shares a record that somebody else's device has signed shares a ghost's, if that person has never taken it in.
        Ok(header) if !known.lists(&header.author, &header.installation.device) => return Outcome::Waits,
        Ok(header) => header,
        Err(RecordError::UnknownDevice) => return Outcome::Waits,
        Err(error) => return refused(error),
    };
    let Some(kind) = Kind::from_code(header.kind) else { return refused(RecordError::UnknownKind(header.kind)) };
    match frozen::read(kind, &record.payload, Actor::of(&header.installation)) {
        Ok(envelope) => {
            let (headline, words) = (headline(&envelope), words(&envelope));
            Outcome::Open(Box::new(envelope), headline, words)
        }
        Err(error) => Outcome::Refused(Reason::Document(error.to_string())),
    }
}
