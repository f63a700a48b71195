//! What has not arrived: in numbers for a first page, and one by one for the page behind it.

use tvaers_wire::ids::{ChildId, RecordId};

use super::rows::Row;
use crate::client::{ClientError, Device};
use crate::kinds::{ChildRef, Kind};

/// What is new, on its way or stuck on this device.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// Records by others that nobody has opened here.
    pub unread: usize,
    /// Own records that have not left, or not to everybody.
    pub unsent: usize,
    /// How many of them wait for a reason that time alone does not remove.
    pub stuck: usize,
    /// Chunks and control entries that are here and wait for something else before they can be opened or taken.
    pub waiting: usize,
    /// What arrived and will not open.
    pub set_aside: usize,
}

/// An own record that has not left, or not to everybody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsent {
    /// The record.
    pub row: Row,
    /// Why it waits, in the relay's stable code; `None` if it simply has not been sent yet.
    pub stuck: Option<String>,
}

const OUTSTANDING: &str = "record.author = ?1 AND record.kind <> 18 AND record.id IN \
    (SELECT record FROM outbox WHERE record IS NOT NULL UNION SELECT record FROM share)";
const REASON: &str = "(SELECT max(coalesce(outbox.reason, nullif(circle.held_reason, ''))) FROM outbox \
    JOIN circle ON circle.id = outbox.circle WHERE outbox.record = record.id)";

impl Device {
    /// What is new, on its way or stuck.
    ///
    /// # Errors
    /// A store error.
    pub fn standing(&self) -> Result<Standing, ClientError> {
        self.store().read(|conn| {
            let me = self.person();
            let count = |sql: &str| {
                let number = conn.prepare_cached(sql)?.query_row([me.as_bytes()], |row| row.get::<_, i64>(0));
                number.map(|number| usize::try_from(number).unwrap_or_default())
            };
            Ok(Standing {
                unread: count(
                    "SELECT count(*) FROM record WHERE author <> ?1 AND state < 2 AND read_at IS NULL AND kind <> 18",
                )?,
                unsent: count(&format!("SELECT count(*) FROM record WHERE {OUTSTANDING}"))?,
                stuck: count(&format!("SELECT count(*) FROM record WHERE {OUTSTANDING} AND {REASON} IS NOT NULL"))?,
                // `?1` is named so that every count takes the same parameter.
                waiting: count(
                    "SELECT (SELECT count(*) FROM chunk WHERE state IN (0, 3)) + \
                     (SELECT count(*) FROM entry WHERE state = 0) WHERE ?1 IS NOT NULL",
                )?,
                set_aside: count(
                    "SELECT (SELECT count(*) FROM chunk WHERE state = 4) + (SELECT count(*) FROM aside) + \
                     (SELECT count(*) FROM entry WHERE state = 2) WHERE ?1 IS NOT NULL",
                )?,
            })
        })
    }

    /// Own records that have not left, or not to everybody, oldest first.
    ///
    /// # Errors
    /// A store error.
    pub fn unsent(&self) -> Result<Vec<Unsent>, ClientError> {
        let rows = self.rows(&format!("WHERE {OUTSTANDING} ORDER BY record.id"), [self.person().as_bytes()])?;
        let reason = format!("SELECT {REASON} FROM record WHERE record.record = ?1");
        self.store().read(|conn| {
            let mut query = conn.prepare_cached(&reason)?;
            let mut unsent = Vec::with_capacity(rows.len());
            for row in rows {
                let stuck = query.query_row([row.record.as_bytes()], |row| row.get(0))?;
                unsent.push(Unsent { row, stuck });
            }
            Ok(unsent)
        })
    }

    /// Reasons why other things were set aside than a chunk of a known writer: control entries, and bytes that are not
    /// even shaped like what they should be. Newest first.
    ///
    /// # Errors
    /// A store error.
    pub fn malformed(&self) -> Result<Vec<String>, ClientError> {
        self.store().read(|conn| {
            let sql = "SELECT coalesce(reason, '') FROM entry WHERE state = 2 UNION ALL SELECT reason FROM aside";
            let mut query = conn.prepare_cached(sql)?;
            let rows = query.query_map([], |row| row.get(0))?;
            let mut reasons: Vec<String> = rows.collect::<Result<_, _>>()?;
            reasons.reverse();
            Ok(reasons)
        })
    }

    /// The child as it is called here: by its own record, else by an own record about it, else by the newest one.
    ///
    /// # Errors
    /// A store error.
    pub fn child(&self, child: &ChildId) -> Result<Option<ChildRef>, ClientError> {
        let order = "WHERE record.child = ?1 AND record.state = 1 \
                     ORDER BY record.kind = ?2 DESC, record.author = ?3 DESC, record.id DESC LIMIT 1";
        let rows = self.rows(order, (child.as_bytes(), Kind::Child.code(), self.person().as_bytes()))?;
        rows.first().map_or(Ok(None), |row| Ok(self.envelope(&row.record)?.about))
    }

    /// Records that answer, correct or measure this one, or one that it carries on, in the order in which things happened.
    ///
    /// # Errors
    /// A store error.
    pub fn answers_to(&self, record: &RecordId) -> Result<Vec<Row>, ClientError> {
        let order = "WHERE record.answers IN (WITH RECURSIVE same (id) AS (SELECT ?1 UNION SELECT earlier.carries \
                     FROM record AS earlier JOIN same ON earlier.record = same.id WHERE earlier.carries IS NOT NULL) \
                     SELECT id FROM same) AND record.state = 1 ORDER BY record.occurred_at, record.id";
        self.rows(order, [record.as_bytes()])
    }
}
