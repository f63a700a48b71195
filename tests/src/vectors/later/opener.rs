//! From what a successor is given to the words of the note: the same steps as `tests/interop/handed_over.py`, through the
//! public interface of the core. The names of failures are those of `docs/protocol.md` §4.6.

use std::collections::HashMap;

use serde_json::Value;
use tvaers_core::circle::open_handed_over;
use tvaers_core::document::{Actor, frozen};
use tvaers_core::keys::{DeviceSecret, KemKey, Parent, Root, Secret};
use tvaers_core::kinds::{Content, Kind};
use tvaers_core::open::{Knowledge, VerifiedItem, unseal, verify_item};
use tvaers_wire::chunk::{KeyBox, ParsedChunk};
use tvaers_wire::entry::{Member, ParsedEntry};
use tvaers_wire::log::{CircleLog, InForce};
use tvaers_wire::vouched::Vouched;

use super::Says;
use crate::vectors::opener::{Named, codec, log_name, open_name, opened, unwrapped, vouched_in};
use crate::vectors::world::unhex;

/// Verifies everything and returns what was seen and heard.
pub(in crate::vectors) fn open(given: &Value, successor: &Value) -> Result<String, Named> {
    let field = |name: &str| unhex(given[name].as_str().unwrap());
    let mut vouched = vouched_in(given)?;
    let seed = |name: &str| Secret::from_slice(&unhex(successor[name].as_str().unwrap())).unwrap();
    let device = DeviceSecret::from_seeds(seed("signing"), seed("kem")).unwrap();
    let person = vouched.person(&device.id()).ok_or("unknown device")?;
    let own = parsed(&field("person_entry"), &mut vouched)?;
    let own_log = CircleLog::found(&own, &vouched, &Says(&vouched, &[])).map_err(log_name)?;
    let mut persons = vec![own_log];
    for bytes in given["others"].as_array().unwrap() {
        let other = parsed(&unhex(bytes.as_str().unwrap()), &mut vouched)?;
        persons.push(CircleLog::found(&other, &vouched, &Says(&vouched, &[])).map_err(log_name)?);
    }
    let (binding, wrap) = (own.public.binding(), field("person_wrap"));
    let root = unwrapped(&own, &wrap, device.kem(), (Member::Device(device.id()), &binding))?;
    let kem = KemKey::from_seed(&opened(&own.public.epoch, root)?.kem_seed()).unwrap();

    let founding = parsed(&field("line_entry"), &mut vouched)?;
    let mut line = CircleLog::found(&founding, &vouched, &Says(&vouched, &persons)).map_err(log_name)?;
    for bytes in given["cut_off"].as_array().unwrap() {
        let entry = parsed(&unhex(bytes.as_str().unwrap()), &mut vouched)?;
        line.append(&entry, &vouched, &Says(&vouched, &persons)).map_err(log_name)?;
    }
    let entry = parsed(&field("hand_over"), &mut vouched)?;
    line.append(&entry, &vouched, &Says(&vouched, &persons)).map_err(log_name)?;

    let handed = entry.handed_over.as_ref().ok_or("not handed over")?;
    let member = (Member::Person(person), &handed.binding);
    let key = unwrapped(&entry, &field("hand_over_wrap"), &kem, member)?;
    let root = open_handed_over(&entry, handed, &key).ok_or("handed root")?;
    let roots = all_roots(&line, root)?;

    let chunk = ParsedChunk::from_bytes(&field("chunk")).map_err(codec("chunk"))?;
    let key: KeyBox = minicbor::decode(&field("box")).map_err(|_| "box malformed")?;
    let know = Knowledge { log: &line, vouched: &vouched, force: &Says(&vouched, &persons), roots: &roots };
    let unsealed = unseal(&chunk, &[key], &know).map_err(open_name)?;
    let VerifiedItem::Frozen(_, header, record) = verify_item(&unsealed, &vouched).map_err(open_name)? else {
        return Err("not an observation");
    };
    if !know.force.lists(&header.author, &header.installation.device) {
        return Err("unknown device");
    }
    let envelope = frozen::read(Kind::Observation, &record.payload, Actor::of(&header.installation));
    match envelope.map_err(|_| "document")?.content {
        Content::Observation(observation) => Ok(observation.seen_heard.as_str().to_owned()),
        _ => Err("document"),
    }
}

/// A voucher that is not the authority's vouches for nothing; the entry is judged without it.
fn parsed(bytes: &[u8], vouched: &mut Vouched) -> Result<ParsedEntry, Named> {
    let entry = ParsedEntry::from_bytes(bytes).map_err(codec("entry"))?;
    for voucher in &entry.public.vouchers {
        let _ = vouched.learn(voucher);
    }
    Ok(entry)
}

/// The root in force and those before it, each as its epoch commits to it.
fn all_roots(line: &CircleLog, newest: Root) -> Result<HashMap<tvaers_wire::ids::EntryId, Root>, Named> {
    let (mut roots, mut root) = (HashMap::new(), newest);
    for (at, epoch) in line.epochs.iter().enumerate().rev() {
        if root.commitment() != epoch.root_commitment {
            return Err("root commitment");
        }
        let before = epoch
            .history
            .first()
            .map(|sealed| root.open_history(sealed, Parent::First, &epoch.binding).ok_or("history"));
        roots.insert(epoch.entry, root);
        match before {
            Some(before) => root = before?,
            None if at == 0 => break,
            None => return Err("history"),
        }
    }
    Ok(roots)
}
