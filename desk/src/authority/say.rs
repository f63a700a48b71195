//! Errors and acts as sentences for people. Core says them in English and without names; here they get both languages, and the
//! names that the operator may see anyway.

use tvaers_core::authority::{Act, JournalError, Office, OfficeError, OfficeFileError, RecoveryError, SheetError};
use tvaers_core::directory::authority_fingerprint;
use tvaers_wire::ids::{DeviceId, PersonId, TeamId};
use tvaers_wire::statement::Authority;

use super::retention::word;
pub(super) use crate::terminal::Sentence;
use crate::web::in_denmark;

impl From<OfficeError> for Sentence {
    fn from(error: OfficeError) -> Self {
        let key = match error {
            OfficeError::Text => "refused-text",
            OfficeError::NameTwice => "refused-name-twice",
            OfficeError::UnknownPerson => "refused-unknown-person",
            OfficeError::HasLeft => "refused-has-left",
            OfficeError::IsSuspended => "refused-is-suspended",
            OfficeError::NotSuspended => "refused-not-suspended",
            OfficeError::UnknownUnit => "refused-unknown-unit",
            OfficeError::UnitClosed => "refused-unit-closed",
            OfficeError::UnitHasPeople => "refused-unit-has-people",
            OfficeError::UnknownKind => "refused-unknown-kind",
            OfficeError::UnknownProfession => "refused-unknown-profession",
            OfficeError::ProfessionTwice => "refused-profession-twice",
            OfficeError::NumberTwice => "refused-number-twice",
            OfficeError::HasRole => "refused-has-role",
            OfficeError::HasNotRole => "refused-has-not-role",
            OfficeError::LastManager => "refused-last-manager",
            OfficeError::ManyLeave { count } => return Self::of("refused-many-leave").count("n", count),
            OfficeError::Key(_) => "refused-key",
            OfficeError::OtherOwner => "refused-other-owner",
            OfficeError::Revoked => "refused-revoked",
            OfficeError::NotRevoked => "refused-not-revoked",
            OfficeError::WipeAsked => "refused-wipe-asked",
            OfficeError::NoWipe => "refused-no-wipe",
            OfficeError::IsErased => "refused-is-erased",
            OfficeError::UnknownDevice => "refused-unknown-device",
            OfficeError::RelayAddress => "refused-relay-address",
            OfficeError::NoInvite => "refused-no-invite",
            OfficeError::InviteOver => "refused-invite-over",
            OfficeError::InviteUsed => "refused-invite-used",
            OfficeError::InviteTime => "refused-invite-time",
            OfficeError::UnitFull => "refused-unit-full",
            OfficeError::StillHere => "refused-still-here",
            OfficeError::NoDevice => "refused-no-device",
            OfficeError::NotRestoring => "refused-not-restoring",
            OfficeError::TooMany => "refused-too-many",
            OfficeError::Retention => "refused-retention",
            OfficeError::Sharing => "refused-sharing",
            OfficeError::Step => "refused-step",
            OfficeError::Sheet(error) => return error.into(),
        };
        Self::of(key)
    }
}

impl From<SheetError> for Sentence {
    fn from(error: SheetError) -> Self {
        let key = match error {
            SheetError::UnknownWord { line, word } => {
                return Self::of("sheet-unknown-word").count("line", line).count("word", word);
            }
            SheetError::WrongWord { line, word } => {
                return Self::of("sheet-wrong-word").count("line", line).count("word", word);
            }
            SheetError::WrongLine { line } => return Self::of("sheet-wrong-line").count("line", line),
            SheetError::Words { line, found } => return Self::of("sheet-words").count("line", line).count("n", found),
            SheetError::Lines { found } => return Self::of("sheet-lines").count("n", found),
            SheetError::Code => "sheet-code",
            SheetError::Mixed => "sheet-mixed",
            SheetError::Version => "sheet-version",
            SheetError::OtherMunicipality => "sheet-other-municipality",
            SheetError::OtherSplit => "sheet-other-split",
            SheetError::NotTogether => "sheet-not-together",
            SheetError::Twice => "sheet-twice",
            SheetError::OtherHolder => "sheet-other-holder",
            SheetError::OtherKey => "sheet-other-key",
        };
        Self::of(key)
    }
}

impl From<RecoveryError> for Sentence {
    fn from(error: RecoveryError) -> Self {
        let key = match error {
            RecoveryError::Decode(_) => "recover-file-other",
            RecoveryError::NotWhole | RecoveryError::Statement(_) | RecoveryError::Directory(_) => {
                "recover-file-changed"
            }
            RecoveryError::NoKey => "recover-no-key",
            RecoveryError::UnknownCode => "recover-unknown-code",
            RecoveryError::Out => "recover-device-out",
            RecoveryError::NotIn => "recover-not-in",
            RecoveryError::Key(_) => "refused-key",
            RecoveryError::Nothing => "recover-nothing",
            RecoveryError::Reason => "recover-reason-missing",
            RecoveryError::Sheet(error) => return error.into(),
        };
        Self::of(key)
    }
}

impl From<OfficeFileError> for Sentence {
    fn from(error: OfficeFileError) -> Self {
        match error {
            OfficeFileError::File(error) => error.into(),
            OfficeFileError::Content(_) | OfficeFileError::Key(_) => Self::of("file-damaged"),
        }
    }
}

impl From<JournalError> for Sentence {
    fn from(error: JournalError) -> Self {
        let (key, number) = match error {
            JournalError::Malformed { number, .. } => ("journal-malformed", number),
            JournalError::Signature { number } => ("journal-signature", number),
            JournalError::Chain { number } => ("journal-chain", number),
        };
        Self::of(key).with("number", number)
    }
}

/// What an entry of the journal says.
pub(super) fn act(office: &Office, act: &Act) -> Sentence {
    let person = |key: &'static str, id: &PersonId| Sentence::of(key).with("person", person(office, id));
    match act {
        Act::Founded { recovery, split } => {
            Sentence::of("act-founded").with("fingerprint", grouped(&recovery.0)).with("split", hex(&split.0))
        }
        Act::UnitAdded { team } => Sentence::of("act-unit-added").with("unit", unit(office, team)),
        Act::UnitRenamed { team } => Sentence::of("act-unit-renamed").with("unit", unit(office, team)),
        Act::UnitClosed { team } => Sentence::of("act-unit-closed").with("unit", unit(office, team)),
        Act::ProfessionAdded { name } => Sentence::of("act-profession-added").with("profession", name),
        Act::Joined { person: id, team } => person("act-joined", id).with("unit", unit(office, team)),
        Act::Changed { person: id } => person("act-changed", id),
        Act::Moved { person: id, from, to } => {
            person("act-moved", id).with("from", unit(office, from)).with("to", unit(office, to))
        }
        Act::RoleGranted { person: id, role } => person("act-role-granted", id).with("role", role.word()),
        Act::RoleRevoked { person: id, role } => person("act-role-revoked", id).with("role", role.word()),
        Act::Certified { person: id, device } => person("act-certified", id).with("device", named(office, device)),
        Act::DeviceRevoked { person: id, device } => {
            person("act-device-revoked", id).with("device", named(office, device))
        }
        Act::Suspended { person: id } => person("act-suspended", id),
        Act::Reinstated { person: id } => person("act-reinstated", id),
        Act::Left { person: id } => person("act-left", id),
        Act::Returned { person: id, team } => person("act-returned", id).with("unit", unit(office, team)),
        Act::Published { statements } => Sentence::of("act-published").with("n", statements),
        Act::Drilled { first, second, .. } => {
            let (first, second) = (holder(office, *first), holder(office, *second));
            Sentence::of("act-drilled").with("first", first).with("second", second)
        }
        Act::PassphraseRotated {} => Sentence::of("act-passphrase-rotated"),
        Act::Invited { person: id } => person("act-invited", id),
        Act::InviteEnded { person: id } => person("act-invite-ended", id),
        Act::RecoveryFetched { person: of, to } if of == to => person("act-recovery-fetched-own", of),
        Act::RecoveryFetched { person: of, to } => {
            person("act-recovery-fetched", to).with("left", self::person(office, of))
        }
        Act::Restored { person: to, device, circles } => {
            let circles = usize::try_from(*circles).unwrap_or(usize::MAX);
            person("act-restored", to).with("device", named(office, device)).count("n", circles)
        }
        Act::AuthorityRotated { key, first, second } => {
            let municipality = office.authority().municipality;
            let rotated = Sentence::of("act-authority-rotated");
            let rotated = rotated.with("fingerprint", authority(&Authority { municipality, key: *key }));
            rotated.with("first", first).with("second", second)
        }
        Act::SheetsRenewed { recovery, split, first, second } => {
            let renewed = Sentence::of("act-sheets-renewed").with("fingerprint", grouped(&recovery.0));
            renewed.with("split", hex(&split.0)).with("first", first).with("second", second)
        }
        Act::WipeAsked { person: id, device } => person("act-wipe-asked", id).with("device", named(office, device)),
        Act::WipeWithdrawn { person: id, device } => {
            person("act-wipe-withdrawn", id).with("device", named(office, device))
        }
        Act::WipeConfirmed { person: id, device, at, received, unsent } => {
            let key = if unsent.is_some() { "act-wipe-confirmed" } else { "act-wipe-confirmed-uncounted" };
            let said = person(key, id).with("device", named(office, device)).with("at", minute(*at));
            let unsent = usize::try_from(unsent.unwrap_or_default()).unwrap_or(usize::MAX);
            said.with("received", minute(*received)).count("n", unsent)
        }
        Act::RelayNamed {} => Sentence::of("act-relay-named"),
        Act::SharingSet { rules } => {
            let key = if rules.is_some() { "act-sharing-set" } else { "act-sharing-standard" };
            Sentence::of(key).count("n", usize::try_from(rules.unwrap_or_default()).unwrap_or(usize::MAX))
        }
        Act::RetentionSet { kind, months } => {
            let key = if months.is_some() { "act-retention-set" } else { "act-retention-ended" };
            Sentence::of(key).with("kind", word(*kind)).count("n", months.map_or(0, usize::from))
        }
    }
}

pub(super) fn person(office: &Office, id: &PersonId) -> String {
    office.person_of(id).map_or_else(|| id.to_hex(), |person| format!("{} ({})", person.name, person.number))
}

fn unit(office: &Office, team: &TeamId) -> String {
    office.unit_of(team).map_or_else(|| team.to_hex(), |unit| unit.name.clone())
}

/// A device by its owner's and its own number, and the beginning of its id.
pub(super) fn named(office: &Office, device: &DeviceId) -> String {
    let known = office.devices().iter().find(|known| known.device == *device);
    let digits: String = device.to_hex().chars().take(8).collect();
    match known.and_then(|known| Some((known, office.person_of(&known.person)?))) {
        Some((known, owner)) => format!("{}/{} ({digits})", owner.number, known.number),
        None => digits,
    }
}

fn holder(office: &Office, sheet: u8) -> String {
    let holder = office.recovery().holders.iter().find(|holder| holder.sheet == sheet);
    holder.map_or_else(|| sheet.to_string(), |holder| holder.name.clone())
}

/// Hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hexadecimal digits in fours, for people to compare.
pub(super) fn grouped(bytes: &[u8]) -> String {
    bytes.chunks(2).map(hex).collect::<Vec<_>>().join(" ")
}

/// Short name of an authority, for holders to compare with their sheets.
pub(super) fn authority(authority: &Authority) -> String {
    grouped(&authority_fingerprint(authority).0[..8])
}

/// A day, as it is written in Denmark.
pub(super) fn day(at: i64) -> String {
    in_denmark(at).strftime("%d.%m.%Y").to_string()
}

/// A moment to the minute.
pub(super) fn minute(at: i64) -> String {
    in_denmark(at).strftime("%d.%m.%Y %H:%M").to_string()
}
