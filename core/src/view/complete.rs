//! What does not add up: counters that are missing here, and chunks that others were shown instead. Found by what others say in
//! their receipts they have seen, so that a relay would have to hide every one of those too (attacks 9, 10, 16).

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use tvaers_wire::ids::{ChunkId, Installation, PersonId};

use crate::client::{ClientError, Device};
use crate::seal::Seen;
use crate::store::{StoreError, inbox, reach};

/// Something in a colleague's chain that does not add up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Doubt {
    /// Not everything that was written is here: all up to `here` is, and `known` is the highest counter heard of.
    Incomplete {
        /// Counter.
        here: u64,
        /// Counter.
        known: u64,
    },
    /// Two chunks have this counter: two histories were shown.
    Forked {
        /// Counter.
        counter: u64,
    },
}

/// A doubt, and about whose chain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Doubted {
    /// Whose; `None` if nobody vouches for the device any more.
    pub from: Option<PersonId>,
    /// What does not add up.
    pub doubt: Doubt,
}

impl Device {
    /// What does not add up in what the relay has shown here, compared with what it has shown to others.
    ///
    /// # Errors
    /// A store error.
    pub fn doubts(&self) -> Result<Vec<Doubted>, ClientError> {
        let known = self.known();
        let found = self.store().read(|conn| doubts(conn, &self.installation()))?;
        let about = |(installation, doubt): (Installation, Doubt)| Doubted {
            from: known.vouched.person(&installation.device),
            doubt,
        };
        let mut doubted: Vec<Doubted> = found.into_iter().map(about).collect();
        doubted.sort_unstable();
        doubted.dedup();
        Ok(doubted)
    }
}

type Found = (Installation, Doubt);

fn doubts(conn: &Connection, own: &Installation) -> Result<Vec<Found>, StoreError> {
    let mut found = Vec::new();
    // (circle, installation): the highest counter heard of.
    let mut heard: BTreeMap<(i64, i64), u64> = BTreeMap::new();
    for (circle, installation, hi) in numbers(conn, "SELECT circle, installation, max(hi) FROM ahead GROUP BY 1, 2")? {
        heard.insert((circle, installation), hi as u64);
    }
    for (circle, ..) in numbers(conn, "SELECT DISTINCT circle, 0, 0 FROM receipt")? {
        for (_, receipt) in reach::receipts(conn, circle)? {
            for seen in receipt.seen.iter().filter(|seen| seen.installation.device != own.device) {
                let Some(row) = inbox::known_installation(conn, &seen.installation)? else {
                    found.push((seen.installation, Doubt::Incomplete { here: 0, known: seen.counter }));
                    continue;
                };
                if is_other(conn, (circle, row), seen)? {
                    found.push((seen.installation, Doubt::Forked { counter: seen.counter }));
                }
                let highest = heard.entry((circle, row)).or_default();
                *highest = seen.counter.max(*highest);
            }
        }
    }
    for ((circle, installation), known) in heard {
        let (here, whose) = (reach::reached(conn, circle, installation)?, inbox::installation_at(conn, installation)?);
        // The own chain is not accounted for: it is made here.
        if here < known && whose.device != own.device {
            found.push((whose, Doubt::Incomplete { here, known }));
        }
    }
    // Only what its writer has signed and was opened: anybody can make two chunks that are not.
    let twice =
        "SELECT circle, installation, counter FROM chunk WHERE state IN (1, 2) GROUP BY 1, 2, 3 HAVING count(*) > 1";
    for (_, installation, counter) in numbers(conn, twice)? {
        found.push((inbox::installation_at(conn, installation)?, Doubt::Forked { counter: counter as u64 }));
    }
    Ok(found)
}

/// True if another chunk is here under the counter of one that somebody has seen.
fn is_other(conn: &Connection, (circle, installation): (i64, i64), seen: &Seen) -> Result<bool, StoreError> {
    let sql = "SELECT chunk FROM chunk WHERE circle = ?1 AND installation = ?2 AND counter = ?3 AND state IN (1, 2)";
    let mut query = conn.prepare_cached(sql)?;
    let here: Option<[u8; 32]> =
        query.query_row((circle, installation, seen.counter as i64), |row| row.get(0)).optional()?;
    Ok(here.is_some_and(|here| ChunkId::new(here) != seen.chunk))
}

fn numbers(conn: &Connection, sql: &str) -> Result<Vec<(i64, i64, i64)>, StoreError> {
    let mut query = conn.prepare_cached(sql)?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
