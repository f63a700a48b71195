//! What the store holds, folded.

use std::collections::HashMap;

use rusqlite::Connection;
use tvaers_wire::entry::ParsedEntry;
use tvaers_wire::ids::CircleId;
use tvaers_wire::log::CircleLog;
use tvaers_wire::statement::Authority;

use super::{Circle, Known};
use crate::client::heal::{HEALING, REREAD};
use crate::client::statements;
use crate::client::time::Time;
use crate::store::entries::{self, EntryState};
use crate::store::{StoreError, circles, continued, coordinators, ended, meta, records};

impl Known {
    /// Folds everything accepted before.
    pub(crate) fn load(conn: &Connection, authority: Authority) -> Result<Self, StoreError> {
        let mut known = Self::new(authority);
        known.vouched = statements::recalled(conn, known.vouched.lineage())?;
        let mut entries: HashMap<CircleId, Vec<ParsedEntry>> = HashMap::new();
        let mut order = Vec::new();
        for bytes in entries::in_state(conn, EntryState::Accepted)? {
            let parsed = entries::parsed(&bytes)?;
            let of_circle = entries.entry(parsed.circle).or_insert_with(|| {
                order.push(parsed.circle);
                Vec::new()
            });
            of_circle.push(parsed);
        }
        let mut aside: HashMap<CircleId, Vec<ParsedEntry>> = HashMap::new();
        for bytes in entries::in_state(conn, EntryState::Branch)? {
            let parsed = entries::parsed(&bytes)?;
            aside.entry(parsed.circle).or_default().push(parsed);
        }
        let mut roots = circles::roots(conn)?;
        for facts in circles::all(conn)? {
            let Some(of_circle) = entries.get(&facts.circle) else { continue };
            let log = CircleLog::replay(of_circle).ok_or(StoreError::Damaged { what: "a control log" })?;
            let roots = roots.remove(&facts.circle).unwrap_or_default();
            let aside = aside.remove(&facts.circle).unwrap_or_default();
            known.hold(Circle { aside, roots, purpose: facts.purpose, ..Circle::new(facts.row, log) });
        }
        for (row, continues) in continued::continues(conn)? {
            if let Some(circle) = known.at_row_mut(row) {
                circle.continues = continues;
            }
        }
        for (row, entry, next) in continued::goes_on(conn)? {
            if let Some(circle) = known.at_row_mut(row) {
                circle.goes_on.push((entry, next));
            }
        }
        for circle in order {
            if let Some(found) = known.circles.get(&circle) {
                let subject = found.log.subject;
                known.put_in_force(subject, circle);
            }
        }
        known.time = Time::load(conn)?;
        known.has_ends = !ended::all(conn)?.is_empty();
        known.rereads = meta::get(conn, HEALING)?.is_some_and(|value| value == [REREAD]);
        known.another_life = meta::get(conn, "another-life")?.is_some_and(|value| value != [0]);
        known.passes_on = coordinators::handed_over(conn)?.iter().any(|children| !children.is_empty());
        known.unfinished = records::unfinished(conn)?.into_iter().map(|row| (row, None)).collect();
        Ok(known)
    }

    /// Folds again what the store holds; what time it is was heard outside of it, and so were heads that are not here.
    pub(crate) fn reload(&mut self, conn: &Connection, authority: Authority) -> Result<(), StoreError> {
        let (time, mut not_shown) = (self.time, std::mem::take(&mut self.not_shown));
        *self = Self::load(conn, authority)?;
        self.time = time.kept_as(&self.time);
        not_shown.retain(|circle, _| self.circles.contains_key(circle));
        self.not_shown = not_shown;
        Ok(())
    }

    fn at_row_mut(&mut self, row: i64) -> Option<&mut Circle> {
        self.circles.get_mut(self.rows.get(&row)?)
    }
}
