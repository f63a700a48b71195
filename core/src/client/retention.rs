//! Retention (decision 0030): what the municipality keeps no longer is hidden by this device's clock, also without a network, and erased
//! when the relay's clock says the same: whoever manages a circle asks, and somebody else's device, by whose clock it is over too, agrees.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rusqlite::Transaction;

use super::erasure::unasked;
use super::known::Circle;
use super::{ClientError, Device, Known};
use crate::directory::Retention;
use crate::store::erasure::{self, Erasing};
use crate::store::{meta, records, retention, shares};

/// How often a device looks, by its clock, in milliseconds.
const EVERY: i64 = 3_600_000;
/// When it last did, and by which directory.
const LOOKED: &str = "retention";

impl Device {
    /// Hides what is kept no longer by this clock, shows again what was hidden by a wrong one, and asks for what is over by the relay's to be
    /// erased. Once an hour, and when the rules have changed. Returns how many records are hidden.
    ///
    /// # Errors
    /// A store error.
    pub fn keep_retention(&self, now: i64) -> Result<usize, ClientError> {
        let staff = self.staff();
        let rules = staff.directory.policy.as_ref().map_or(&[][..], |policy| &policy.retention);
        let looked = [&now.to_be_bytes()[..], &staff.head.0].concat();
        let is_due = self.store.read(|conn| {
            let last = meta::get(conn, LOOKED)?;
            // A device without rules, and without anything hidden, has nothing to look at, ever.
            let idle = rules.is_empty() && last.is_none();
            let fresh = last.is_some_and(|last| {
                let at = last.first_chunk::<8>().map_or(0, |at| i64::from_be_bytes(*at));
                last.get(8..) == looked.get(8..) && (at..at.saturating_add(EVERY)).contains(&now)
            });
            Ok::<_, ClientError>(!idle && !fresh)
        })?;
        if !is_due {
            return Ok(0);
        }
        self.change_with_room(|tx, known| {
            meta::set(tx, LOOKED, &looked)?;
            let heard = retention::heard(tx)?;
            let mut kinds: BTreeSet<u8> = rules.iter().map(|rule| rule.kind).collect();
            kinds.extend(retention::hidden_kinds(tx)?);
            let mut count = 0;
            for kind in kinds {
                let rule = rules.iter().find(|rule| rule.kind == kind);
                for (record, received, was_hidden) in retention::ages(tx, kind)? {
                    let held = self.is_held(tx, known, record)?;
                    let over = |clock: i64| rule.is_some_and(|rule| is_over(rule, received, clock)) && !held;
                    if over(now) != was_hidden {
                        retention::hide(tx, record, over(now))?;
                    }
                    count += usize::from(over(now));
                    // Neither a phone's clock nor the relay's destroys anything alone.
                    if over(now) && heard.is_some_and(over) {
                        self.ask_for_expired(tx, known, record)?;
                    }
                }
            }
            // Somebody else's device may have looked first, and asked.
            known.circles.values().try_for_each(|circle| self.agree_by_itself(tx, known, circle))?;
            Ok(count)
        })
    }

    /// True if the municipality keeps a record no longer, by the rules that are known here, the relay's clock, and this device's when it
    /// last looked.
    pub(super) fn is_over(&self, tx: &Transaction<'_>, known: &Known, record: i64) -> Result<bool, ClientError> {
        let (staff, kind) = (self.staff(), records::get(tx, record)?.kind);
        let rules = staff.directory.policy.iter().flat_map(|policy| &policy.retention);
        let Some(rule) = rules.into_iter().find(|rule| rule.kind == kind) else { return Ok(false) };
        // Of most records this is the last question; the relay's newest time is looked for among all chunks.
        if !retention::is_hidden(tx, record)? {
            return Ok(false);
        }
        let (Some(received), Some(heard)) = (retention::age(tx, record)?, retention::heard(tx)?) else {
            return Ok(false);
        };
        Ok(is_over(rule, received, heard) && !self.is_held(tx, known, record)?)
    }

    fn is_held(&self, tx: &Transaction<'_>, known: &Known, record: i64) -> Result<bool, ClientError> {
        let places = shares::places(tx, record)?;
        Ok(places.iter().filter_map(|place| known.at_row(*place)).any(|circle| circle.log.erasure.held))
    }

    fn ask_for_expired(&self, tx: &Transaction<'_>, known: &Known, record: i64) -> Result<(), ClientError> {
        let places = shares::places(tx, record)?;
        let managed = |circle: &&Circle| self.may_ask(known, circle);
        for circle in places.iter().filter_map(|place| known.at_row(*place)).filter(managed) {
            if !unasked(tx, circle, record)?.is_empty() {
                erasure::want(tx, circle.row, &Erasing::Erase(record, None))?;
            }
        }
        Ok(())
    }
}

/// True if so many months have passed since then, by calendar in UTC.
fn is_over(rule: &Retention, since: i64, clock: i64) -> bool {
    let end = Timestamp::from_millisecond(since).ok().and_then(|since| {
        let since = since.to_zoned(TimeZone::UTC);
        since.checked_add(Span::new().try_months(rule.months).ok()?).ok()
    });
    end.is_some_and(|end| end.timestamp().as_millisecond() <= clock)
}
