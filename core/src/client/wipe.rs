//! Erasing oneself, at the authority's word and nobody else's (protocol §5.11).
//!
//! In this order: what has not left is counted; the receipt is signed, since the key that signs it goes; the store is erased with the
//! receipt in its note ([`crate::store`]); the receipt is sent. Whatever cuts this short, it ends in *erased*; the receipt
//! may be lost for ever, and then the office says that nothing was confirmed.

use std::path::{Path, PathBuf};

use minicbor::{Decode, Encode};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::hash::Label;
use tvaers_wire::limits;
use tvaers_wire::wipe::{SignedWipeReceipt, WipeReceipt, WipeWord};

use super::{ClientError, Device, Known};
use crate::store::{self, StoreError};

/// What an erased store leaves: enough to say that it happened, and to tell the office. No name, no key.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
struct Note {
    #[n(0)]
    version: u64,
    /// Where the receipt goes.
    #[n(1)]
    relay: String,
    #[n(2)]
    receipt: SignedWipeReceipt,
    /// When the relay had it, Unix milliseconds by the device's clock.
    #[n(3)]
    confirmed: Option<i64>,
}

impl Canonical for Note {
    const NAME: &'static str = "note of an erased store";
    const MAX_LEN: usize = 16 * 1024;
    const VERSION: Option<u64> = Some(limits::VERSION);
}

/// A device that has erased itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Erasure {
    dir: Option<PathBuf>,
    note: Note,
    receipt: WipeReceipt,
}

impl Erasure {
    /// What was erased in this directory; `None` if nothing was. An erasure that was cut short is finished now.
    ///
    /// # Errors
    /// [`StoreError`]: something is left; or the note cannot be read.
    pub fn find(dir: &Path) -> Result<Option<Self>, StoreError> {
        const DAMAGED: StoreError = StoreError::Damaged { what: "the note of an erased store" };
        let Some(bytes) = store::erased(dir)? else { return Ok(None) };
        let note = Note::from_bytes(&bytes).map_err(|_| DAMAGED)?;
        let receipt = WipeReceipt::from_bytes(&note.receipt.body).map_err(|_| DAMAGED)?;
        Ok(Some(Self { dir: Some(dir.to_owned()), note, receipt }))
    }

    /// When, Unix milliseconds by the device's clock.
    pub fn at(&self) -> i64 {
        self.receipt.at
    }

    /// How many records had not left the device; `None` if they could not be counted any more.
    pub fn unsent(&self) -> Option<u64> {
        self.receipt.unsent
    }

    /// When the relay took the receipt, by the device's clock; `None` while it has not.
    pub fn confirmed(&self) -> Option<i64> {
        self.note.confirmed
    }

    /// The relay's address.
    pub fn relay(&self) -> &str {
        &self.note.relay
    }

    /// What the relay is to be told.
    pub fn receipt(&self) -> &SignedWipeReceipt {
        &self.note.receipt
    }

    /// The relay has taken the receipt.
    ///
    /// # Errors
    /// [`StoreError`]: it is sent again, which changes nothing.
    pub fn confirm(&mut self, now: i64) -> Result<(), StoreError> {
        let note = Note { confirmed: Some(now), ..self.note.clone() };
        if let Some(dir) = &self.dir {
            store::note_erased(dir, &note.to_bytes())?;
        }
        self.note = note;
        Ok(())
    }

    /// Makes room for another store: the device is to be enrolled again, with new keys. Not before the office has been told.
    ///
    /// # Errors
    /// [`StoreError::Erased`] while the receipt has not been taken.
    pub fn begin_again(self) -> Result<(), StoreError> {
        match (self.note.confirmed, &self.dir) {
            (None, _) => Err(StoreError::Erased),
            (Some(_), Some(dir)) => store::forget_erased(dir),
            (Some(_), None) => Ok(()),
        }
    }
}

impl Device {
    /// Takes what the relay says to a device that it serves nothing else. If that is the authority's word that this device shall
    /// erase itself, it is erased when this returns.
    ///
    /// # Errors
    /// [`ClientError::Answer`] if it is not an answer; [`ClientError::Store`] if something is left.
    pub fn take_word(&self, bytes: &[u8], now: i64) -> Result<Option<Erasure>, ClientError> {
        let word = WipeWord::from_bytes(bytes)?;
        let mut known = self.known();
        // In memory first: a disk that is full or failing keeps nothing from being erased. What does not verify is nobody's word.
        let mut vouched = known.vouched.clone();
        let believed: Vec<_> =
            word.statements.iter().filter(|statement| vouched.learn(statement).is_ok()).cloned().collect();
        if let Some(serial) = vouched.to_be_erased(&self.secret.id()) {
            return self.erase(&mut known, serial, now).map(Some);
        }
        drop(known);
        // Kept, so that a word that was withdrawn is never followed when it is shown again.
        self.change(|tx, known| {
            for statement in &believed {
                self.absorb_statement(tx, known, statement, now)?;
            }
            Ok(())
        })?;
        Ok(None)
    }

    /// Erases the device if that is the authority's word, as far as it has been heard.
    ///
    /// # Errors
    /// [`ClientError::Store`] if something is left.
    pub(super) fn erase_if_told(&self, now: i64) -> Result<Option<Erasure>, ClientError> {
        let mut known = self.known();
        match known.vouched.to_be_erased(&self.secret.id()) {
            Some(serial) => self.erase(&mut known, serial, now).map(Some),
            None => Ok(None),
        }
    }

    /// Whoever calls has the turn, so nothing is written meanwhile.
    fn erase(&self, _turn: &mut Known, serial: u64, now: i64) -> Result<Erasure, ClientError> {
        let receipt = WipeReceipt {
            version: limits::VERSION,
            municipality: self.enrolment.authority.municipality,
            device: self.secret.id(),
            serial,
            at: now,
            unsent: self.standing().ok().map(|standing| standing.unsent as u64),
        };
        let body = receipt.to_bytes();
        let signature = self.secret.sign(Label::WIPE_RECEIPT, &[&body]);
        let certificate = self.enrolment.certificate.clone();
        let note = Note {
            version: limits::VERSION,
            relay: self.enrolment.relay.clone(),
            receipt: SignedWipeReceipt { certificate, body: Bytes(body), signature },
            confirmed: None,
        };
        self.store.erase(&note.to_bytes())?;
        Ok(Erasure { dir: self.store.path().map(Path::to_owned), note, receipt })
    }
}
