//! A desk's contact with the municipality, for as long as it is open: begun again after a store that failed for a while, and over when
//! the desk is erased.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tvaers_core::client::{ClientError, Device, Processed};
use tvaers_core::net::{Contact, Listener, Relay, keep_in_contact};
use tvaers_core::store::StoreError;

use crate::terminal::Sentence;
use crate::web::Reach;

/// What whoever serves the desk must know of.
pub(super) enum News {
    /// The municipality refuses this device.
    Refused,
    /// The contact has ended, because the store is failing.
    Failing(StoreError),
    /// The desk has been erased.
    Erased,
}

/// A contact, and what is known of it.
pub(super) struct Keeper {
    device: Arc<Device>,
    watch: Arc<Watch>,
    contact: Mutex<Option<Contact>>,
}

struct Watch {
    reach: Mutex<Reach>,
    news: UnboundedSender<News>,
}

impl Keeper {
    /// Gets in contact.
    pub(super) fn new(device: Arc<Device>) -> Result<(Arc<Self>, UnboundedReceiver<News>), Sentence> {
        let (news, heard) = unbounded_channel();
        let watch = Arc::new(Watch { reach: Mutex::new(Reach::Closed), news });
        let keeper = Self { device, watch, contact: Mutex::new(None) };
        keeper.begin()?;
        Ok((Arc::new(keeper), heard))
    }

    /// Gets in contact, in place of a contact that has ended.
    pub(super) fn begin(&self) -> Result<(), Sentence> {
        let relay = Relay::new(self.device.relay()).map_err(|_| Sentence::of("enrolment-refused"))?;
        let listener = Arc::clone(&self.watch) as Arc<dyn Listener>;
        let contact = keep_in_contact(Arc::clone(&self.device), relay, listener)?;
        let before = self.contact().replace(contact);
        // Ended without the lock: its thread may be about to tell something.
        drop(before);
        Ok(())
    }

    /// Ends the contact and waits for it.
    pub(super) fn end(&self) {
        let contact = self.contact().take();
        drop(contact);
    }

    /// Something was saved: send it.
    pub(super) fn saved(&self) {
        if let Some(contact) = &*self.contact() {
            contact.saved();
        }
    }

    pub(super) fn reach(&self) -> Reach {
        *lock(&self.watch.reach)
    }

    fn contact(&self) -> MutexGuard<'_, Option<Contact>> {
        lock(&self.contact)
    }
}

impl Watch {
    fn is(&self, reach: Reach) {
        *lock(&self.reach) = reach;
    }
}

impl Listener for Watch {
    fn changed(&self, _: &Processed) {}

    fn connected(&self, open: bool) {
        self.is(if open { Reach::Open } else { Reach::Closed });
    }

    fn refused(&self) {
        self.is(Reach::Refused);
        // Nobody listens any more when the desk is closing.
        let _ = self.news.send(News::Refused);
    }

    fn ended(&self, why: &ClientError) {
        let _ = self.news.send(match why {
            ClientError::Store(StoreError::Erased) => News::Erased,
            ClientError::Store(error) => News::Failing(error.clone()),
            _ => News::Failing(StoreError::Damaged { what: "a stored value" }),
        });
    }
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing in there can be half done.
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
