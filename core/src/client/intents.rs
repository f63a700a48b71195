//! What was to be done to circles and this device can no longer do: somebody else has taken the right to it since.

use rusqlite::Transaction;
use tvaers_wire::entry::{Rights, Subject};

use super::known::Circle;
use super::{ClientError, Device, Known};
use crate::audience::Audience;
use crate::circle::Purpose;
use crate::store::intents::{self, Wanted};
use crate::store::shares;

impl Device {
    /// Drops what only a manager may do in circles that this person manages no longer. Whoever was to read a case there reads
    /// what this device had brought to it elsewhere.
    pub(super) fn give_up_managing(&self, tx: &Transaction<'_>, known: &Known) -> Result<(), ClientError> {
        for intent in intents::all(tx)? {
            let Some(circle) = known.circles.get(&intent.circle) else { continue };
            if circle.log.subject != Subject::Shared || self.is_manager(known, circle) {
                continue;
            }
            for (member, wanted) in intent.wants {
                match wanted {
                    Wanted::Rights(_) if matches!(circle.purpose, Some(Purpose::Case(_))) => {
                        for record in shares::brought(tx, circle.row)? {
                            shares::put(tx, record, &Audience::Case(vec![member]), None)?;
                        }
                    }
                    Wanted::Rights(_)
                    | Wanted::Gone(_)
                    | Wanted::HandedOver(_)
                    | Wanted::Covered(_)
                    | Wanted::ContinuedIn(_) => {}
                    Wanted::CutOff | Wanted::Key | Wanted::United => continue,
                }
                intents::drop(tx, circle.row, &member)?;
            }
        }
        Ok(())
    }

    /// True if this person may change who is in the circle, also while this device waits for its key.
    pub(super) fn is_manager(&self, known: &Known, circle: &Circle) -> bool {
        circle.log.rights_of(&self.secret.id(), &self.person, None, known) == Some(Rights::Manage)
    }
}
