//! Counting what columns claim, without making any of it.
//!
//! Columns are run-length encoded: `n > 0, value` is n times the value, `n < 0, values` are |n| values, `0, n` is n nulls;
//! booleans are lengths of runs. So a few bytes can claim millions of rows; here they are only added up.

use std::collections::HashSet;

use super::limits::{MAX_FIELD, MAX_KEY, MAX_KEYS};
use super::reader::Bytes;
use crate::document::error::Rejected;

/// What is in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// Unsigned numbers: actors, counters, actions.
    Uint,
    /// Signed differences.
    Delta,
    /// How many rows of the next columns belong to this row.
    Group,
    /// Runs of false and true.
    Boolean,
    /// Keys.
    Key,
    /// Type and length of values.
    ValueMeta,
    /// The values' bytes.
    Value,
}

/// What a column claims.
#[derive(Default, Clone, Copy)]
pub(super) struct Claim {
    /// Rows, nulls included.
    pub(super) rows: u64,
    /// Sum of all numbers: rows of a group, bytes of values.
    pub(super) sum: u64,
    /// Bit n is set if the number n < 32 occurs.
    pub(super) seen: u32,
}

/// Adds up one column; stops as soon as it claims more than `limit` rows.
pub(super) fn count(kind: Type, data: &[u8], limit: u64) -> Result<Claim, Rejected> {
    let mut bytes = Bytes(data);
    let mut claim = Claim::default();
    let mut keys = HashSet::new();
    if kind == Type::Value {
        return Ok(Claim { sum: data.len() as u64, ..claim });
    }
    if kind == Type::Boolean {
        while !bytes.is_empty() {
            claim.add_rows(bytes.uleb()?, limit)?;
        }
        return Ok(claim);
    }
    while !bytes.is_empty() {
        match bytes.sleb()? {
            0 => claim.add_rows(bytes.uleb()?, limit)?,
            run if run > 0 => {
                claim.add_rows(run.unsigned_abs(), limit)?;
                claim.value(kind, &mut bytes, run.unsigned_abs(), &mut keys)?;
            }
            literal => {
                claim.add_rows(literal.unsigned_abs(), limit)?;
                for _ in 0..literal.unsigned_abs() {
                    claim.value(kind, &mut bytes, 1, &mut keys)?;
                }
            }
        }
    }
    Ok(claim)
}

impl Claim {
    fn add_rows(&mut self, rows: u64, limit: u64) -> Result<(), Rejected> {
        self.rows = self.rows.saturating_add(rows);
        if self.rows > limit { Err(Rejected::TooManyOperations { limit }) } else { Ok(()) }
    }

    fn value<'a>(
        &mut self,
        kind: Type,
        bytes: &mut Bytes<'a>,
        times: u64,
        keys: &mut HashSet<&'a [u8]>,
    ) -> Result<(), Rejected> {
        match kind {
            Type::Delta => {
                bytes.sleb()?;
            }
            Type::Key => {
                let length = bytes.uleb()?;
                let key = bytes.take(length)?;
                keys.insert(key);
                if key.len() > MAX_KEY || keys.len() > MAX_KEYS {
                    return Err(Rejected::Keys);
                }
                std::str::from_utf8(key).map_err(|_| Rejected::Malformed("key"))?;
            }
            Type::ValueMeta => {
                let meta = bytes.uleb()?;
                let length = meta >> 4;
                if length > MAX_FIELD as u64 {
                    return Err(Rejected::ValueTooLong);
                }
                self.seen |= 1 << (meta & 15);
                self.sum = self.sum.saturating_add(length.saturating_mul(times));
            }
            _ => {
                let number = bytes.uleb()?;
                self.seen |= u32::try_from(number).ok().and_then(|bit| 1u32.checked_shl(bit)).unwrap_or(1 << 31);
                self.sum = self.sum.saturating_add(number.saturating_mul(times));
            }
        }
        Ok(())
    }
}
