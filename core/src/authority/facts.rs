//! What the office knows of units, people and their devices. Names are here and in the directory, and nowhere else.

use minicbor::{Decode, Encode};
use tvaers_wire::ids::{DeviceId, Fixed, PersonId, TeamId};
use tvaers_wire::statement::{DeviceKeys, Standing};

use crate::directory::LOG_CONTROL;

/// The longest name, number or kind, in bytes of UTF-8.
pub const TEXT: usize = 120;

/// Kinds of units, in the words of the field.
pub const KINDS: [&str; 10] =
    ["dagtilbud", "skole", "sundhedspleje", "ppr", "familieafdeling", "klub", "modtagelse", "it", LOG_CONTROL, "andet"];

/// Professions that every municipality has. Others are added by name.
pub const PROFESSIONS: [&str; 18] = [
    "pædagog",
    "pædagogmedhjælper",
    "pædagogisk assistent",
    "dagplejer",
    "lærer",
    "børnehaveklasseleder",
    "sundhedsplejerske",
    "ppr-psykolog",
    "ppr-konsulent",
    "talehørekonsulent",
    "socialrådgiver",
    "familiebehandler",
    "sagsbehandler",
    "ergoterapeut",
    "fysioterapeut",
    "administrativ",
    "leder",
    "it",
];

/// What a person may do beside their profession.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    /// Runs Tværs for the municipality; there always is one.
    #[n(0)]
    Manager,
    /// Reads the access log.
    #[n(1)]
    LogController,
    /// Leads a unit.
    #[n(2)]
    Leader,
    /// Data protection officer.
    #[n(3)]
    DataProtection,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Manager, Self::LogController, Self::Leader, Self::DataProtection];

    /// Its word on the command line and in the HR system's file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Manager => "forvalter",
            Self::LogController => "logkontrollant",
            Self::Leader => "leder",
            Self::DataProtection => "dpo",
        }
    }

    /// The words of all, to choose from.
    pub fn words() -> String {
        Self::ALL.map(Self::word).join(", ")
    }

    /// The role of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word.to_lowercase())
    }
}

/// A unit of the municipality.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Unit {
    /// Its team.
    #[n(0)]
    pub team: TeamId,
    /// Its name, unique.
    #[n(1)]
    pub name: String,
    /// One of [`KINDS`].
    #[n(2)]
    pub kind: String,
    /// Telephone number that is dialled when there is no network.
    #[n(3)]
    pub phone: Option<String>,
    /// False once it is closed. Its name stays in the directory: old notes show it.
    #[n(4)]
    pub open: bool,
    /// Who may be in it by the newest charter, ascending.
    #[n(5)]
    pub(super) chartered: Vec<PersonId>,
}

/// A person on the staff, or who was.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Person {
    /// The person.
    #[n(0)]
    pub person: PersonId,
    /// The HR system's employee number: what a new file is compared by.
    #[n(1)]
    pub number: String,
    /// Full name.
    #[n(2)]
    pub name: String,
    /// Profession.
    #[n(3)]
    pub profession: String,
    /// The unit they work in.
    #[n(4)]
    pub unit: TeamId,
    /// Roles, ascending.
    #[n(5)]
    pub roles: Vec<Role>,
    /// Whether they work here.
    #[n(6)]
    pub standing: Standing,
}

impl Person {
    /// True unless the person has left. Who is suspended keeps the place in the team.
    pub fn works_here(&self) -> bool {
        self.standing != Standing::Left
    }

    /// True if the person has a role and works here.
    pub fn serves_as(&self, role: Role) -> bool {
        self.standing == Standing::Active && self.roles.contains(&role)
    }
}

/// A device that was certified.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct CertifiedDevice {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// Whose it is.
    #[n(1)]
    pub person: PersonId,
    /// Its number among that person's devices, from 1.
    #[n(2)]
    pub number: u32,
    /// When it was certified, Unix milliseconds.
    #[n(3)]
    pub since: i64,
    /// When it was revoked.
    #[n(4)]
    pub revoked: Option<i64>,
    /// That it was asked to erase itself, and what came of it.
    #[n(5)]
    pub wipe: Option<Wipe>,
}

/// That a device was asked to erase itself.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Wipe {
    /// When, Unix milliseconds; if it was asked again, the last time.
    #[n(0)]
    pub asked: i64,
    /// Serials of every word that asked: a receipt answers one of them.
    #[n(1)]
    pub(super) serials: Vec<u64>,
    /// When that was withdrawn.
    #[n(2)]
    pub withdrawn: Option<i64>,
    /// What the device says.
    #[n(3)]
    pub erased: Option<Erased>,
}

/// What a device says of its erasure, with a signature that was verified. Somebody who took its key out before can say the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Erased {
    /// When, Unix milliseconds by the device's clock.
    #[n(0)]
    pub at: i64,
    /// When the relay had it, by the relay's clock.
    #[n(1)]
    pub received: i64,
    /// How many records had not left the device; `None` if it could not count them.
    #[n(2)]
    pub unsent: Option<u64>,
}

/// One of those who keep a part of the recovery key.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Holder {
    /// Number of the sheet, from 1.
    #[n(0)]
    pub sheet: u8,
    /// Full name.
    #[n(1)]
    pub name: String,
}

/// The recovery key, as far as the office knows it: its secret half exists on the holders' sheets only.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Recovery {
    /// Its public halves.
    #[n(0)]
    pub keys: DeviceKeys,
    /// Which split the sheets belong to.
    #[n(1)]
    pub split: Fixed<3>,
    /// When the sheets were made, Unix milliseconds.
    #[n(2)]
    pub since: i64,
    /// Who holds them.
    #[n(3)]
    pub holders: Vec<Holder>,
}

/// A text that can be shown anywhere: filled in, not too long, nothing in it that does not show or turns the line around.
pub(super) fn shown(text: &str, longest: usize) -> Option<String> {
    let text = text.trim();
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    (!text.is_empty() && text.len() <= longest && !text.chars().any(hidden)).then(|| text.to_owned())
}
