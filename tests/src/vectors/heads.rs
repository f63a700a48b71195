//! Two heads of the line in the little municipality: on one branch the author has left and the reader has drawn a key, on another
//! the author draws one, who should have left, and on a third the reader lets the stranger in. The first two are united twice, and what
//! that leaves, crosswise, is united again.

use serde_json::{Value, json};
use tvaers_core::circle::{Draft, MadeEntry, append, renew, unite};
use tvaers_core::keys::{DeviceSecret, Root};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Change, Entry, EntryPublic, ParsedEntry, Rights};
use tvaers_wire::hash::Label;
use tvaers_wire::ids::{EntryId, Fixed};
use tvaers_wire::log::{Branches, CircleLog, LogError};

use super::world::{Force, World, adding, hex, person_member};
use crate::dice::Seeded;

/// Everything of the line, and what unites it.
pub(super) struct Heads {
    /// The line, the author's leaving, the key after it, the author's own key, and the stranger's coming.
    entries: [ParsedEntry; 5],
    bytes: [Vec<u8>; 5],
    /// The first branch as the reader follows it.
    log: CircleLog,
    /// With the author's key, which is void; with the stranger; with the author's key, by a reader who holds it.
    merges: [(MadeEntry, Root); 3],
    /// The author's key.
    void_root: Root,
    /// What the first and the last of the merges come to, crosswise.
    crossed: (MadeEntry, Root),
}

impl Heads {
    /// The same at every call.
    pub(super) fn build(world: &World) -> Self {
        let mut rng = Seeded::new(b"tvaers frozen vectors 1, heads");
        let (author, reader, vouched) = (&world.author, &world.reader, &world.vouched);
        let base = CircleLog::found(&world.line.parsed, vouched, &Force).unwrap();
        let both = [person_member(author, Rights::Write).0, person_member(reader, Rights::Manage).0];
        let draft = Draft { recipients: both.to_vec(), ..Draft::default() };
        let (by_author, void_root) = renew(&base, Some(&world.line_root), draft, &author.device, &mut rng).unwrap();
        let stranger = adding([person_member(&world.stranger, Rights::Write)], Vec::new(), None);
        let adds = append(&base, &world.line_root, stranger, &reader.device, &mut rng).unwrap();
        let bytes = [&world.line.bytes, &world.removal, &world.renewal.bytes, &by_author.bytes, &adds.bytes];
        let bytes = bytes.map(Clone::clone);
        let entries = bytes.each_ref().map(|bytes| ParsedEntry::from_bytes(bytes).unwrap());
        let mut log = base;
        entries[1..3].iter().for_each(|entry| log.append(entry, vouched, &Force).unwrap());

        let mut unites = |other: &MadeEntry, root: Option<&Root>| {
            let heads = [log.head(), other.parsed.id];
            let merging = Branches::of(&entries).merging(&log, heads, vouched, &Force).unwrap();
            let mut draft = Draft::default();
            draft.changes.extend(merging.void.iter().map(|entry| Change::Void { entry: *entry }));
            draft.recipients.push(person_member(reader, Rights::Manage).0);
            unite(&merging.log, heads, [Some(&world.renewed_root), root], draft, &reader.device, &mut rng).unwrap()
        };
        let merges =
            [unites(&by_author, None), unites(&adds, Some(&world.line_root)), unites(&by_author, Some(&void_root))];
        let heads = [merges[0].0.parsed.id, merges[2].0.parsed.id];
        let all = entries.iter().chain(merges.iter().map(|(made, _)| &made.parsed));
        let branches = Branches::of(all);
        let at_first = branches.merge(&log, &merges[0].0.parsed, vouched, &Force).unwrap();
        let merging = branches.merging(&at_first, heads, vouched, &Force).unwrap();
        assert!(merging.void.is_empty(), "what is void was void where the two parted");
        let draft = Draft { recipients: vec![person_member(reader, Rights::Manage).0], ..Draft::default() };
        let roots = [&merges[0].1, &merges[2].1].map(Some);
        let crossed = unite(&merging.log, heads, roots, draft, &reader.device, &mut rng).unwrap();
        Self { entries, bytes, log, merges, void_root, crossed }
    }

    /// All that may be united, and what had united it.
    fn branches(&self) -> Branches<'_> {
        Branches::of(self.entries.iter().chain(self.merges.iter().map(|(made, _)| &made.parsed)))
    }

    /// What a log comes to with an entry that unites two heads.
    fn merged(&self, world: &World, entry: &ParsedEntry) -> Result<CircleLog, LogError> {
        let branches = self.branches();
        let follows = entry.public.united().is_some_and(|heads| heads.contains(&self.merges[0].0.parsed.id));
        let at = match follows {
            true => &branches.merge(&self.log, &self.merges[0].0.parsed, &world.vouched, &Force)?,
            false => &self.log,
        };
        branches.merge(at, entry, &world.vouched, &Force)
    }

    /// Entries that unite nothing, each with its reason.
    fn refused(&self, world: &World) -> Vec<(&'static str, Vec<u8>)> {
        let [renewal, by_author, adds] = [2, 3, 4].map(|at: usize| self.entries[at].id);
        let reader = &world.reader.device;
        let first = &self.merges[0].0;
        let void = |entry: EntryId| Change::Void { entry };
        let with = |signer: &DeviceSecret, edit: &dyn Fn(&mut EntryPublic)| {
            let mut public = EntryPublic { nonce: Fixed([31; 16]), ..first.parsed.public.clone() };
            public.device = signer.id();
            edit(&mut public);
            let public = Bytes(public.to_bytes());
            let signature = signer.sign(Label::ENTRY, &[&public]);
            Entry { public, signature, sealed: None }.to_bytes()
        };
        vec![
            ("an entry that should be void counts", with(reader, &|public| public.changes.clear())),
            ("an entry that should count is void", with(reader, &|public| public.changes.push(void(renewal)))),
            ("an entry of no branch is void", with(reader, &|public| public.changes.push(void(adds)))),
            (
                "it lets somebody in",
                with(reader, &|public| {
                    let member = person_member(&world.stranger, Rights::Read).0.member;
                    public.changes.push(Change::Add { member, rights: Rights::Read, until: None });
                }),
            ),
            ("it begins no epoch", with(reader, &|public| public.epoch = None)),
            ("by somebody who was removed", with(&world.author.device, &|_| {})),
            ("by somebody who was never in it", with(&world.stranger.device, &|_| {})),
            ("of one head twice", with(reader, &|public| public.parents = vec![renewal, renewal])),
            (
                "of a head and an entry before it",
                with(reader, &|public| public.parents = vec![by_author, self.entries[0].id]),
            ),
        ]
    }
}

/// What a reader is given, and what it must find.
pub(super) fn json(world: &World) -> Value {
    let heads = Heads::build(world);
    let statements = [&world.author, &world.reader, &world.stranger].map(|staff| &staff.certificate);
    let circles = [&world.author, &world.reader, &world.stranger].map(|staff| hex(&staff.circle.bytes));
    let unites = |bytes: &[u8], root: &Root| json!({ "entry": hex(bytes), "root": hex(root.secret().expose()) });
    let all = || heads.merges.iter().chain([&heads.crossed]);
    let merges: Vec<Value> = all().map(|(made, root)| unites(&made.bytes, root)).collect();
    let entries = heads.bytes.iter().chain(heads.merges.iter().map(|(made, _)| &made.bytes));
    // What was sealed under a key that is void is read by whoever holds the newest, if it was held by whoever united the two.
    let [first, _, last] = &heads.merges;
    let void = (heads.entries[3].id, &heads.void_root);
    let before = [vec![], vec![], vec![void], vec![void, (first.0.parsed.id, &first.1), (last.0.parsed.id, &last.1)]];
    let found: Vec<Value> = all().zip(before).map(|(merge, before)| come_to(world, &heads, merge, before)).collect();
    let tampered: Vec<Value> = heads
        .refused(world)
        .iter()
        .map(|(name, bytes)| {
            let error = heads.merged(world, &ParsedEntry::from_bytes(bytes).unwrap()).unwrap_err();
            let reason = match error {
                LogError::NotAllowed => "not allowed",
                LogError::StaleHead => "entry malformed",
                other => panic!("{name}: {other}"),
            };
            json!({ "name": name, "set": { "merges": [unites(bytes, &heads.merges[0].1)] }, "reason": reason })
        })
        .collect();
    json!({
        "given": {
            "authority": hex(&world.authority.authority().to_bytes()),
            "statements": statements.map(|statement| hex(&statement.to_bytes())),
            "circles": circles,
            "entries": entries.map(|bytes| hex(bytes)).collect::<Vec<_>>(),
            "merges": merges,
        },
        "found": found,
        "tampered": tampered,
    })
}

fn come_to(world: &World, heads: &Heads, (made, root): &(MadeEntry, Root), before: Vec<(EntryId, &Root)>) -> Value {
    let log = heads.merged(world, &made.parsed).unwrap();
    let members: serde_json::Map<String, Value> = log
        .members
        .iter()
        .map(|(member, held)| match member {
            tvaers_wire::entry::Member::Person(person) => (person.to_hex(), json!(held.rights as u8)),
            other => panic!("{other:?} in a line"),
        })
        .collect();
    let mut roots = vec![
        (heads.entries[0].id, &world.line_root),
        (heads.entries[2].id, &world.renewed_root),
        (made.parsed.id, root),
    ];
    roots.extend(before);
    roots.sort_by_key(|(epoch, _)| *epoch);
    let roots: serde_json::Map<String, Value> =
        roots.iter().map(|(epoch, root)| (epoch.to_hex(), json!(hex(root.secret().expose())))).collect();
    json!({
        "members": members,
        "entries": log.entries.iter().map(|entry| entry.to_hex()).collect::<Vec<_>>(),
        "roots": roots,
    })
}
