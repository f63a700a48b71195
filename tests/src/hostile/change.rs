//! Automerge changes made byte by byte, well-formed in every way but the one that matters.

use ring::digest::{SHA256, digest};
use tvaers_core::document::{Actor, Head};

/// Columns of a change's operations: id << 4 | type.
const OBJECT_ACTOR: u64 = 1;
const OBJECT: u64 = 2;
const KEY: u64 = 21;
const INSERT: u64 = 52;
const ACTION: u64 = 66;
const VALUE_META: u64 = 86;
const VALUE: u64 = 87;
const PREDECESSORS: u64 = 112;

/// A change to be made.
pub struct Change {
    /// Whose.
    pub actor: Actor,
    /// Its number.
    pub seq: u64,
    /// The number of its first operation.
    pub start_op: u64,
    /// What it builds on.
    pub deps: Vec<Head>,
    /// Column by column.
    pub columns: Vec<(u64, Vec<u8>)>,
}

impl Change {
    /// A first change of an actor without operations.
    pub fn first(actor: Actor) -> Self {
        Self { actor, seq: 1, start_op: 1, deps: Vec::new(), columns: Vec::new() }
    }

    /// So many times "key = nothing", run-length encoded.
    pub fn run(mut self, ops: u64, key: &str) -> Self {
        let run = |value: &[u8]| [&sleb(ops as i64)[..], value].concat();
        let key = [&[key.len() as u8], key.as_bytes()].concat();
        self.columns = vec![
            (KEY, run(&key)),
            (INSERT, uleb(ops)),
            (ACTION, run(&[1])),
            (VALUE_META, run(&[0])),
            (PREDECESSORS, run(&[0])),
        ];
        self
    }

    /// One "key = text" for each.
    pub fn sets<'a>(mut self, fields: impl Iterator<Item = (String, &'a str)> + Clone) -> Self {
        let count = fields.clone().count() as u64;
        let run = |value: &[u8]| [&sleb(count as i64)[..], value].concat();
        let literal = |values: Vec<Vec<u8>>| [&sleb(-(count as i64))[..], &values.concat()].concat();
        let keys = fields.clone().map(|(key, _)| [&uleb(key.len() as u64)[..], key.as_bytes()].concat()).collect();
        let metas = fields.clone().map(|(_, text)| uleb((text.len() as u64) << 4 | 6)).collect();
        self.columns = vec![
            (KEY, literal(keys)),
            (INSERT, uleb(count)),
            (ACTION, run(&[1])),
            (VALUE_META, literal(metas)),
            (VALUE, fields.map(|(_, text)| text).collect::<String>().into_bytes()),
            (PREDECESSORS, run(&[0])),
        ];
        self
    }

    /// So many maps inside each other.
    pub fn nests(mut self, depth: u64) -> Self {
        let run = |value: &[u8]| [&sleb(depth as i64)[..], value].concat();
        // The first lies in the root, each other in the one that the operation before it made.
        let below = depth as i64 - 1;
        let actors = [&[0, 1][..], &sleb(below), &[0]].concat();
        let parents = (1..depth).flat_map(uleb).collect::<Vec<u8>>();
        let parents = [&[0, 1][..], &sleb(-below), &parents].concat();
        self.columns = vec![
            (OBJECT_ACTOR, actors),
            (OBJECT, parents),
            (KEY, run(b"\x01k")),
            (INSERT, uleb(depth)),
            (ACTION, run(&[0])),
            (VALUE_META, run(&[0])),
            (PREDECESSORS, run(&[0])),
        ];
        self
    }

    /// Its bytes and its hash.
    pub fn build(&self) -> (Vec<u8>, Head) {
        let mut body = uleb(self.deps.len() as u64);
        self.deps.iter().for_each(|dep| body.extend(dep.0));
        body.extend(uleb(Actor::LEN as u64));
        body.extend(self.actor.as_bytes());
        body.extend([uleb(self.seq), uleb(self.start_op), vec![0, 0, 0], uleb(self.columns.len() as u64)].concat());
        for (spec, data) in &self.columns {
            body.extend([uleb(*spec), uleb(data.len() as u64)].concat());
        }
        self.columns.iter().for_each(|(_, data)| body.extend(data));
        let hashed = [&[1], &uleb(body.len() as u64)[..], &body].concat();
        let head = Head(digest(&SHA256, &hashed).as_ref().try_into().unwrap());
        ([&[0x85, 0x6f, 0x4a, 0x83], &head.0[..4], &hashed].concat(), head)
    }
}

fn uleb(mut number: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
    out
}

fn sleb(mut number: i64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if (number == 0 && byte & 0x40 == 0) || (number == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}
