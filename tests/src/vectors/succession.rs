//! The keys of a municipality, one after the other: its authority's is followed by another one, and so are its sheets. What names them,
//! what is stated under each, and what must be refused.

use serde_json::{Value, json};
use tvaers_core::directory::AuthorityKey;
use tvaers_core::keys::{DeviceSecret, Secret, derive, seal_once};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::hash::Label;
use tvaers_wire::ids::{DeviceId, Fixed, MunicipalityId, PersonId};
use tvaers_wire::limits;
use tvaers_wire::lineage::authority_step;
use tvaers_wire::statement::{Authority, Claim, SignedStatement, Standing, Statement};
use tvaers_wire::vouched::Vouched;

use super::cases::{Case, case};
use super::opener::{Named, statement_name};
use super::tampered::{Tampered, flipped, tampered};
use super::world::{hex, unhex};

const FIRST: [u8; 32] = [41; 32];
const SECOND: [u8; 32] = [42; 32];
/// Seeds that are on three sheets.
const OLD: [u8; 32] = [43; 32];
const NEW: [u8; 32] = [44; 32];
/// Whose leaving the old key states, and the new one.
const BEFORE: PersonId = PersonId::new([1; 16]);
const AFTER: PersonId = PersonId::new([2; 16]);
const AT: u64 = 100;

fn sheets(seed: [u8; 32]) -> DeviceSecret {
    let seed = Secret::new(seed);
    DeviceSecret::from_seeds(derive(&seed, "recovery-signing", &[]), seed).unwrap()
}

fn first() -> AuthorityKey {
    AuthorityKey::founding(&Secret::new(FIRST), sheets(OLD).keys()).unwrap()
}

/// A key of the municipality, that has used the serials up to this one.
fn key(seed: [u8; 32], serial: u64) -> AuthorityKey {
    AuthorityKey::from_seed(&Secret::new(seed), first().authority().municipality, serial).unwrap()
}

/// The old seed, for the new sheets.
fn older() -> Fixed<48> {
    let municipality = first().authority().municipality;
    let mut sealed = OLD.to_vec();
    let key = derive(&Secret::new(NEW), "recovery-older", municipality.as_bytes());
    seal_once(&key, municipality.as_bytes(), &mut sealed).unwrap();
    Fixed(sealed.try_into().unwrap())
}

fn step(from: [u8; 32], serial: u64, to: [u8; 32], holders: [u8; 32]) -> SignedStatement {
    key(from, serial - 1).succeeded_by(&Secret::new(to), &sheets(holders)).unwrap().1
}

fn leaves(seed: [u8; 32], serial: u64, person: PersonId) -> SignedStatement {
    key(seed, serial - 1).set_standing(person, Standing::Left)
}

fn renewal(seed: [u8; 32], serial: u64, before: [u8; 32]) -> SignedStatement {
    key(seed, serial - 1).state_sheets(&sheets(NEW), &sheets(before), older()).unwrap()
}

/// In their order: the sheets, a word of the old key, the new key, new sheets, a word of the new key.
fn statements() -> Vec<SignedStatement> {
    vec![
        first().state_recovery(sheets(OLD).keys()).unwrap(),
        leaves(FIRST, AT - 1, BEFORE),
        step(FIRST, AT, SECOND, OLD),
        renewal(SECOND, AT + 1, OLD),
        leaves(SECOND, AT + 2, AFTER),
    ]
}

/// One value of each.
pub(super) fn cases() -> Vec<Case> {
    let all = statements();
    let unsigned = |at: usize| Statement::from_bytes(&all[at].body).unwrap();
    vec![
        case("a new key of the authority, unsigned", &unsigned(2)),
        case("a new key of the authority", &all[2]),
        case("new sheets, unsigned", &unsigned(3)),
        case("new sheets", &all[3]),
    ]
}

/// What an independent reader is given, what it must find, and what it must refuse.
pub(super) fn json() -> Value {
    let tampered = tamperings().into_iter().map(|t| json!({"name": t.name, "set": t.set, "reason": t.reason}));
    json!({
        "secrets": { "sheets": hex(&NEW), "sheets_before": hex(&OLD) },
        "given": { "authority": hex(&first().authority().to_bytes()), "statements": hexed(&statements()) },
        "found": found(&json!({
            "authority": hex(&first().authority().to_bytes()),
            "statements": hexed(&statements()),
        })).unwrap(),
        "tampered": tampered.collect::<Vec<_>>(),
    })
}

fn hexed(all: &[SignedStatement]) -> Vec<String> {
    all.iter().map(|statement| hex(&statement.to_bytes())).collect()
}

/// The keys in force, by what is given.
pub(super) fn found(given: &Value) -> Result<Value, Named> {
    let authority = Authority::from_bytes(&unhex(given["authority"].as_str().unwrap())).unwrap();
    let mut known = Vouched::new(authority);
    for statement in given["statements"].as_array().unwrap() {
        let signed = SignedStatement::from_bytes(&unhex(statement.as_str().unwrap()));
        known.learn(&signed.map_err(|_| "statement malformed")?).map_err(statement_name)?;
    }
    let recovery = known.recovery().map(|(id, _)| id).unwrap_or(DeviceId::new([0; 32]));
    let left = [BEFORE, AFTER].into_iter().filter(|person| known.standing(person) == Standing::Left);
    Ok(json!({
        "authority": hex(&known.authority().key.0),
        "recovery": recovery.to_hex(),
        "left": left.map(|person| person.to_hex()).collect::<Vec<_>>(),
    }))
}

/// What a thief of the old key, IT alone, or somebody with another municipality might state.
pub(super) fn tamperings() -> Vec<Tampered> {
    let all = statements();
    let instead = |at: usize, statement: SignedStatement| {
        let mut changed = all.clone();
        changed[at] = statement;
        changed.truncate(at + 1);
        json!({"statements": hexed(&changed)})
    };
    let and = |statement: SignedStatement| json!({"statements": hexed(&[&all[..], &[statement]].concat())});
    let reason = "succession";
    let abroad = MunicipalityId::new([1; 16]);
    let elsewhere = AuthorityKey::from_seed(&Secret::new(FIRST), abroad, AT - 1);
    let elsewhere = elsewhere.unwrap().succeeded_by(&Secret::new(SECOND), &sheets(OLD)).unwrap().1;
    let body = &all[2].to_bytes();
    let bent = SignedStatement::from_bytes(&flipped(body, body.len() / 2)).unwrap();
    let untold = json!({"statements": hexed(&all[2..3])});
    vec![
        tampered("a new key by somebody else", instead(2, step(SECOND, AT, [9; 32], OLD)), "statement signature"),
        tampered("a new key without the holders", instead(2, step(FIRST, AT, SECOND, NEW)), reason),
        tampered("a new key in another municipality", instead(2, elsewhere), "other municipality"),
        tampered("a bit of a new key", instead(2, bent), "statement signature"),
        tampered("a new key whose holder has not signed", instead(2, unowned()), "statement signature"),
        tampered("a new key under another serial", instead(2, moved(AT + 1)), reason),
        tampered("a new key of small order", instead(2, small()), "statement malformed"),
        tampered("a new key before the sheets are known", untold, reason),
        tampered("a second new key of the old one", and(step(FIRST, AT - 2, [9; 32], OLD)), reason),
        tampered("a second new key, later", and(step(FIRST, AT + 9, [9; 32], OLD)), "superseded"),
        tampered("back to the old key", and(step(SECOND, AT + 9, FIRST, NEW)), reason),
        tampered("the old key after it was followed", and(leaves(FIRST, AT + 9, AFTER)), "superseded"),
        tampered("the new key before it was in force", and(leaves(SECOND, AT - 5, AFTER)), "superseded"),
        tampered("new sheets by the authority alone", instead(3, renewal(SECOND, AT + 1, NEW)), reason),
        tampered("new sheets of the old ones once more", and(renewal_to([45; 32], AT + 9, OLD)), reason),
        tampered("a new key that the old sheets agree to", and(step(SECOND, AT + 9, [9; 32], OLD)), reason),
    ]
}

fn renewal_to(seed: [u8; 32], serial: u64, before: [u8; 32]) -> SignedStatement {
    key(SECOND, serial - 1).state_sheets(&sheets(seed), &sheets(before), Fixed([0; 48])).unwrap()
}

fn signed(serial: u64, claim: Claim) -> SignedStatement {
    let municipality = first().authority().municipality;
    let body = Statement { version: limits::VERSION, municipality, serial, claim }.to_bytes();
    let signer = DeviceSecret::from_seeds(Secret::new(FIRST), Secret::new(FIRST)).unwrap();
    SignedStatement { signature: signer.sign(Label::STATEMENT, &[&body]), body: Bytes(body) }
}

fn agreed(serial: u64, to: Fixed<32>) -> (Fixed<64>, Vec<u8>) {
    let Authority { municipality, key } = first().authority();
    let step = authority_step(&municipality, serial, &key, &to);
    (sheets(OLD).sign(Label::SUCCESSION, &[&step]), step)
}

/// The holders have agreed to a key, and whoever has it has not.
fn unowned() -> SignedStatement {
    let key = key(SECOND, 0).authority().key;
    let (holders, step) = agreed(AT, key);
    let own = sheets(OLD).sign(Label::SUCCESSION, &[&step]);
    signed(AT, Claim::Authority { key, holders, own })
}

/// What was agreed to, said again under another serial.
fn moved(serial: u64) -> SignedStatement {
    let claim = Statement::from_bytes(&step(FIRST, AT, SECOND, OLD).body).unwrap().claim;
    signed(serial, claim)
}

fn small() -> SignedStatement {
    let key = Fixed([0; 32]);
    let (holders, _) = agreed(AT, key);
    signed(AT, Claim::Authority { key, holders, own: Fixed([0; 64]) })
}
