//! Contact with the relay: once, or as long as the app is in front.

use std::cell::Cell;
use std::sync::{Arc, PoisonError};

use tvaers_core::client::Processed;
use tvaers_core::net::{Contact, Listener, Relay, keep_in_contact, sync_once};
use tvaers_core::rng;

use crate::{ChangeListener, Phone, TvaersError};

/// What a contact came to.
#[derive(Clone, Debug, uniffi::Record)]
pub struct Contacted {
    /// Why it ended early, if it did. What was not sent waits.
    pub failed: Option<TvaersError>,
    /// What has changed here.
    pub changed: Vec<Processed>,
}

#[uniffi::export]
impl Phone {
    /// Exchanges what there is with the relay, then stops. Blocks until done. What could not be sent waits. Not while a live
    /// contact is running: that one sends and fetches by itself. Of a phone that was erased it tells the municipality so.
    pub fn sync_once(&self) -> Result<Contacted, TvaersError> {
        if let Some(told) = self.tell()? {
            return Ok(told);
        }
        let device = self.device()?;
        if LISTENING.get() || self.live.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return Err(TvaersError::InContact);
        }
        // One at a time. Connections are made anew: a kept one may have died unseen, since nothing looks after it in between.
        let _turn = self.single.lock().unwrap_or_else(PoisonError::into_inner);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let (runtime, relay) = (runtime.map_err(|_| TvaersError::TryAgain)?, Relay::new(device.relay())?);
        let contacted = runtime.block_on(sync_once(&device, &relay, &mut rng::system()))?;
        Ok(Contacted { failed: contacted.failed.map(TvaersError::from), changed: contacted.changed })
    }

    /// Keeps in contact until [`Phone::stop_contact`] or [`Phone::lock`]: what is saved leaves at once, what comes is told to
    /// the listener. In place of a contact that is running.
    pub fn start_contact(&self, listener: Arc<dyn ChangeListener>) -> Result<(), TvaersError> {
        let device = self.device()?;
        self.stop_contact()?;
        let relay = Relay::new(device.relay())?;
        let live = Live(Some(keep_in_contact(device, relay, Arc::new(Forward(listener)))?));
        let before = self.live.lock().unwrap_or_else(PoisonError::into_inner).replace(live);
        // Two calls at once: the later one's contact goes on. Ended without the lock.
        drop(before);
        Ok(())
    }

    /// Ends the live contact, if one is running, and waits for it. From inside a listener it ends right after the call.
    pub fn stop_contact(&self) -> Result<(), TvaersError> {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner).take();
        live.map_or(Ok(()), Live::end)
    }
}

impl Phone {
    /// Something was saved: a live contact sends it at once.
    pub(crate) fn saved(&self) {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(contact) = live.as_ref().and_then(|live| live.0.as_ref()) {
            contact.saved();
        }
    }
}

/// A running contact that may be ended from its own thread too.
pub(crate) struct Live(Option<Contact>);

impl Live {
    fn end(mut self) -> Result<(), TvaersError> {
        self.stop()
    }

    fn stop(&mut self) -> Result<(), TvaersError> {
        let Some(contact) = self.0.take() else { return Ok(()) };
        if LISTENING.get() {
            // A thread cannot wait for itself: another one does, and the contact ends when the listener returns.
            std::thread::spawn(move || contact.stop());
            return Ok(());
        }
        Ok(contact.stop()?)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // Whoever wants to know why it ended calls `stop_contact`.
        let _ = self.stop();
    }
}

thread_local! {
    /// True while this thread, a contact's, calls a listener.
    static LISTENING: Cell<bool> = const { Cell::new(false) };
}

struct Forward(Arc<dyn ChangeListener>);

impl Forward {
    fn tell<T, E>(&self, what: impl FnOnce(&dyn ChangeListener) -> Result<T, E>) {
        LISTENING.set(true);
        // An app that fails to draw does not end the contact.
        let _ = what(&*self.0);
        LISTENING.set(false);
    }
}

impl Listener for Forward {
    fn changed(&self, what: &Processed) {
        self.tell(|listener| listener.changed(what.clone()));
    }

    fn connected(&self, open: bool) {
        self.tell(|listener| listener.connected(open));
    }

    fn refused(&self) {
        self.tell(|listener| listener.refused());
    }
}
