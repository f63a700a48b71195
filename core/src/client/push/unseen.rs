//! A head that the relay follows and that is not here. As a rule the feed is about to bring it. If it never does, this device is a member by
//! entries alone that the relay has forgotten, and follows it no more: it gives way, and writes elsewhere. To take one for the other would
//! cost a circle, so the feed is read from its beginning first.

use rusqlite::Transaction;
use tvaers_wire::entry::Subject;
use tvaers_wire::ids::{CircleId, EntryId};

use super::{HOLD, PushOutcome};
use crate::client::{ClientError, Device, Known};
use crate::store::entries;

/// How far it has come with such a head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unseen {
    /// The relay first named it then, Unix milliseconds by this device.
    Named(i64),
    /// The feed is being read from its beginning.
    Awaited,
    /// It has been read to its end since.
    NotThere,
}

impl Device {
    /// The relay has refused something in a circle for the sake of this head.
    pub(super) fn stale_head(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        circle: &CircleId,
        (head, now): (Option<EntryId>, i64),
        outcome: &mut PushOutcome,
    ) -> Result<(), ClientError> {
        let ours = known.circles.get(circle).filter(|ours| ours.log.subject == Subject::Shared);
        let Some((ours, head)) = ours.zip(head) else { return Ok(()) };
        if entries::has_come(tx, ours.row, &head)? {
            return Ok(());
        }
        let unseen = known.not_shown.entry(*circle).or_insert((head, Unseen::Named(now)));
        if unseen.0 != head {
            *unseen = (head, Unseen::Named(now));
        }
        match unseen.1 {
            // A page that was on its way may be older. A clock that was put back does not make it wait for years.
            Unseen::Named(since) if (0..HOLD).contains(&(now - since)) => {}
            Unseen::Named(_) => {
                unseen.1 = Unseen::Awaited;
                outcome.forgot = true;
            }
            Unseen::Awaited => {}
            Unseen::NotThere => self.give_way(tx, known, circle)?,
        }
        Ok(())
    }
}

impl Known {
    /// A page of the feed has been read; `more`: it does not end there.
    pub(in crate::client) fn has_read(&mut self, more: bool) {
        if more {
            return;
        }
        for (_, unseen) in self.not_shown.values_mut().filter(|(_, unseen)| *unseen == Unseen::Awaited) {
            *unseen = Unseen::NotThere;
        }
    }
}
