//! The municipality's next directory, on its way to a phone that is enrolled: stated by the authority, sealed, and brought to the
//! relay in parts.

pub(super) mod opener;
mod tampered;

use serde_json::{Value, json};
use tvaers_core::directory::{AuthorityKey, Directory, SignedDirectory};
use tvaers_core::keys::Secret;
use tvaers_wire::codec::Canonical;
use tvaers_wire::directory::{DirectoryAnswer, DirectoryOrder, DirectoryUpload, DirectoryWraps};
use tvaers_wire::statement::{SignedStatement, Statement};

use super::cases::{Case, case};
use super::world::{World, hex};
use crate::dice::Seeded;

/// What the unit is called from now on.
pub(super) const UNIT: &str = "Børnehuset Solsikken";

/// Everything that the office makes.
pub(super) struct Newer {
    authority: AuthorityKey,
    directory: SignedDirectory,
    statement: SignedStatement,
    /// The wraps for author and reader, and the directory.
    uploads: Vec<DirectoryUpload>,
}

impl Newer {
    /// The same at every call.
    pub(super) fn build(world: &World) -> Self {
        let mut rng = Seeded::new(b"tvaers frozen vectors 1, directory");
        let mut authority =
            AuthorityKey::from_seed(&Secret::new(world.authority_seed), world.municipality, 70).unwrap();
        let directory = authority.sign_directory(&renamed(world, 71));
        let statement = authority.state_directory(&directory);
        let readers = [world.author.device.keys(), world.reader.device.keys()];
        let sealed = directory.seal_for(&world.municipality, readers, &mut rng).unwrap();
        let uploads = authority.directory_uploads(&sealed);
        Self { authority, directory, statement, uploads }
    }
}

/// The directory of before with another name of the unit.
fn renamed(world: &World, serial: u64) -> Directory {
    let mut directory = Directory { serial, ..Directory::from_bytes(&world.directory.body).unwrap() };
    directory.teams[0].name = UNIT.to_owned();
    directory
}

/// One value of every type that came with it.
pub(super) fn cases(world: &World) -> Vec<Case> {
    let Newer { statement, uploads, .. } = Newer::build(world);
    let wraps = DirectoryWraps::from_bytes(&uploads[0].part).unwrap();
    let answer = DirectoryAnswer { sealed: uploads[1].part.clone(), wrap: wraps.wraps[0].bytes.clone() };
    vec![
        case("which directory is in force, unsigned", &Statement::from_bytes(&statement.body).unwrap()),
        case("which directory is in force", &statement),
        case("what the office orders", &DirectoryOrder::from_bytes(&uploads[0].order.body).unwrap()),
        case("the wraps, behind their order", &uploads[0]),
        case("the wraps", &wraps),
        case("a sealed directory, behind its order", &uploads[1]),
        case("what a device is answered", &answer),
    ]
}

/// What an independent reader in the author's place is given, what it must find, and what it must refuse.
pub(super) fn json(world: &World) -> Value {
    let newer = Newer::build(world);
    let (signing, kem) = world.author.device.seeds();
    let tampered = tampered::all(world, &newer).into_iter();
    let tampered = tampered.map(|t| json!({"name": t.name, "set": t.set, "reason": t.reason}));
    json!({
        "secrets": { "signing": hex(signing.expose()), "kem": hex(kem.expose()) },
        "given": {
            "authority": hex(&newer.authority.authority().to_bytes()),
            "person": world.author.person.to_hex(),
            "held": hex(&world.directory.to_bytes()),
            "statement": hex(&newer.statement.to_bytes()),
            "wraps": hex(&newer.uploads[0].to_bytes()),
            "sealed": hex(&newer.uploads[1].to_bytes()),
        },
        "found": { "head": hex(&newer.directory.head().0), "unit": UNIT },
        "tampered": tampered.collect::<Vec<_>>(),
    })
}
