//! Submitting: from an envelope to a signed record in the store and, where its readers are known, into the outbox. One
//! transaction: when it has returned, the note is safe on this device.

use rusqlite::Transaction;
use tvaers_wire::codec::Canonical;
use tvaers_wire::ids::{Fixed, PersonId, RecordId};
use tvaers_wire::limits;

use super::living::{keep_edit, sent_heads};
use super::text::{answers, headline, words};
use super::{ClientError, Device, Known, shown};
use crate::audience::{Audience, Share};
use crate::document::{Living, Update, frozen};
use crate::kinds::{Access, Envelope, Kind};
use crate::moment::Moment;
use crate::record::{Carried, FrozenRecord, RecordHeader, UpdateHeader, UpdateRecord, carried_id};
use crate::rng::bytes;
use crate::seal::{Body, Item, Summary};
use crate::store::access;
use crate::store::outbox::{self, Waiting};
use crate::store::records::{self, RecordRow, SavedDocument};
use crate::store::shares;

impl Device {
    /// Saves a record and sends it to its audiences, on the lawful basis named for each or the first that the municipality's rules name
    /// ([`Device::bases`]). Without any audience it stays with the author's own devices.
    ///
    /// Durable when this returns. An audience whose keys are not known yet is served as soon as they are.
    ///
    /// # Errors
    /// [`ClientError`]; nothing is saved then. [`ClientError::NotShared`]: choose other recipients, or none.
    pub fn submit<'a, S>(
        &self,
        envelope: &Envelope,
        to: &'a [S],
        moment: &mut Moment<'_>,
    ) -> Result<RecordId, ClientError>
    where
        &'a S: Into<Share>,
    {
        let child = envelope.about.as_ref().map(|child| child.id);
        let mut shares = Vec::with_capacity(to.len().max(1));
        for share in to.iter().map(Into::into) {
            let basis = self.basis_of(envelope.kind(), child.as_ref(), &share)?;
            shares.push(Share { basis, ..share });
        }
        if shares.is_empty() {
            shares.push(Share::from(&Audience::Own));
        }
        let made = if envelope.kind().is_frozen() {
            self.freeze(envelope, moment)?
        } else {
            self.found_living(envelope, None, moment)?
        };
        self.change_with_room(|tx, known| {
            let row = self.keep(tx, &made, envelope)?;
            for share in &shares {
                shares::put(tx, row, &self.as_of_now(tx, child, &share.with)?, share.basis.as_deref())?;
            }
            self.serve_shares_of(tx, known, row, moment)?;
            // Whoever it is for has no key yet. Until they have, it is safe where this person's devices are, and not on this one alone.
            if shares::places(tx, row)?.is_empty() {
                shares::put(tx, row, &Audience::Own, None)?;
                self.serve_shares_of(tx, known, row, moment)?;
            }
            Ok(made.id)
        })
    }

    /// Shares a record that is here with a further audience: the same signed record, in another circle.
    ///
    /// # Errors
    /// [`ClientError::UnknownRecord`], [`ClientError::NotShared`], or a store error.
    pub fn share<'a, S>(&self, record: &RecordId, share: &'a S, moment: &mut Moment<'_>) -> Result<(), ClientError>
    where
        &'a S: Into<Share>,
    {
        let share = share.into();
        self.change(|tx, known| {
            let row = shown(tx, record)?;
            let facts = records::get(tx, row)?;
            let basis = match Kind::from_code(facts.kind) {
                Some(kind) => self.basis_of(kind, facts.child.as_ref(), &share)?,
                None => None,
            };
            access::note(tx, moment.now, Access::Changed, row)?;
            if let Some(circle) = self.shared_later(tx, known, row, &share.with)? {
                return self.bring_over(tx, known, row, (circle, basis.as_deref()), moment);
            }
            shares::put(tx, row, &share.with, basis.as_deref())?;
            self.serve_shares_of(tx, known, row, moment)
        })
    }

    pub(super) fn freeze(&self, envelope: &Envelope, moment: &mut Moment<'_>) -> Result<Made, ClientError> {
        let payload = frozen::write(envelope, self.actor(), moment.now)?;
        let header = RecordHeader {
            version: limits::VERSION,
            kind: envelope.kind().code(),
            author: self.person,
            installation: self.installation(),
            recorded_at: moment.now,
        };
        let record = FrozenRecord::sign(&header, bytes(moment.rng), payload, &self.secret);
        Ok(Made { id: record.id(), recorded_at: moment.now, form: Form::Frozen(record) })
    }

    /// Founds a living record; `carried` says with whose text it begins.
    pub(super) fn found_living(
        &self,
        envelope: &Envelope,
        carried: Option<Carried>,
        moment: &mut Moment<'_>,
    ) -> Result<Made, ClientError> {
        let living = Living::create(envelope, self.actor(), moment.now)?;
        let nonce = bytes(moment.rng);
        let kind = envelope.kind().code();
        let id = carried_id(&self.person, kind, &Fixed(nonce), carried.as_ref());
        let updates = self.sign_updates((kind, self.person, nonce, carried), living.updates_since(&[]), moment.now);
        let document = SavedDocument { founder: self.person, nonce, saved: living.save(), sent: sent_heads(&living) };
        Ok(Made { id, recorded_at: moment.now, form: Form::Living(updates, document, carried) })
    }

    /// Signs updates of a living document: its kind, founder and nonce, and what it carries on.
    pub(super) fn sign_updates(
        &self,
        (kind, founder, nonce, carried): (u8, PersonId, [u8; 16], Option<Carried>),
        updates: Vec<Update>,
        now: i64,
    ) -> Vec<UpdateRecord> {
        let header = |heads: &[crate::document::Head]| UpdateHeader {
            version: limits::VERSION,
            kind,
            founder,
            nonce: Fixed(nonce),
            author: self.person,
            installation: self.installation(),
            recorded_at: now,
            heads: heads.iter().map(|head| Fixed(head.0)).collect(),
            carried,
        };
        let updates = updates.into_iter();
        updates.map(|update| UpdateRecord::sign(&header(&update.heads), update.changes, &self.secret)).collect()
    }

    pub(super) fn keep(&self, tx: &Transaction<'_>, made: &Made, envelope: &Envelope) -> Result<i64, ClientError> {
        let headline = headline(envelope);
        let facts = RecordRow {
            id: made.id,
            kind: envelope.kind().code(),
            child: envelope.about.as_ref().map(|child| child.id),
            author: self.person,
            device: self.secret.id(),
            recorded_at: made.recorded_at,
            occurred_at: envelope.occurred.at,
            headline: headline.clone(),
            carried: made.carried(),
        };
        let item = match &made.form {
            Form::Frozen(record) => Some(record.to_bytes()),
            Form::Living(..) => None,
        };
        let (row, _) = records::put(tx, &facts, item.as_deref())?;
        if let Form::Living(updates, document, _) = &made.form {
            for update in updates {
                keep_edit(tx, row, update)?;
            }
            records::put_document(tx, row, document)?;
        }
        let words = words(envelope);
        records::opened(tx, row, (envelope.occurred.at, &headline), answers(&envelope.content).as_ref())?;
        records::index(tx, row, &words)?;
        records::set_read(tx, row, made.recorded_at)?;
        // What is noted of the log is noted by who looks into it, or it would never end.
        if envelope.kind() != Kind::AccessEvent {
            access::note_written(tx, made.recorded_at, row, envelope.about.as_ref())?;
        }
        Ok(row)
    }

    /// Puts every signed item of a record into the outbox of a circle, with the lawful basis it is shared on. A frozen record is sealed there and then: it can leave as
    /// it is, and a store put back from a backup sends the same bytes again instead of signing a counter twice.
    pub(super) fn enqueue(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        row: i64,
        (circle, basis): (i64, Option<&str>),
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        if !shares::place(tx, row, circle, true, basis)? {
            return Ok(());
        }
        let facts = records::get(tx, row)?;
        for (edit, item) in records::items(tx, row)? {
            let body = self.body(&facts, &item)?;
            let waiting = outbox::put(tx, circle, (row, edit), &body)?;
            if edit.is_none() && outbox::is_next(tx, circle, waiting)? {
                self.seal_early(
                    tx,
                    known,
                    Waiting { row: waiting, circle, is_receipt: false, body, chunk: None },
                    moment,
                )?;
            }
        }
        Ok(())
    }

    /// The body that carries one signed item. The lawful basis is put in when it is sealed for a circle.
    pub(super) fn body(&self, facts: &RecordRow, item: &[u8]) -> Result<Vec<u8>, ClientError> {
        let living = Kind::from_code(facts.kind).is_some_and(Kind::is_living);
        let item = if living {
            Item::Update(UpdateRecord::from_bytes(item)?)
        } else {
            Item::Frozen(FrozenRecord::from_bytes(item)?)
        };
        let summary = Summary {
            record: facts.id,
            kind: facts.kind,
            child: facts.child,
            occurred_at: facts.occurred_at,
            headline: facts.headline.clone(),
        };
        Ok(Body { item, summary: Some(summary), directory: self.directory_head(), basis: None }.to_bytes())
    }
}

pub(super) struct Made {
    id: RecordId,
    recorded_at: i64,
    form: Form,
}

impl Made {
    fn carried(&self) -> Option<Carried> {
        match &self.form {
            Form::Frozen(_) => None,
            Form::Living(_, _, carried) => *carried,
        }
    }
}

enum Form {
    Frozen(FrozenRecord),
    Living(Vec<UpdateRecord>, SavedDocument, Option<Carried>),
}
