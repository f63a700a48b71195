//! From what a reader is given to the words of the note: the same steps as `tests/interop/reader.py`, through the public
//! interface of the core. The names of failures are those of `docs/protocol.md` §4.6.

use std::collections::HashMap;

use serde_json::Value;
use tvaers_core::circle::open_sealed;
use tvaers_core::directory::{DirectoryError, SignedDirectory, Staff};
use tvaers_core::document::{Actor, frozen};
use tvaers_core::keys::{DeviceSecret, KemKey, Root, Secret, unwrap};
use tvaers_core::kinds::{Content, Kind};
use tvaers_core::open::{Knowledge, Missing, OpenError, Reason, VerifiedItem, unseal, verify_item};
use tvaers_core::record::RecordError;
use tvaers_core::seal::BodyError;
use tvaers_wire::chunk::{KeyBox, ParsedChunk};
use tvaers_wire::codec::{Canonical, DecodeError};
use tvaers_wire::entry::{Member, NewEpoch, ParsedEntry, Wrap};
use tvaers_wire::ids::EntryId;
use tvaers_wire::log::{CircleLog, LogError};
use tvaers_wire::statement::{Authority, SignedStatement, StatementError};
use tvaers_wire::vouched::Vouched;

use super::world::{Force, World, unhex};

/// Why it did not open.
pub(super) type Named = &'static str;

/// What the statements that are given come to.
pub(super) fn vouched_in(given: &Value) -> Result<Vouched, Named> {
    let authority = Authority::from_bytes(&unhex(given["authority"].as_str().unwrap())).map_err(codec("authority"))?;
    let mut vouched = Vouched::new(authority);
    for statement in given["statements"].as_array().unwrap() {
        let signed = SignedStatement::from_bytes(&unhex(statement.as_str().unwrap())).map_err(codec("statement"))?;
        vouched.learn(&signed).map_err(statement_name)?;
    }
    Ok(vouched)
}

/// Verifies everything and returns what was seen and heard.
pub(super) fn open(given: &Value, reader: &Value) -> Result<String, Named> {
    let field = |name: &str| unhex(given[name].as_str().unwrap());
    let mut vouched = vouched_in(given)?;
    let directory = SignedDirectory::from_bytes(&field("directory")).map_err(codec("directory"))?;
    Staff::verified(&directory, vouched.lineage()).map_err(directory_name)?;

    let seed = |name: &str| Secret::from_slice(&unhex(reader[name].as_str().unwrap())).unwrap();
    let device = DeviceSecret::from_seeds(seed("signing"), seed("kem")).unwrap();
    let person = vouched.person(&device.id()).ok_or("unknown device")?;
    let (person_entry, _) = entry(&field("person_entry"), &mut vouched)?;
    let kem = device.kem();
    let (binding, wrap) = (person_entry.public.binding(), field("person_wrap"));
    let root = unwrapped(&person_entry, &wrap, kem, (Member::Device(device.id()), &binding))?;
    let kem = KemKey::from_seed(&opened(&person_entry.public.epoch, root)?.kem_seed()).unwrap();
    entry(&field("author_entry"), &mut vouched)?;
    let (line_entry, mut line) = entry(&field("line_entry"), &mut vouched)?;
    for later in given["later"].as_array().unwrap() {
        let later = ParsedEntry::from_bytes(&unhex(later.as_str().unwrap())).map_err(codec("entry"))?;
        // What builds on a line that was made anew, is of another circle.
        if later.public.circle == Some(line.id) {
            line.append(&later, &vouched, &Force).map_err(log_name)?;
        }
    }
    let (binding, wrap) = (line_entry.public.binding(), field("line_wrap"));
    let line_root = unwrapped(&line_entry, &wrap, &kem, (Member::Person(person), &binding))?;
    let line_root = opened(&line_entry.public.epoch, line_root)?;
    if line_entry.sealed.is_some() {
        open_sealed(&line_entry, &line_root).ok_or("sealed part")?;
    }

    let chunk = ParsedChunk::from_bytes(&field("chunk")).map_err(codec("chunk"))?;
    if chunk.header.circle != line.id {
        return Err("other circle");
    }
    let key: KeyBox = minicbor::decode(&field("box")).map_err(|_| "box malformed")?;
    let roots = HashMap::from([(line_entry.id, line_root)]);
    let know = Knowledge { log: &line, vouched: &vouched, force: &Force, roots: &roots };
    let unsealed = unseal(&chunk, &[key], &know).map_err(open_name)?;
    match verify_item(&unsealed, &vouched).map_err(open_name)? {
        VerifiedItem::Frozen(_, header, record) => {
            let actor = Actor::of(&header.installation);
            let envelope = frozen::read(Kind::Observation, &record.payload, actor).map_err(|_| "document")?;
            match envelope.content {
                Content::Observation(observation) => Ok(observation.seen_heard.as_str().to_owned()),
                _ => Err("document"),
            }
        }
        _ => Err("not an observation"),
    }
}

/// The line's log, from the world itself.
pub(super) fn line_log(world: &World) -> CircleLog {
    CircleLog::found(&world.line.parsed, &world.vouched, &Force).unwrap()
}

/// The line's root, from the world itself.
pub(super) fn line_roots(world: &World) -> HashMap<EntryId, Root> {
    HashMap::from([(world.line.parsed.id, world.line_root.clone())])
}

/// Everything known in the world.
pub(super) fn knowledge<'a>(
    world: &'a World,
    log: &'a CircleLog,
    roots: &'a HashMap<EntryId, Root>,
) -> Knowledge<'a, Force> {
    Knowledge { log, vouched: &world.vouched, force: &Force, roots }
}

fn entry(bytes: &[u8], vouched: &mut Vouched) -> Result<(ParsedEntry, CircleLog), Named> {
    let entry = ParsedEntry::from_bytes(bytes).map_err(codec("entry"))?;
    for voucher in &entry.public.vouchers {
        vouched.learn(voucher).map_err(statement_name)?;
    }
    let log = CircleLog::found(&entry, vouched, &Force).map_err(log_name)?;
    Ok((entry, log))
}

pub(super) fn log_name(error: LogError) -> Named {
    match error {
        LogError::UnknownDevice | LogError::NotListed => "unknown device",
        LogError::BadSignature => "entry signature",
        LogError::NotVouched => "not vouched",
        LogError::NotAllowed => "not allowed",
        LogError::StaleHead | LogError::Mismatch => "entry malformed",
    }
}

/// What a wrap holds, if the entry lists it: a root, or the key of a batch.
pub(super) fn unwrapped(
    entry: &ParsedEntry,
    bytes: &[u8],
    kem: &KemKey,
    (member, binding): (Member, &[u8; 32]),
) -> Result<Root, Named> {
    let hash = Wrap { member, bytes: bytes.to_vec().into() }.hash();
    if !entry.public.wraps.iter().any(|listed| listed.member == member && listed.hash == hash) {
        return Err("wrap not listed");
    }
    unwrap(bytes, kem, binding, &member).map_err(|_| "wrap")
}

/// A root, if it is the one that its epoch commits to and gives the epoch's key.
pub(super) fn opened(epoch: &Option<NewEpoch>, root: Root) -> Result<Root, Named> {
    let epoch = epoch.as_ref().unwrap();
    if root.commitment() != epoch.root_commitment.0 {
        return Err("root commitment");
    }
    let gives = |kem| KemKey::from_seed(&root.kem_seed()).is_some_and(|key| key.public() == kem);
    if epoch.kem.is_none_or(gives) { Ok(root) } else { Err("kem key") }
}

pub(super) fn codec(what: &'static str) -> impl Fn(DecodeError) -> Named {
    move |error| match (what, error) {
        (_, DecodeError::Version { .. }) => "version",
        ("authority", _) => "authority malformed",
        ("statement", _) => "statement malformed",
        ("directory", _) => "directory malformed",
        ("entry", _) => "entry malformed",
        _ => "chunk malformed",
    }
}

pub(super) fn statement_name(error: StatementError) -> Named {
    match error {
        StatementError::Signature(_) => "statement signature",
        StatementError::OtherMunicipality => "other municipality",
        StatementError::Decode(error) => codec("statement")(error),
        StatementError::Key | StatementError::Persons | StatementError::Recovery => "statement malformed",
        StatementError::Superseded => "superseded",
        StatementError::Fork | StatementError::NoRecovery | StatementError::Holders => "succession",
    }
}

pub(super) fn directory_name(error: DirectoryError) -> Named {
    match error {
        DirectoryError::Signature(_) => "directory signature",
        DirectoryError::OtherMunicipality => "other municipality",
        DirectoryError::Decode(error) => codec("directory")(error),
        DirectoryError::Superseded => "superseded",
        DirectoryError::NotNewer => "directory not newer",
        DirectoryError::OtherHead => "other directory",
        DirectoryError::Seal => "directory seal",
        DirectoryError::UnknownPerson => "unknown person",
    }
}

pub(super) fn open_name(error: OpenError) -> Named {
    match error {
        OpenError::Waiting(Missing::Entry(_)) => "unknown head",
        OpenError::Waiting(Missing::Epoch) => "unknown epoch",
        OpenError::Waiting(Missing::Cut(_)) => "waits for a cut",
        OpenError::Waiting(Missing::Device) => "unknown device",
        OpenError::Refused(reason) => match reason {
            Reason::NotAMember => "not a member",
            Reason::BeyondCut => "beyond cut",
            Reason::Signature => "chunk signature",
            Reason::WrongChain => "wrong chain",
            Reason::NoBox => "no box",
            Reason::Seal => "seal",
            Reason::Body(BodyError::Padding) => "padding",
            Reason::Body(BodyError::Inflate) => "inflate",
            Reason::Body(BodyError::Decode(_)) => "body malformed",
            Reason::Body(BodyError::Basis) => "basis",
            Reason::Body(BodyError::Summary) | Reason::Summary => "summary",
            Reason::Record(RecordError::OtherAuthor) => "other author",
            Reason::Record(RecordError::Signature(_)) => "record signature",
            Reason::Record(RecordError::Decode(DecodeError::Version { .. })) => "version",
            Reason::Record(_) => "record malformed",
            Reason::Document(_) => "document",
        },
    }
}
