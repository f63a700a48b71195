//! A revoked device is asked to erase itself, and gives its receipt: what it must follow, what it must not, and which receipts count.

use serde_json::{Value, json};
use tvaers_core::directory::AuthorityKey;
use tvaers_core::keys::{DeviceSecret, Secret};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::hash::Label;
use tvaers_wire::ids::{MunicipalityId, PersonId};
use tvaers_wire::limits;
use tvaers_wire::statement::{Authority, SignedStatement, Statement, Wish};
use tvaers_wire::vouched::Vouched;
use tvaers_wire::wipe::{ReceivedReceipt, SignedWipeReceipt, WipeOrder, WipeReceipt, WipeReceipts, WipeWord};

use super::cases::{Case, case};
use super::opener::{Named, statement_name};
use super::tampered::{Tampered, tampered};
use super::world::{hex, unhex};

const OWNER: PersonId = PersonId::new([3; 16]);
const TOWN: MunicipalityId = MunicipalityId::new([51; 16]);
const AT: u64 = 200;

fn device(seed: u8) -> DeviceSecret {
    DeviceSecret::from_seeds(Secret::new([seed; 32]), Secret::new([seed; 32])).unwrap()
}

/// The authority of a municipality, that has used the serials below this one.
fn authority(seed: u8, municipality: MunicipalityId, serial: u64) -> AuthorityKey {
    AuthorityKey::from_seed(&Secret::new([seed; 32]), municipality, serial - 1).unwrap()
}

fn key(serial: u64) -> AuthorityKey {
    authority(52, TOWN, serial)
}

fn certificate() -> SignedStatement {
    key(AT).certify(OWNER, device(53).keys()).unwrap()
}

fn wish(serial: u64, wish: Wish) -> SignedStatement {
    key(serial).wish(device(53).id(), wish)
}

fn revoked() -> SignedStatement {
    key(AT + 1).revoke(device(53).id())
}

/// In their order: asked, withdrawn, asked again.
fn statements() -> Vec<SignedStatement> {
    let wishes = [wish(AT + 2, Wish::Erase), wish(AT + 3, Wish::Keep), wish(AT + 4, Wish::Erase)];
    [&[certificate(), revoked()][..], &wishes].concat()
}

fn says(serial: u64) -> WipeReceipt {
    let (version, at, unsent) = (limits::VERSION, 1_795_863_600_000, Some(2));
    WipeReceipt { version, municipality: TOWN, device: device(53).id(), serial, at, unsent }
}

fn receipt(says: &WipeReceipt, by: &DeviceSecret) -> SignedWipeReceipt {
    let body = says.to_bytes();
    let signature = by.sign(Label::WIPE_RECEIPT, &[&body]);
    SignedWipeReceipt { certificate: certificate(), body: Bytes(body), signature }
}

/// One value of each.
pub(super) fn cases() -> Vec<Case> {
    let unsigned = |signed: &SignedStatement| Statement::from_bytes(&signed.body).unwrap();
    let (good, uncounted) = (says(AT + 4), WipeReceipt { unsent: None, ..says(AT + 4) });
    let received = ReceivedReceipt { receipt: receipt(&good, &device(53)), received_at: 1_795_863_601_000 };
    let order = key(AT + 5).wipe_order(vec![device(53).id()], 1_800_000_000);
    vec![
        case("a device is asked to erase itself, unsigned", &unsigned(&wish(AT + 4, Wish::Erase))),
        case("that is withdrawn", &wish(AT + 3, Wish::Keep)),
        case("what a revoked device is told", &WipeWord { statements: vec![revoked(), wish(AT + 4, Wish::Erase)] }),
        case("a receipt, unsigned", &good),
        case("a receipt of a device that could not count", &uncounted),
        case("a receipt", &received.receipt),
        case("receipts are asked for, unsigned", &WipeOrder::from_bytes(&order.body).unwrap()),
        case("receipts are asked for", &order),
        case("receipts", &WipeReceipts { receipts: vec![received] }),
    ]
}

/// What an independent reader is given, what it must find, and what it must refuse.
pub(super) fn json() -> Value {
    let tampered = tamperings().into_iter().map(|t| json!({"name": t.name, "set": t.set, "reason": t.reason}));
    let given = json!({
        "authority": hex(&key(AT).authority().to_bytes()),
        "device": device(53).id().to_hex(),
        "statements": hexed(&statements()),
        "receipt": hex(&receipt(&says(AT + 4), &device(53)).to_bytes()),
    });
    json!({
        "found": found(&given).unwrap(),
        "given": given,
        "tampered": tampered.collect::<Vec<_>>(),
    })
}

fn hexed(all: &[SignedStatement]) -> Vec<String> {
    all.iter().map(|statement| hex(&statement.to_bytes())).collect()
}

/// By which word the device erases itself, and what its receipt says.
pub(super) fn found(given: &Value) -> Result<Value, Named> {
    let field = |name: &str| unhex(given[name].as_str().unwrap());
    let authority = Authority::from_bytes(&field("authority")).unwrap();
    let mut known = Vouched::new(authority);
    for statement in given["statements"].as_array().unwrap() {
        let signed = SignedStatement::from_bytes(&unhex(statement.as_str().unwrap()));
        known.learn(&signed.map_err(|_| "statement malformed")?).map_err(statement_name)?;
    }
    let me = tvaers_wire::ids::DeviceId::from_hex(given["device"].as_str().unwrap()).unwrap();
    let serial = known.to_be_erased(&me).ok_or("not asked")?;
    let signed = SignedWipeReceipt::from_bytes(&field("receipt")).map_err(|_| "receipt malformed")?;
    let certified = known.check(&signed.certificate).map_err(statement_name)?;
    let keys = SignedWipeReceipt::keys(&certified.claim).ok_or("receipt malformed")?;
    let receipt = signed.check(&authority.municipality, keys).map_err(|error| match error {
        tvaers_wire::statement::StatementError::OtherMunicipality => "other municipality",
        tvaers_wire::statement::StatementError::Decode(_) => "receipt malformed",
        _ => "receipt signature",
    })?;
    if receipt.serial != serial || receipt.device != me {
        return Err("receipt of another word");
    }
    Ok(json!({ "serial": serial, "at": receipt.at, "unsent": receipt.unsent }))
}

/// What a relay, another device, another municipality or a mistake might show.
pub(super) fn tamperings() -> Vec<Tampered> {
    let stated = |all: Vec<SignedStatement>| json!({ "statements": hexed(&all) });
    let brought = |receipt: SignedWipeReceipt| json!({ "receipt": hex(&receipt.to_bytes()) });
    let (certificate, revoked) = (certificate(), revoked());
    let ask = |by: &mut AuthorityKey| by.wish(device(53).id(), Wish::Erase);
    let others = key(AT + 2).wish(device(54).id(), Wish::Erase);
    let suspended = key(AT + 1).set_standing(OWNER, tvaers_wire::statement::Standing::Suspended);
    let and = |word: SignedStatement| stated(vec![certificate.clone(), revoked.clone(), word]);
    let good = says(AT + 4);
    vec![
        tampered(
            "a device that is not revoked",
            stated(vec![certificate.clone(), wish(AT + 2, Wish::Erase)]),
            "not asked",
        ),
        tampered(
            "a device whose person is suspended",
            stated(vec![certificate.clone(), suspended, wish(AT + 2, Wish::Erase)]),
            "not asked",
        ),
        tampered("another device is asked", and(others), "not asked"),
        tampered(
            "the word is shown again after it was withdrawn",
            stated(vec![certificate.clone(), revoked.clone(), wish(AT + 3, Wish::Keep), wish(AT + 2, Wish::Erase)]),
            "not asked",
        ),
        tampered("the word of somebody else", and(ask(&mut authority(9, TOWN, AT + 2))), "statement signature"),
        tampered(
            "the word of another municipality",
            and(ask(&mut authority(52, MunicipalityId::new([1; 16]), AT + 2))),
            "other municipality",
        ),
        tampered("a receipt that another device has signed", brought(receipt(&good, &device(54))), "receipt signature"),
        tampered(
            "a receipt of another municipality",
            brought(receipt(&WipeReceipt { municipality: MunicipalityId::new([1; 16]), ..good.clone() }, &device(53))),
            "other municipality",
        ),
        tampered(
            "a receipt in another device's name",
            brought(receipt(&WipeReceipt { device: device(54).id(), ..good.clone() }, &device(53))),
            "receipt signature",
        ),
        tampered(
            "a receipt of a word that was withdrawn",
            brought(receipt(&WipeReceipt { serial: AT + 2, ..good }, &device(53))),
            "receipt of another word",
        ),
    ]
}
