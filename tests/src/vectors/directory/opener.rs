//! From what the office brings to the relay to a unit's name on a phone: the same steps as `tests/interop/directory.py`.

use serde_json::Value;
use tvaers_core::directory::{SignedDirectory, Staff};
use tvaers_core::keys::{DeviceSecret, Secret};
use tvaers_wire::codec::Canonical;
use tvaers_wire::directory::{DirectoryAnswer, DirectoryUpload, DirectoryWraps, PartKind};
use tvaers_wire::ids::PersonId;
use tvaers_wire::lineage::Lineage;
use tvaers_wire::statement::{Authority, Claim, SignedStatement};

use crate::vectors::opener::{Named, codec, directory_name, statement_name};
use crate::vectors::world::{hex, unhex};

/// Verifies everything and returns the directory's head and what the first unit is called.
pub(in crate::vectors) fn open(given: &Value, secrets: &Value) -> Result<(String, String), Named> {
    let field = |name: &str| unhex(given[name].as_str().unwrap());
    let seed = |name: &str| Secret::from_slice(&unhex(secrets[name].as_str().unwrap())).unwrap();
    let device = DeviceSecret::from_seeds(seed("signing"), seed("kem")).unwrap();
    let authority = Authority::from_bytes(&field("authority")).map_err(codec("authority"))?;
    let lineage = Lineage::from(authority);
    let held = SignedDirectory::from_bytes(&field("held")).map_err(codec("directory"))?;
    let held = Staff::verified(&held, &lineage).map_err(directory_name)?;
    let statement = SignedStatement::from_bytes(&field("statement")).map_err(codec("statement"))?;
    let Claim::Directory { head } = authority.check(&statement).map_err(statement_name)?.claim else {
        return Err("statement malformed");
    };
    let wraps = part(&field("wraps"), PartKind::Wraps, &authority)?;
    let wraps = DirectoryWraps::from_bytes(&wraps).map_err(|_| "order malformed")?.wraps;
    let sealed = part(&field("sealed"), PartKind::Sealed, &authority)?;
    let own = wraps.into_iter().find(|wrap| wrap.device == device.id()).ok_or("no wrap")?;
    let answer = DirectoryAnswer { sealed: sealed.into(), wrap: own.bytes };
    let person = PersonId::from_hex(given["person"].as_str().unwrap()).unwrap();
    let opened = SignedDirectory::open(&answer, &head, &lineage, &device, (&held, &person));
    let (_, staff) = opened.map_err(directory_name)?;
    Ok((hex(&staff.head.0), staff.directory.teams[0].name.clone()))
}

/// What the relay takes of an upload.
fn part(bytes: &[u8], kind: PartKind, authority: &Authority) -> Result<Vec<u8>, Named> {
    let upload = DirectoryUpload::from_bytes(bytes).map_err(|_| "order malformed")?;
    let order = authority.check_directory_order(&upload.order).map_err(|_| "order")?;
    if order.kind == kind && order.is_for(&upload.part) { Ok(upload.part.0) } else { Err("another part") }
}
