//! Intents: changes of membership that are to be made at the next contact.

use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use tvaers_wire::entry::{Member, Rights};
use tvaers_wire::ids::CircleId;

use super::StoreError;
use super::circles::{cbor, id32};

/// What is wanted for a member.
#[derive(Clone, PartialEq, Eq, Debug, minicbor::Encode, minicbor::Decode)]
pub(crate) enum Wanted {
    /// To be a member with these rights.
    #[n(0)]
    Rights(#[n(0)] Rights),
    /// Not to be a member any more, and why.
    #[n(1)]
    Gone(#[n(0)] Option<String>),
    /// Of a device that is out: that the circle says what of it still counts.
    #[n(2)]
    CutOff,
    /// To manage in place of this person, with everything that was written before. `true`: this person then leaves.
    #[n(3)]
    HandedOver(#[n(0)] bool),
    /// To have the key in force, which was drawn while they were away.
    #[n(4)]
    Key,
    /// Of this device: that the two heads of the circle become one.
    #[n(5)]
    United,
    /// Of this person, who manages it: that its log says where it goes on.
    #[n(6)]
    ContinuedIn(#[n(0)] CircleId),
    /// To stand in for this person until this time, Unix seconds: to read everything and to write.
    #[n(7)]
    Covered(#[n(0)] u64),
}

/// What is wanted of a circle.
#[derive(Debug)]
pub(crate) struct Intent {
    pub(crate) circle: CircleId,
    pub(crate) wants: Vec<(Member, Wanted)>,
}

/// Asks for a change of membership at the next contact, in place of what was asked for this member before.
pub(crate) fn put(tx: &Transaction<'_>, row: i64, member: &Member, wanted: &Wanted) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO intent (circle, member, wanted) VALUES (?1, ?2, ?3)";
    tx.prepare_cached(sql)?.execute((row, cbor(member), cbor(wanted)))?;
    Ok(())
}

/// Asks for a new key for a member, unless something else is wanted for them.
pub(crate) fn ask_key(tx: &Transaction<'_>, row: i64, member: &Member) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO intent (circle, member, wanted) VALUES (?1, ?2, ?3)";
    tx.prepare_cached(sql)?.execute((row, cbor(member), cbor(&Wanted::Key)))?;
    Ok(())
}

/// What is wanted for a member.
pub(crate) fn wanted_for(conn: &Connection, row: i64, member: &Member) -> Result<Option<Wanted>, StoreError> {
    let mut query = conn.prepare_cached("SELECT wanted FROM intent WHERE circle = ?1 AND member = ?2")?;
    let wanted: Option<Vec<u8>> = query.query_row((row, cbor(member)), |row| row.get(0)).optional()?;
    let damaged = |_| StoreError::Damaged { what: "a change that was to be made" };
    wanted.map(|wanted| minicbor::decode(&wanted).map_err(damaged)).transpose()
}

/// What is wanted of the circle in this row, by member.
pub(crate) fn of(conn: &Connection, row: i64) -> Result<Vec<(Member, Wanted)>, StoreError> {
    let mut query = conn.prepare_cached("SELECT member, wanted FROM intent WHERE circle = ?1 ORDER BY 1")?;
    let mut rows = query.query([row])?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        out.push(want(row, 0)?);
    }
    Ok(out)
}

/// A member, and what is wanted for them, from two columns.
fn want(row: &Row<'_>, at: usize) -> Result<(Member, Wanted), StoreError> {
    let (member, wanted): (Vec<u8>, Vec<u8>) = (row.get(at)?, row.get(at + 1)?);
    let damaged = |_| StoreError::Damaged { what: "a change that was to be made" };
    Ok((minicbor::decode(&member).map_err(damaged)?, minicbor::decode(&wanted).map_err(damaged)?))
}

/// What is wanted, by circle.
pub(crate) fn all(conn: &Connection) -> Result<Vec<Intent>, StoreError> {
    let sql = "SELECT circle.circle, member, wanted FROM intent JOIN circle ON circle.id = intent.circle ORDER BY 1, 2";
    let mut query = conn.prepare_cached(sql)?;
    let mut rows = query.query([])?;
    let mut out: Vec<Intent> = Vec::new();
    while let Some(row) = rows.next()? {
        let (circle, want): (CircleId, _) = (id32(row, 0)?, want(row, 1)?);
        match out.last_mut().filter(|intent| intent.circle == circle) {
            Some(intent) => intent.wants.push(want),
            None => out.push(Intent { circle, wants: vec![want] }),
        }
    }
    Ok(out)
}

/// The change was carried out, or is no longer wanted.
pub(crate) fn drop(tx: &Transaction<'_>, row: i64, member: &Member) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM intent WHERE circle = ?1 AND member = ?2")?.execute((row, cbor(member)))?;
    Ok(())
}

/// Nothing is wanted of a circle that counts no longer, but that whoever somebody has taken out goes, should it ever count again.
pub(crate) fn drop_but_removals(tx: &Transaction<'_>, row: i64) -> Result<(), StoreError> {
    for (member, wanted) in of(tx, row)? {
        if !matches!(wanted, Wanted::Gone(Some(_))) {
            drop(tx, row, &member)?;
        }
    }
    Ok(())
}

/// Nothing is wanted of a circle any more.
pub(crate) fn drop_all(tx: &Transaction<'_>, row: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM intent WHERE circle = ?1")?.execute([row])?;
    Ok(())
}
