//! Living documents: written by several people, online or not (protocol §8.4).
//!
//! The signed updates are the truth; a saved document is a cache of them. What comes from outside is tried on a copy and
//! replaces the document only if the copy can be saved, opened again and read through the kind's schema.

use automerge::transaction::CommitOptions;
use automerge::{Automerge, Change, ChangeHash, ReadDoc};

use super::actor::Actor;
use super::conflict::{self, Conflict};
use super::error::{Head, Rejected};
use super::guard::limits::{MAX_CHANGE, MAX_CHANGES, MAX_DOCUMENT_OPS, MAX_OPS, MAX_UPDATE};
use super::update::{self, Applied, Update, head, heads, view};
use super::write::{Style, Writer};
use super::{contained, guard};
use crate::kinds::{Content, Envelope, FieldError, Kind, Observation};

/// A living document as this installation holds it.
#[derive(Clone)]
pub struct Living {
    doc: Automerge,
    actor: Actor,
    kind: Kind,
}

impl std::fmt::Debug for Living {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Living").field("kind", &self.kind).field("actor", &self.actor).finish_non_exhaustive()
    }
}

impl Living {
    /// Founds a document. `time_ms` is Unix time in milliseconds, here and below.
    ///
    /// # Errors
    /// [`Rejected::WrongKind`] for frozen kinds, [`Rejected::Schema`] for contradicting fields, or a limit.
    pub fn create(envelope: &Envelope, actor: Actor, time_ms: i64) -> Result<Self, Rejected> {
        let kind = envelope.kind();
        if !kind.is_living() {
            return Err(Rejected::WrongKind);
        }
        envelope.check()?;
        let mut living = Self { doc: Automerge::new().with_actor(actor.id()), actor, kind };
        living.change(time_ms, |writer| writer.all(&envelope.write_fields()))?;
        Ok(living)
    }

    /// Joins a document that another installation founded, by its first update.
    ///
    /// # Errors
    /// As [`Living::apply`].
    pub fn join(kind: Kind, actor: Actor, founding: &Update, founder: Actor) -> Result<Self, Rejected> {
        if !kind.is_living() {
            return Err(Rejected::WrongKind);
        }
        let mut living = Self { doc: Automerge::new().with_actor(actor.id()), actor, kind };
        living.apply(founding, founder)?;
        Ok(living)
    }

    /// Opens a document that [`Living::save`] saved.
    ///
    /// # Errors
    /// What is wrong with the bytes: then the document is rebuilt from its updates.
    pub fn load(kind: Kind, actor: Actor, saved: &[u8]) -> Result<Self, Rejected> {
        if !kind.is_living() {
            return Err(Rejected::WrongKind);
        }
        guard::document(saved)?;
        let doc = contained(|| {
            let doc = Automerge::load(saved).map_err(|_| Rejected::NotReloadable)?;
            view(kind, &doc)?;
            Ok(doc)
        })?;
        Ok(Self { doc: doc.with_actor(actor.id()), actor, kind })
    }

    /// The whole document, for the device's own store. Holds deleted words: never shared.
    pub fn save(&self) -> Vec<u8> {
        self.doc.save_nocompress()
    }

    /// The kind.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// What the document says now. Where values conflict, one of them: see [`Living::conflicts`].
    ///
    /// # Errors
    /// Cannot fail on a document that was created, loaded or applied here; the types do not know that.
    pub fn view(&self) -> Result<Envelope, Rejected> {
        view(self.kind, &self.doc)
    }

    /// What the document said when it was founded.
    ///
    /// # Errors
    /// As [`Living::view`].
    pub fn at_first(&self) -> Result<Envelope, Rejected> {
        let first = self.doc.get_changes(&[]).first().map(|change| change.hash()).ok_or(Rejected::NotApplied)?;
        let doc = contained(|| self.doc.fork_at(&[first]).map_err(|_| Rejected::NotApplied))?;
        view(self.kind, &doc)
    }

    /// The current heads, sorted.
    pub fn heads(&self) -> Vec<Head> {
        heads(&self.doc)
    }

    /// Values that were set at the same time without knowing of each other.
    ///
    /// # Errors
    /// As [`Living::view`].
    pub fn conflicts(&self) -> Result<Vec<Conflict>, Rejected> {
        conflict::find(&self.doc, self.kind)
    }

    /// The installation that set the shown value of a field, found by names from the record inwards: `["decided"]`,
    /// `["votes", person as hexadecimal]`. A vote or decision counts as the named person's only if it is that person's
    /// installation; whose it is, is known outside. Not for texts that several people write, nor inside lists.
    pub fn writer_of(&self, path: &[&str]) -> Option<Actor> {
        conflict::writer_of(&self.doc, path)
    }

    /// Ends a conflict: writes what the chosen installation had set. The others' value gives way.
    ///
    /// # Errors
    /// [`Rejected::NotApplied`] if that conflict, or that choice, is not there any more.
    pub fn settle(&mut self, conflict: &Conflict, chosen: Actor, time_ms: i64) -> Result<(), Rejected> {
        let settlement = conflict::settlement(&self.doc, conflict, chosen)?;
        self.commit(time_ms, |tx| settlement.write(tx))
    }

    /// Changes the record through its own type; only what differs is written, so others' concurrent changes stay.
    ///
    /// # Errors
    /// What `edit` answers, or [`Rejected::Schema`]; nothing is changed then.
    pub fn edit<R>(
        &mut self,
        time_ms: i64,
        edit: impl FnOnce(&mut Envelope) -> Result<R, FieldError>,
    ) -> Result<R, Rejected> {
        let before = self.view()?;
        let mut after = before.clone();
        let answer = edit(&mut after)?;
        if after.kind() != self.kind {
            return Err(Rejected::WrongKind);
        }
        after.check()?;
        let (before, after) = (before.write_fields(), after.write_fields());
        self.change(time_ms, |writer| writer.difference(&before, &after))?;
        Ok(answer)
    }

    /// The observation to submit from a draft: a new record, without a trace of what was deleted.
    ///
    /// # Errors
    /// [`Rejected::WrongKind`] if this is no draft, [`Rejected::Schema`] if nothing was written.
    pub fn finish(&self) -> Result<Observation, Rejected> {
        match self.view()?.content {
            Content::Draft(draft) => Ok(draft.finish()?),
            _ => Err(Rejected::WrongKind),
        }
    }

    /// This installation's own changes that a document with these heads has not seen.
    pub fn changes_since(&self, heads: &[Head]) -> Vec<Vec<u8>> {
        self.own_since(heads).iter().map(|change| change.raw_bytes().to_vec()).collect()
    }

    /// The same, as updates that each stay within what a reader accepts. None if there is nothing to send.
    pub fn updates_since(&self, heads: &[Head]) -> Vec<Update> {
        self.updates(Update::default(), 0, heads)
    }

    /// The same, with the changes of an update before them that nobody has seen yet, as far as they fit together.
    ///
    /// # Errors
    /// What is wrong with those changes.
    pub fn updates_joining(&self, held: Vec<Vec<u8>>, heads: &[Head]) -> Result<Vec<Update>, Rejected> {
        let ops = held.iter().map(|change| Ok(guard::change(change)?.ops)).sum::<Result<u64, Rejected>>()?;
        Ok(self.updates(Update { changes: held, heads: Vec::new() }, ops, heads))
    }

    fn updates(&self, first: Update, mut ops: u64, heads: &[Head]) -> Vec<Update> {
        let mut bytes = first.changes.iter().map(Vec::len).sum();
        let mut updates: Vec<Update> = Some(first).into_iter().filter(|first| !first.changes.is_empty()).collect();
        for change in self.own_since(heads) {
            let raw = change.raw_bytes().to_vec();
            bytes += raw.len();
            ops += change.len() as u64;
            match updates.last_mut() {
                Some(update) if bytes <= MAX_UPDATE && ops <= MAX_OPS && update.changes.len() < MAX_CHANGES => {
                    update.changes.push(raw);
                    update.heads = vec![head(&change.hash())];
                }
                _ => {
                    (bytes, ops) = (raw.len(), change.len() as u64);
                    updates.push(Update { changes: vec![raw], heads: vec![head(&change.hash())] });
                }
            }
        }
        if let Some(last) = updates.last_mut() {
            last.heads = self.heads();
        }
        updates
    }

    /// Takes another installation's update. `signer` is the actor of the installation whose signature was verified.
    ///
    /// # Errors
    /// [`Rejected::Missing`] if it must wait for others; anything else is wrong with the update. The document is as before.
    pub fn apply(&mut self, update: &Update, signer: Actor) -> Result<Applied, Rejected> {
        let facts = update::check(update, signer)?;
        let scratch = self.doc.clone();
        let kind = self.kind;
        let Some(doc) = contained(move || update::try_on(scratch, kind, update, &facts))? else {
            return Ok(Applied::Known);
        };
        self.doc = doc.with_actor(self.actor.id());
        Ok(Applied::Changed)
    }

    fn own_since(&self, heads: &[Head]) -> Vec<Change> {
        let known: Vec<_> = heads.iter().map(|head| ChangeHash(head.0)).collect();
        let own = self.actor.id();
        self.doc.get_changes(&known).into_iter().filter(|change| *change.actor_id() == own).collect()
    }

    fn change(
        &mut self,
        time_ms: i64,
        write: impl FnOnce(
            &mut Writer<'_, automerge::transaction::Transaction<'_>>,
        ) -> Result<(), automerge::AutomergeError>,
    ) -> Result<(), Rejected> {
        self.commit(time_ms, |tx| write(&mut Writer::new(tx, Style::Living)))
    }

    fn commit(
        &mut self,
        time_ms: i64,
        write: impl FnOnce(&mut automerge::transaction::Transaction<'_>) -> Result<(), automerge::AutomergeError>,
    ) -> Result<(), Rejected> {
        use automerge::transaction::Transactable;
        let room = MAX_DOCUMENT_OPS.saturating_sub(self.doc.stats().num_ops);
        let limit = MAX_OPS.min(room);
        // How long a change is, shows when it is made: made on a copy, so that one that could never be sealed leaves nothing.
        let mut doc = self.doc.clone();
        let mut tx = doc.transaction();
        let written = write(&mut tx);
        let ops = tx.pending_ops() as u64;
        if written.is_err() || ops > limit {
            return Err(if written.is_err() { Rejected::NotApplied } else { Rejected::TooManyOperations { limit } });
        }
        let made = tx
            .commit_with(CommitOptions::default().with_time(time_ms))
            .0
            .and_then(|hash| doc.get_change_by_hash(&hash));
        if made.is_some_and(|change| change.raw_bytes().len() > MAX_CHANGE) {
            return Err(Rejected::TooLarge { limit: MAX_CHANGE });
        }
        self.doc = doc;
        Ok(())
    }
}
