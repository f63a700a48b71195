//! The reader, who manages the line in the little municipality, lets the stranger in from now on: a circle that continues the line, an entry
//! in its log that names it, and a living record whose text goes on there. What must say nothing: an entry by somebody who only
//! writes, and a circle that does not name the line.

use serde_json::{Value, json};
use tvaers_core::circle::{
    CONTINUES, Draft, GoesOn, MadeEntry, Purpose, Sealed, append, continues, found, named_next, renew,
};
use tvaers_core::keys::{DeviceSecret, Root};
use tvaers_core::kinds::Kind;
use tvaers_core::record::{Carried, UpdateHeader, living_id};
use tvaers_core::rng::bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::{Change, ParsedEntry, Rights, Subject};
use tvaers_wire::ids::{CircleId, Fixed};
use tvaers_wire::log::CircleLog;

use super::cases::{Case, case};
use super::tampered::{Tampered, tampered};
use super::world::{Force, RECORDED, Staff, World, adding, hex, person_member, unhex};
use crate::dice::Seeded;

/// What the line goes on in, and what says so.
pub(super) struct Continued {
    next: MadeEntry,
    root: Root,
    says: MadeEntry,
    header: UpdateHeader,
}

impl Continued {
    /// The same at every call.
    pub(super) fn build(world: &World) -> Self {
        let mut rng = Seeded::new(b"tvaers frozen vectors 1, continued");
        let (next, root) = founding(world, vec![world.line.parsed.circle], &mut rng);
        let says = says(world, &next.parsed.circle, &world.reader, &mut rng);
        let nonce = Fixed(bytes(&mut rng));
        let record = living_id(&world.author.person, Kind::Concern.code(), &Fixed([11; 16]));
        let header = UpdateHeader {
            version: 1,
            kind: Kind::Concern.code(),
            founder: world.reader.person,
            nonce,
            author: world.reader.person,
            installation: world.reader.installation,
            recorded_at: RECORDED,
            heads: vec![Fixed([12; 32])],
            carried: Some(Carried { record, author: world.author.person }),
        };
        Self { next, root, says, header }
    }
}

fn founding(world: &World, continued: Vec<CircleId>, rng: &mut Seeded) -> (MadeEntry, Root) {
    let members = [
        person_member(&world.author, Rights::Write),
        person_member(&world.reader, Rights::Manage),
        person_member(&world.stranger, Rights::Write),
    ];
    let sealed = Sealed {
        purpose: Some(Purpose::Line(world.child)),
        at: Some(RECORDED),
        goes_on: Some(GoesOn::From(continued)),
        ..Sealed::default()
    };
    found(Subject::Shared, adding(members, Vec::new(), Some(sealed)), &world.reader.device, rng).unwrap()
}

fn sealed(next: &CircleId) -> Option<Sealed> {
    Some(Sealed { at: Some(RECORDED), goes_on: Some(GoesOn::In(*next)), ..Sealed::default() })
}

/// The line's log says that it goes on: whoever signs says again that they manage it.
fn says(world: &World, next: &CircleId, by: &Staff, rng: &mut Seeded) -> MadeEntry {
    let log = CircleLog::found(&world.line.parsed, &world.vouched, &Force).unwrap();
    let member = person_member(by, Rights::Manage).0.member;
    let changes = vec![Change::Add { member, rights: Rights::Manage, until: None }];
    let draft = Draft { changes, sealed: sealed(next), ..Draft::default() };
    append(&log, &world.line_root, draft, &by.device, rng).unwrap()
}

/// The author may only write, and so draw a key with something sealed under it.
fn says_by_key(world: &World, next: &CircleId, device: &DeviceSecret, rng: &mut Seeded) -> (MadeEntry, Root) {
    let log = CircleLog::found(&world.line.parsed, &world.vouched, &Force).unwrap();
    let both = [person_member(&world.author, Rights::Write).0, person_member(&world.reader, Rights::Manage).0];
    let draft = Draft { recipients: both.to_vec(), sealed: sealed(next), ..Draft::default() };
    renew(&log, Some(&world.line_root), draft, device, rng).unwrap()
}

/// One of each new form.
pub(super) fn cases(world: &World) -> Vec<Case> {
    let made = Continued::build(world);
    let line = world.line.parsed.circle;
    let founding = Sealed {
        purpose: Some(Purpose::Case(world.child)),
        at: Some(RECORDED),
        goes_on: Some(GoesOn::From(vec![line, CircleId::new([0xfe; 32])])),
        ..Sealed::default()
    };
    vec![
        case("what a circle continues", &founding),
        case("where a circle goes on", &sealed(&made.next.parsed.circle).unwrap()),
        case("an update's header of what is carried on", &made.header),
    ]
}

/// The file.
pub(super) fn json(world: &World) -> Value {
    let made = Continued::build(world);
    let statements = [&world.author, &world.reader, &world.stranger].map(|staff| hex(&staff.certificate.to_bytes()));
    let circles = [&world.author, &world.reader, &world.stranger].map(|staff| hex(&staff.circle.bytes));
    let given = json!({
        "statements": statements,
        "authority": hex(&world.authority.authority().to_bytes()),
        "circles": circles,
        "line_entry": hex(&world.line.bytes),
        "line_roots": [hex(world.line_root.secret().expose())],
        "says": hex(&made.says.bytes),
        "next_entry": hex(&made.next.bytes),
        "next_root": hex(made.root.secret().expose()),
        "update_header": hex(&made.header.to_bytes()),
    });
    let mut rng = Seeded::new(b"tvaers frozen vectors 1, not continued");
    let (other, other_root) = founding(world, vec![CircleId::new([0xfe; 32])], &mut rng);
    let names_other = says(world, &other.parsed.circle, &world.reader, &mut rng);
    let (by_key, key) = says_by_key(world, &made.next.parsed.circle, &world.author.device, &mut rng);
    let by_author = says(world, &made.next.parsed.circle, &world.author, &mut rng);
    let elsewhere = says(world, &other.parsed.circle, &world.reader, &mut rng);
    let tampered: Vec<Tampered> = vec![
        tampered("said by somebody who may only write", json!({"says": hex(&by_author.bytes)}), "not allowed"),
        tampered(
            "said with a new key by somebody who may only write",
            json!({"says": hex(&by_key.bytes), "line_roots": [hex(world.line_root.secret().expose()), hex(key.secret().expose())]}),
            "not continued",
        ),
        tampered(
            "a circle that names another",
            json!({"says": hex(&names_other.bytes), "next_entry": hex(&other.bytes), "next_root": hex(other_root.secret().expose())}),
            "not continued",
        ),
        tampered("another circle is named", json!({"says": hex(&elsewhere.bytes)}), "not continued"),
    ];
    let set = |one: &Tampered| json!({"name": one.name, "set": one.set, "reason": one.reason});
    let too_many = GoesOn::From((0..=CONTINUES as u8).map(|at| CircleId::new([at; 32])).collect());
    let too_many = Sealed { goes_on: Some(too_many), ..Sealed::default() };
    let mut cut = made.header.to_bytes();
    let at = cut.len() - 17;
    // The array of two, of which the author is left out.
    cut.truncate(at);
    let record_only = cut.len() - 35;
    cut[record_only] = 0x81;
    let malformed = json!([
        {"name": "too many circles are continued", "type": "sealed part", "hex": hex(&too_many.to_bytes())},
        {"name": "a record is carried on without its author", "type": "update header", "hex": hex(&cut)},
    ]);
    json!({"given": given, "found": found_in(&given).unwrap(), "tampered": tampered.iter().map(set).collect::<Vec<_>>(), "malformed": malformed})
}

/// Which circle the line goes on in, when that was said, and which record carries which on.
pub(super) fn found_in(given: &Value) -> Result<Value, &'static str> {
    let world = World::build();
    let part = |name: &str| unhex(given[name].as_str().unwrap());
    let entry = |name: &str| ParsedEntry::from_bytes(&part(name)).map_err(|_| "entry malformed");
    let root =
        |value: &Value| Root::new(tvaers_core::keys::Secret::from_slice(&unhex(value.as_str().unwrap())).unwrap());
    let (line, says, next) = (entry("line_entry")?, entry("says")?, entry("next_entry")?);
    let mut log = CircleLog::found(&line, &world.vouched, &Force).map_err(|_| "not allowed")?;
    log.append(&says, &world.vouched, &Force).map_err(|_| "not allowed")?;
    let roots: Vec<Root> = given["line_roots"].as_array().unwrap().iter().map(root).collect();
    let root_at = |entry: &_| {
        let epoch = log.epoch_at(entry)?;
        roots.iter().find(|root| root.commitment() == epoch.root_commitment)
    };
    let entries = [line, says];
    let named = named_next(&log, &entries, root_at);
    let (circles, at) = continues(&next, &root(&given["next_root"])).ok_or("not continued")?;
    let same = named.iter().any(|(_, circle)| *circle == next.circle) && circles.contains(&log.id);
    if !same {
        return Err("not continued");
    }
    let header = UpdateHeader::from_bytes(&part("update_header")).map_err(|_| "record malformed")?;
    let carried = header.carried.ok_or("record malformed")?;
    Ok(json!({
        "line": log.id.to_hex(),
        "next": next.circle.to_hex(),
        "at": at,
        "record": header.record().to_hex(),
        "carries": carried.record.to_hex(),
        "author": carried.author.to_hex(),
    }))
}
