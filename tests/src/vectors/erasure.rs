//! Erasure in the line of the little municipality: the reader, who manages it, asks to have the observation erased, the author agrees;
//! then the line is held, and the hold ends.

use serde_json::{Value, json};
use tvaers_core::circle::{Draft, MadeEntry, Sealed, append};
use tvaers_core::keys::DeviceSecret;
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Change, Cut, Entry, EntryPublic, NewEpoch, ParsedEntry};
use tvaers_wire::hash::Label;
use tvaers_wire::ids::{ChunkId, Fixed};
use tvaers_wire::log::{CircleLog, LogError};

use super::world::{Force, World, hex};
use crate::dice::Seeded;

/// The line's entries, one after the other.
struct Erasures {
    /// Asked, agreed, held, asked to end that, agreed.
    made: Vec<MadeEntry>,
    /// The log after each, beginning with the founding entry.
    logs: Vec<CircleLog>,
}

fn place(world: &World) -> Cut {
    Cut { installation: world.author.installation, counter: 1, chunk: world.chunk.id }
}

impl Erasures {
    /// The same at every call.
    fn build(world: &World) -> Self {
        let mut rng = Seeded::new(b"tvaers frozen vectors 1, erasure");
        let (author, reader) = (&world.author.device, &world.reader.device);
        let logs = vec![CircleLog::found(&world.line.parsed, &world.vouched, &Force).unwrap()];
        let mut erasures = Self { made: Vec::new(), logs };
        let mut add = |erasures: &mut Self, signer: &DeviceSecret, change: Change, reason: Option<&str>| {
            let mut log = erasures.logs.last().unwrap().clone();
            let sealed = Sealed { reason: reason.map(str::to_owned), at: Some(1_792_000_000_000), ..Sealed::default() };
            let draft = Draft { changes: vec![change], sealed: Some(sealed), ..Draft::default() };
            let made = append(&log, &world.line_root, draft, signer, &mut rng).unwrap();
            log.append(&made.parsed, &world.vouched, &Force).unwrap();
            let id = made.parsed.id;
            erasures.made.push(made);
            erasures.logs.push(log);
            id
        };
        let chunks = vec![place(world)];
        let asked = add(&mut erasures, reader, Change::Erase { chunks }, Some("Skrevet på forkert barn"));
        add(&mut erasures, author, Change::Agree { entry: asked }, None);
        add(&mut erasures, reader, Change::Hold, Some("Klagesag"));
        let asked = add(&mut erasures, reader, Change::Lift, Some("Afgjort"));
        add(&mut erasures, author, Change::Agree { entry: asked }, None);
        erasures
    }

    /// Entries that are refused, each behind the first so many, with its reason.
    fn refused(&self, world: &World) -> Vec<(&'static str, usize, Vec<u8>)> {
        let (author, reader, second) = (&world.author.device, &world.reader.device, &world.second);
        let [asked, lift] = [0, 3].map(|at: usize| self.made[at].parsed.id);
        let other = Cut { chunk: ChunkId::new([5; 32]), ..place(world) };
        let erase = |place: Cut| Change::Erase { chunks: vec![place] };
        let agree = |entry| Change::Agree { entry };
        let on = |behind: usize, signer: &DeviceSecret, edit: &dyn Fn(&mut EntryPublic)| {
            let mut public = EntryPublic {
                circle: Some(world.line.parsed.circle),
                parents: vec![self.logs[behind].head()],
                nonce: Fixed([41; 16]),
                device: signer.id(),
                changes: Vec::new(),
                epoch: None,
                wraps: Vec::new(),
                vouchers: Vec::new(),
                sealed: None,
                ..world.line.parsed.public.clone()
            };
            edit(&mut public);
            let public = Bytes(public.to_bytes());
            let signature = signer.sign(Label::ENTRY, &[&public]);
            Entry { public, signature, sealed: None }.to_bytes()
        };
        let plain = |behind, signer: &DeviceSecret, changes: Vec<Change>| {
            on(behind, signer, &|public| public.changes.clone_from(&changes))
        };
        vec![
            ("whoever only writes asks", 0, plain(0, author, vec![erase(place(world))])),
            ("whoever only writes holds", 0, plain(0, author, vec![Change::Hold])),
            ("nothing is named", 0, plain(0, reader, vec![Change::Erase { chunks: Vec::new() }])),
            ("agreed to by whoever asked", 1, plain(1, reader, vec![agree(asked)])),
            ("agreed to by another device of whoever asked", 1, plain(1, second, vec![agree(asked)])),
            ("agreed to before it was asked for", 0, plain(0, author, vec![agree(asked)])),
            ("agreed to twice", 2, plain(2, author, vec![agree(asked)])),
            ("agreed to an entry that asks for nothing", 1, plain(1, author, vec![agree(world.line.parsed.id)])),
            ("no hold to end", 2, plain(2, reader, vec![Change::Lift])),
            ("held twice", 3, plain(3, reader, vec![Change::Hold])),
            ("asked for during a hold", 3, plain(3, reader, vec![erase(other)])),
            ("the hold ended by whoever asked", 4, plain(4, reader, vec![agree(lift)])),
            ("two changes at once", 1, plain(1, author, vec![agree(asked), agree(asked)])),
            (
                "a key with it",
                1,
                on(1, author, &|public| {
                    let history = vec![Bytes(vec![7; 48])];
                    public.changes = vec![agree(asked)];
                    public.epoch =
                        Some(NewEpoch { root_commitment: Fixed([1; 32]), kem: None, history, leads_to: None });
                }),
            ),
            (
                "a wrap with it",
                1,
                on(1, author, &|public| {
                    public.changes = vec![agree(asked)];
                    public.wraps = world.line.parsed.public.wraps[..1].to_vec();
                }),
            ),
        ]
    }
}

/// What a reader is given, and what it must find.
pub(super) fn json(world: &World) -> Value {
    let erasures = Erasures::build(world);
    let statements =
        [&world.author.certificate, &world.reader.certificate, &world.second_certificate].map(|s| hex(&s.to_bytes()));
    let circles = [&world.author.circle.bytes, &world.reader.circle.bytes, &world.second_entry.bytes].map(|b| hex(b));
    let bytes: Vec<String> = erasures.made.iter().map(|made| hex(&made.bytes)).collect();
    let tampered = erasures.refused(world).into_iter().map(|(name, behind, entry)| {
        let parsed = ParsedEntry::from_bytes(&entry).unwrap();
        let refused = erasures.logs[behind].clone().append(&parsed, &world.vouched, &Force);
        assert_eq!(refused, Err(LogError::NotAllowed), "{name}");
        let entries = [&bytes[..behind], &[hex(&entry)]].concat();
        json!({ "name": name, "set": { "entries": entries }, "reason": "not allowed" })
    });
    let tampered: Vec<Value> = tampered.collect();
    let found: Vec<Value> = erasures.logs.iter().map(come_to).collect();
    json!({
        "given": {
            "authority": hex(&world.authority.authority().to_bytes()),
            "statements": statements,
            "circles": circles,
            "line": hex(&world.line.bytes),
            "entries": bytes,
            "root": hex(world.line_root.secret().expose()),
        },
        "found": found,
        "reason": "Skrevet på forkert barn",
        "tampered": tampered,
    })
}

fn come_to(log: &CircleLog) -> Value {
    let erased = log.erasure.all().map(|cut| {
        json!({ "device": cut.installation.device.to_hex(), "counter": cut.counter, "chunk": cut.chunk.to_hex() })
    });
    json!({
        "asked": log.erasure.asked.keys().map(|entry| entry.to_hex()).collect::<Vec<_>>(),
        "erased": erased.collect::<Vec<_>>(),
        "held": log.erasure.held,
    })
}
