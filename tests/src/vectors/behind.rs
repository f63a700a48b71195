//! Two heads of the line, one of which begins with what a relay took from a device that the line had cut off before: the relay had
//! forgotten that the device is revoked.

use serde_json::{Value, json};
use tvaers_core::circle::{Draft, MadeEntry, append, renew, unite};
use tvaers_core::directory::AuthorityKey;
use tvaers_core::keys::{DeviceSecret, Root, Secret};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Change, Entry, EntryPublic, Member, ParsedEntry, Rights};
use tvaers_wire::hash::Label;
use tvaers_wire::ids::{DeviceId, Fixed, PersonId};
use tvaers_wire::log::{Branches, CircleLog, InForce, LogError};
use tvaers_wire::statement::{SignedStatement, Standing};
use tvaers_wire::vouched::Vouched;

use super::world::{Force, World, adding, hex, person_member};
use crate::dice::Seeded;

/// As everybody knows it by now: this device is out.
struct Out(DeviceId);

impl InForce for Out {
    fn log_of(&self, member: &Member) -> Option<&CircleLog> {
        Force.log_of(member)
    }
    fn has_circle(&self, member: &Member) -> bool {
        Force.has_circle(member)
    }
    fn lists(&self, person: &PersonId, device: &DeviceId) -> bool {
        Force.lists(person, device)
    }
    fn out_since(&self, device: &DeviceId) -> Option<u64> {
        (*device == self.0).then_some(101)
    }
}

/// The line, its cut-off of the author, the author's key after it, the stranger's coming, and what unites the two.
struct Behind {
    vouched: Vouched,
    statements: [SignedStatement; 3],
    entries: [ParsedEntry; 4],
    bytes: [Vec<u8>; 4],
    /// With the stranger, as somebody follows it who knows that the author's device is out.
    log: CircleLog,
    made: MadeEntry,
    root: Root,
}

impl Behind {
    fn build(world: &World) -> Self {
        let mut rng = Seeded::new(b"tvaers frozen vectors 1, behind");
        let (author, reader, mut vouched) = (&world.author, &world.reader, world.vouched.clone());
        let seed = Secret::new(world.authority_seed);
        let mut authority = AuthorityKey::from_seed(&seed, world.municipality, 100).unwrap();
        let revoked = authority.revoke(author.device.id());
        let standings = [Standing::Suspended, Standing::Active].map(|how| authority.set_standing(author.person, how));
        standings.iter().for_each(|statement| drop(vouched.learn(statement).unwrap()));

        let mut base = CircleLog::found(&world.line.parsed, &vouched, &Force).unwrap();
        let cut_off = signed(&reader.device, &world.line.parsed.public, |public| {
            public.circle = Some(world.line.parsed.circle);
            public.parents = vec![world.line.parsed.id];
            public.nonce = Fixed([41; 16]);
            public.changes = vec![Change::CutOff { device: author.device.id(), cuts: Vec::new() }];
            (public.epoch, public.wraps, public.sealed) = (None, Vec::new(), None);
            public.vouchers = vec![standings[0].clone()];
        });
        base.append(&ParsedEntry::from_bytes(&cut_off).unwrap(), &vouched, &Force).unwrap();
        let both = [person_member(author, Rights::Write).0, person_member(reader, Rights::Manage).0];
        let draft = Draft { recipients: both.to_vec(), ..Draft::default() };
        let (by_author, _) = renew(&base, Some(&world.line_root), draft, &author.device, &mut rng).unwrap();
        let stranger = adding([person_member(&world.stranger, Rights::Write)], Vec::new(), None);
        let adds = append(&base, &world.line_root, stranger, &reader.device, &mut rng).unwrap();
        let bytes = [&world.line.bytes, &cut_off, &by_author.bytes, &adds.bytes].map(Clone::clone);
        let entries = bytes.each_ref().map(|bytes| ParsedEntry::from_bytes(bytes).unwrap());
        vouched.learn(&revoked).unwrap();
        let (mut log, out) = (base, Out(author.device.id()));
        log.append(&entries[3], &vouched, &out).unwrap();

        let heads = [log.head(), by_author.parsed.id];
        let merging = Branches::of(&entries).merging(&log, heads, &vouched, &out).unwrap();
        let mut draft = Draft::default();
        draft.changes.extend(merging.void.iter().map(|entry| Change::Void { entry: *entry }));
        draft.recipients.push(person_member(reader, Rights::Manage).0);
        draft.recipients.push(person_member(&world.stranger, Rights::Write).0);
        let roots = [Some(&world.line_root), None];
        let (made, root) = unite(&merging.log, heads, roots, draft, &reader.device, &mut rng).unwrap();
        let [suspended, active] = standings;
        Self { vouched, statements: [suspended, active, revoked], entries, bytes, log, made, root }
    }

    fn merged(&self, world: &World, entry: &ParsedEntry) -> Result<CircleLog, LogError> {
        Branches::of(&self.entries).merge(&self.log, entry, &self.vouched, &Out(world.author.device.id()))
    }
}

fn signed(signer: &DeviceSecret, like: &EntryPublic, edit: impl FnOnce(&mut EntryPublic)) -> Vec<u8> {
    let mut public = EntryPublic { device: signer.id(), ..like.clone() };
    edit(&mut public);
    let public = Bytes(public.to_bytes());
    let signature = signer.sign(Label::ENTRY, &[&public]);
    Entry { public, signature, sealed: None }.to_bytes()
}

/// What a reader is given, and what it must find.
pub(super) fn json(world: &World) -> Value {
    let behind = Behind::build(world);
    let staff = [&world.author, &world.reader, &world.stranger];
    let certificates = staff.map(|staff| &staff.certificate);
    let statements: Vec<String> =
        certificates.into_iter().chain(&behind.statements).map(|statement| hex(&statement.to_bytes())).collect();
    let unites = |bytes: &[u8]| json!({ "entry": hex(bytes), "root": hex(behind.root.secret().expose()) });
    let log = behind.merged(world, &behind.made.parsed).unwrap();
    let members: serde_json::Map<String, Value> = log
        .members
        .iter()
        .filter_map(|(member, held)| match member {
            Member::Person(person) => Some((person.to_hex(), json!(held.rights as u8))),
            _ => None,
        })
        .collect();
    let roots = [(behind.entries[0].id, &world.line_root), (behind.made.parsed.id, &behind.root)];
    let roots: serde_json::Map<String, Value> =
        roots.iter().map(|(epoch, root)| (epoch.to_hex(), json!(hex(root.secret().expose())))).collect();
    // Left off the list, it would count.
    let counts = signed(&world.reader.device, &behind.made.parsed.public, |public| public.changes.clear());
    assert_eq!(
        behind.merged(world, &ParsedEntry::from_bytes(&counts).unwrap()).unwrap_err(),
        LogError::NotAllowed,
        "what stands behind a cut-off"
    );
    json!({
        "given": {
            "authority": hex(&world.authority.authority().to_bytes()),
            "statements": statements,
            "circles": staff.map(|staff| hex(&staff.circle.bytes)),
            "entries": behind.bytes.each_ref().map(|bytes| hex(bytes)),
            "merges": [unites(&behind.made.bytes)],
        },
        "found": [{
            "members": members,
            "entries": log.entries.iter().map(|entry| entry.to_hex()).collect::<Vec<_>>(),
            "roots": roots,
        }],
        "tampered": [{
            "name": "what is behind a cut-off counts",
            "set": { "merges": [unites(&counts)] },
            "reason": "not allowed",
        }],
    })
}
