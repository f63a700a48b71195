//! A phone that the municipality has had erased: what is left to say, and to whom.

use std::sync::PoisonError;

use tvaers_core::client::Erasure;
use tvaers_core::net;

use crate::contact::Contacted;
use crate::phone::State;
use crate::{Phone, TvaersError};

/// What is to be shown of it. Nothing else is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ErasedPhone {
    /// When, by this phone's clock, Unix milliseconds.
    pub at: i64,
    /// How many notes had not been sent, and are lost; `None` if they could not be counted.
    pub unsent: Option<u64>,
    /// When the municipality was told, by this phone's clock. Until then [`Phone::sync_once`] tells it.
    pub told: Option<i64>,
}

#[uniffi::export]
impl Phone {
    /// That this phone was erased, if it was. Any call that says [`TvaersError::Erased`] is followed by this one; an app asks at its
    /// start.
    pub fn erased(&self) -> Result<Option<ErasedPhone>, TvaersError> {
        let found = match &*self.state() {
            State::Erased(erasure) => return Ok(Some(shown(erasure))),
            State::Enrolled(device) => device.store().path().map(Erasure::find).transpose()?.flatten(),
            State::New(_) | State::Locked => None,
        };
        let Some(erasure) = found else { return Ok(None) };
        let shown = shown(&erasure);
        // With the device go its keys from memory.
        let before = std::mem::replace(&mut *self.state(), State::Erased(Box::new(erasure)));
        // Whatever the contact ended with, it has ended with this.
        let _ = self.stop_contact();
        drop(before);
        Ok(Some(shown))
    }

    /// Forgets that this phone was erased, once the municipality has been told: open it again, with a new key, and enrol it anew.
    pub fn begin_again(&self) -> Result<(), TvaersError> {
        self.erased()?;
        let mut state = self.state();
        match &*state {
            State::Erased(erasure) => erasure.as_ref().clone().begin_again()?,
            State::New(_) | State::Enrolled(_) => return Err(TvaersError::AlreadyEnrolled),
            State::Locked => return Err(TvaersError::Locked),
        }
        *state = State::Locked;
        Ok(())
    }
}

impl Phone {
    /// Tells the municipality, if this phone was erased and it has not been told.
    pub(crate) fn tell(&self) -> Result<Option<Contacted>, TvaersError> {
        if self.erased()?.is_none() {
            return Ok(None);
        }
        let _turn = self.single.lock().unwrap_or_else(PoisonError::into_inner);
        let mut erasure = match &*self.state() {
            State::Erased(erasure) => erasure.as_ref().clone(),
            State::New(_) | State::Enrolled(_) | State::Locked => return Err(TvaersError::Locked),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|_| TvaersError::TryAgain)?;
        let brought = runtime.block_on(net::bring_receipt(&mut erasure));
        if let State::Erased(kept) = &mut *self.state() {
            **kept = erasure;
        }
        Ok(Some(Contacted { failed: brought.err().map(TvaersError::from), changed: Vec::new() }))
    }
}

fn shown(erasure: &Erasure) -> ErasedPhone {
    ErasedPhone { at: erasure.at(), unsent: erasure.unsent(), told: erasure.confirmed() }
}
