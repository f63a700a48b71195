//! What goes along into a circle that continues another, and what does not: frozen records as they were signed, living ones as new
//! documents that begin with the text of today; and nothing by itself.

use std::collections::{BTreeSet, HashSet};

use rusqlite::{Connection, Transaction};
use tvaers_wire::entry::{Member, Rights};
use tvaers_wire::ids::CircleId;
use tvaers_wire::log::Membership;

use super::known::Circle;
use super::{ClientError, Device, Known};
use crate::audience::Audience;
use crate::circle::Purpose;
use crate::kinds::Kind;
use crate::moment::Moment;
use crate::record::Carried;
use crate::store::{StoreError, continued, records, shares};

impl Device {
    /// The circle in which a record of a case is shared with those who read from now on: one with all of these, which continues a case
    /// that the record lies in.
    pub(super) fn shared_later(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        row: i64,
        with: &Audience,
    ) -> Result<Option<i64>, ClientError> {
        let (Audience::Case(members), Some(child)) = (with, records::get(tx, row)?.child) else { return Ok(None) };
        let bound = self.bound_to(tx, known, row)?;
        let continues = |circle: &&Circle| {
            circle.purpose == Some(Purpose::Case(child))
                && !known.is_over(circle, &self.person)
                && !known.before(circle).is_disjoint(&bound)
                && known.all_in(circle, members)
        };
        Ok(self.best(known, continues).map(|circle| circle.row))
    }

    /// Shares a record in a circle that continues the one it lies in: a frozen one as it was signed; a living one as a new document.
    pub(super) fn bring_over(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        row: i64,
        (circle, basis): (i64, Option<&str>),
        moment: &mut Moment<'_>,
    ) -> Result<(), ClientError> {
        // It may have been carried over before, for somebody else: that is the text of today.
        let row = self.last_carried(tx, known, row)?;
        let facts = records::get(tx, row)?;
        let Some(kind) = Kind::from_code(facts.kind).filter(|kind| kind.is_living()) else {
            return self.enqueue(tx, known, row, (circle, basis), moment);
        };
        if shares::places(tx, row)?.contains(&circle) {
            return Ok(());
        }
        let envelope = self.living(tx, row, kind)?.0.view()?;
        let author = facts.carried.map_or(facts.author, |before| before.author);
        let made = match self.found_living(&envelope, Some(Carried { record: facts.id, author }), moment) {
            // It has grown, since it was chosen, beyond what one may begin with. It stays where it is.
            Err(ClientError::Document(_)) => return Ok(()),
            made => made?,
        };
        let row = self.keep(tx, &made, &envelope)?;
        self.enqueue(tx, known, row, (circle, basis), moment)
    }

    /// The living record that carries this one on, if whoever founded it may say so: it lies in a circle that continues one in which this
    /// lies, and its founder manages or has managed that.
    pub(crate) fn carried_on(&self, conn: &Connection, known: &Known, row: i64) -> Result<Option<i64>, StoreError> {
        let id = records::get(conn, row)?.id;
        let mut here: Option<Vec<CircleId>> = None;
        for (next, founder) in continued::carriers(conn, &id)? {
            let here = match &mut here {
                Some(here) => here,
                none => none.insert(circle_ids(known, &shares::places(conn, row)?)),
            };
            let continues = |circle: &&Circle| {
                let before = known.before(circle);
                let managed = |(_, member, held): &(usize, Member, Option<Membership>)| {
                    let persons = known.persons_behind([member].into_iter());
                    held.is_some_and(|held| held.rights == Rights::Manage) && persons.contains(&founder)
                };
                known.is_continuation(circle)
                    && here.iter().any(|place| before.contains(place))
                    && circle.log.past.iter().any(managed)
            };
            let places = shares::places(conn, next)?;
            if places.iter().filter_map(|place| known.at_row(*place)).any(|circle| continues(&circle)) {
                return Ok(Some(next));
            }
        }
        Ok(None)
    }

    /// The newest record that carries this one on; itself if none does.
    pub(crate) fn last_carried(&self, conn: &Connection, known: &Known, row: i64) -> Result<i64, StoreError> {
        let (mut last, mut seen) = (row, HashSet::from([row]));
        while let Some(next) = self.carried_on(conn, known, last)?.filter(|next| seen.insert(*next)) {
            last = next;
        }
        Ok(last)
    }

    /// The cases that are over in which a record lies, or what it answers: it follows nobody to where those go on.
    pub(super) fn bound_to(
        &self,
        conn: &Connection,
        known: &Known,
        row: i64,
    ) -> Result<BTreeSet<CircleId>, StoreError> {
        let mut bound = BTreeSet::new();
        for row in [Some(row), continued::answered_row(conn, row)?].into_iter().flatten() {
            let mut places = shares::places(conn, row)?;
            places.extend(records::travelled_in(conn, row)?);
            let cases = places.iter().filter_map(|place| known.at_row(*place));
            let cases: Vec<&Circle> = cases.filter(|circle| matches!(circle.purpose, Some(Purpose::Case(_)))).collect();
            for circle in cases.iter().filter(|circle| known.is_over(circle, &self.person)) {
                // What somebody has shared where it goes on, is free there.
                let shared = known.after(circle).iter().any(|next| cases.iter().any(|case| case.row == next.row));
                if !shared {
                    bound.insert(circle.log.id);
                }
            }
        }
        Ok(bound)
    }
}

fn circle_ids(known: &Known, rows: &[i64]) -> Vec<CircleId> {
    rows.iter().filter_map(|row| known.at_row(*row)).map(|circle| circle.log.id).collect()
}
