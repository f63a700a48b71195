//! What is checked on bytes before Automerge sees them (attacks 32, 36).
//!
//! A small strict parser of Automerge's binary format (<https://automerge.org/automerge-binary-format-spec/>), for the part
//! of it that is written here: uncompressed change and document chunks, maps, lists and texts with strings, numbers,
//! booleans and bytes. It counts what the columns claim and makes nothing of it.

mod columns;
pub(super) mod limits;
mod reader;
#[cfg(test)]
mod tests;

use columns::{Claim, Type, count};
use limits::{MAX_ACTORS, MAX_CHANGE, MAX_CHANGES, MAX_COUNTER, MAX_DEPS, MAX_DOCUMENT_OPS, MAX_OPS, MAX_SNAPSHOT};
use reader::Bytes;

use super::actor::Actor;
use super::error::{Head, Rejected};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const DOCUMENT: u8 = 0;
const CHANGE: u8 = 1;
const COMPRESSED_CHANGE: u8 = 2;

/// Bit of a column specification that says "deflated".
const DEFLATE: u64 = 0b1000;

// Column specifications: id << 4 | type.
const INSERT: u64 = 52;
const ACTION: u64 = 66;
const VALUE_META: u64 = 86;
const VALUE: u64 = 87;

/// Columns of a change's operations.
const CHANGE_OPS: &[(u64, Type)] = &[
    (1, Type::Uint),
    (2, Type::Uint),
    (17, Type::Uint),
    (19, Type::Delta),
    (21, Type::Key),
    (INSERT, Type::Boolean),
    (ACTION, Type::Uint),
    (VALUE_META, Type::ValueMeta),
    (VALUE, Type::Value),
    (112, Type::Group),
    (113, Type::Uint),
    (115, Type::Delta),
];

/// Columns of a document's operations.
const DOCUMENT_OPS: &[(u64, Type)] = &[
    (1, Type::Uint),
    (2, Type::Uint),
    (17, Type::Uint),
    (19, Type::Delta),
    (21, Type::Key),
    (33, Type::Uint),
    (35, Type::Delta),
    (INSERT, Type::Boolean),
    (ACTION, Type::Uint),
    (VALUE_META, Type::ValueMeta),
    (VALUE, Type::Value),
    (128, Type::Group),
    (129, Type::Uint),
    (131, Type::Delta),
];

/// Columns of a document's changes.
const DOCUMENT_CHANGES: &[(u64, Type)] = &[
    (1, Type::Uint),
    (3, Type::Delta),
    (19, Type::Delta),
    (35, Type::Delta),
    (53, Type::Key),
    (64, Type::Group),
    (67, Type::Delta),
    (VALUE_META, Type::ValueMeta),
    (VALUE, Type::Value),
];

/// Actions: make map, set, make list, delete, make text. Counters, tables and marks are not used.
const ACTIONS: u32 = 0b1_1111;
const DELETE: u32 = 1 << 3;
const MAKE_TEXT: u32 = 1 << 4;
/// Value types: null, false, true, unsigned, signed, string, bytes.
const VALUES: u32 = 0b1101_1111;

/// What a change says of itself.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) actor: Actor,
    pub(super) seq: u64,
    pub(super) start_op: u64,
    pub(super) deps: Vec<Head>,
    pub(super) other_actors: u64,
    pub(super) ops: u64,
    /// It deletes or replaces values, or holds mergeable texts.
    pub(super) replaces_or_merges: bool,
}

/// Checks the bytes of exactly one change.
pub(super) fn change(bytes: &[u8]) -> Result<Facts, Rejected> {
    let mut body = chunk(bytes, CHANGE, MAX_CHANGE)?;
    let deps = (0..body.count(MAX_DEPS)?).map(|_| body.array().map(Head)).collect::<Result<Vec<_>, _>>()?;
    let actor = actor(&mut body)?;
    let seq = body.uleb()?;
    let start_op = body.uleb()?;
    body.sleb()?;
    if body.uleb()? != 0 {
        return Err(Rejected::Malformed("a message is not part of a record"));
    }
    let other_actors = body.count(MAX_ACTORS)?;
    for _ in 0..other_actors {
        self::actor(&mut body)?;
    }
    let layout = layout(&mut body, CHANGE_OPS)?;
    let claims = claims(&mut body, &layout, MAX_OPS)?;
    if !body.is_empty() {
        return Err(Rejected::Malformed("bytes after the end"));
    }
    let (ops, actions) = operations(&claims)?;
    let replaced = claims.iter().find(|(spec, _)| *spec == 112).map_or(0, |(_, claim)| claim.sum);
    if start_op == 0 || seq == 0 || start_op.saturating_add(ops) > MAX_COUNTER {
        return Err(Rejected::OutOfSequence);
    }
    let replaces_or_merges = replaced > 0 || actions & (DELETE | MAKE_TEXT) != 0;
    Ok(Facts { actor, seq, start_op, deps, other_actors, ops, replaces_or_merges })
}

/// Checks the bytes of one saved document.
pub(super) fn document(bytes: &[u8]) -> Result<(), Rejected> {
    let mut body = chunk(bytes, DOCUMENT, MAX_SNAPSHOT)?;
    for _ in 0..body.count(MAX_ACTORS)? {
        actor(&mut body)?;
    }
    let heads = body.count(MAX_DEPS)?;
    for _ in 0..heads {
        body.array::<32>()?;
    }
    let changes = layout(&mut body, DOCUMENT_CHANGES)?;
    let ops = layout(&mut body, DOCUMENT_OPS)?;
    // Every change has at least one operation, so there are never more of them.
    claims(&mut body, &changes, MAX_DOCUMENT_OPS.max(MAX_CHANGES as u64))?;
    let ops = claims(&mut body, &ops, MAX_DOCUMENT_OPS)?;
    operations(&ops)?;
    for _ in 0..heads {
        body.uleb()?;
    }
    if body.is_empty() { Ok(()) } else { Err(Rejected::Malformed("bytes after the end")) }
}

/// The body of the only chunk in these bytes.
fn chunk(bytes: &[u8], expected: u8, limit: usize) -> Result<Bytes<'_>, Rejected> {
    if bytes.len() > limit {
        return Err(Rejected::TooLarge { limit });
    }
    let mut all = Bytes(bytes);
    if all.array::<4>()? != MAGIC {
        return Err(Rejected::Malformed("magic bytes"));
    }
    // The checksum is compared with Automerge's hash of the chunk, once that is known.
    all.array::<4>()?;
    match all.array::<1>()? {
        [kind] if kind == expected => {}
        [COMPRESSED_CHANGE] => return Err(Rejected::Compressed),
        _ => return Err(Rejected::Malformed("chunk type")),
    }
    let length = all.uleb()?;
    let body = all.take(length)?;
    if all.is_empty() { Ok(Bytes(body)) } else { Err(Rejected::Malformed("more than one chunk")) }
}

fn actor(body: &mut Bytes<'_>) -> Result<Actor, Rejected> {
    if body.uleb()? != Actor::LEN as u64 {
        return Err(Rejected::Malformed("actor"));
    }
    body.array().map(Actor::new)
}

/// Specification, type and length of each column, in order, each at most once.
fn layout(body: &mut Bytes<'_>, known: &[(u64, Type)]) -> Result<Vec<(u64, Type, u64)>, Rejected> {
    let mut columns: Vec<(u64, Type, u64)> = Vec::new();
    for _ in 0..body.count(known.len() as u64)? {
        let spec = body.uleb()?;
        if spec & DEFLATE != 0 {
            return Err(Rejected::Compressed);
        }
        let length = body.uleb()?;
        let (_, kind) = known.iter().find(|(id, _)| *id == spec).ok_or(Rejected::Malformed("unknown column"))?;
        if columns.last().is_some_and(|(last, ..)| *last >= spec) {
            return Err(Rejected::Malformed("order of columns"));
        }
        columns.push((spec, *kind, length));
    }
    Ok(columns)
}

fn claims(body: &mut Bytes<'_>, layout: &[(u64, Type, u64)], limit: u64) -> Result<Vec<(u64, Claim)>, Rejected> {
    let mut claims = Vec::with_capacity(layout.len());
    for (spec, kind, length) in layout {
        let claim = count(*kind, body.take(*length)?, limit)?;
        if *kind == Type::Group && claim.sum > limit {
            return Err(Rejected::TooManyOperations { limit });
        }
        claims.push((*spec, claim));
    }
    let sum = |wanted: u64| claims.iter().find(|(spec, _)| *spec == wanted).map_or(0, |(_, claim)| claim.sum);
    if sum(VALUE_META) != sum(VALUE) {
        return Err(Rejected::Malformed("values do not fill their column"));
    }
    Ok(claims)
}

/// How many operations there are, and which actions; nothing but what is used here.
fn operations(claims: &[(u64, Claim)]) -> Result<(u64, u32), Rejected> {
    let of =
        |wanted: u64| claims.iter().find(|(spec, _)| *spec == wanted).map_or(Claim::default(), |(_, claim)| *claim);
    let (actions, values) = (of(ACTION), of(VALUE_META));
    if actions.seen & !ACTIONS != 0 || values.seen & !VALUES != 0 {
        return Err(Rejected::Malformed("an operation or value that is not used here"));
    }
    if values.rows != actions.rows {
        return Err(Rejected::Malformed("rows"));
    }
    Ok((actions.rows, actions.seen))
}
