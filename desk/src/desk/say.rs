//! Errors as sentences for whoever sits at the desk. The relay is called the municipality's server, since that is what it is to them.

use std::sync::LazyLock;

use tvaers_core::client::ClientError;
use tvaers_core::directory::InviteError;
use tvaers_core::net::NotJoined;
use tvaers_core::store::StoreError;
use tvaers_core::sync::Failure;

use crate::terminal::{Sentence, Terminal, Tongue};
use crate::web::{ServeError, Words};

const DA: &str = concat!(include_str!("../../i18n/passphrase.da.ftl"), include_str!("../../i18n/terminal.da.ftl"));
const EN: &str = concat!(include_str!("../../i18n/passphrase.en.ftl"), include_str!("../../i18n/terminal.en.ftl"));

static DANISH: LazyLock<Words> = LazyLock::new(|| Words::new("da", DA));
static ENGLISH: LazyLock<Words> = LazyLock::new(|| Words::new("en", EN));

pub(super) fn terminal(tongue: Tongue) -> Terminal {
    Terminal::new(match tongue {
        Tongue::Da => &DANISH,
        Tongue::En => &ENGLISH,
    })
}

impl From<StoreError> for Sentence {
    fn from(error: StoreError) -> Self {
        Self::of(match error {
            StoreError::WrongKey => "store-other-key",
            StoreError::Missing | StoreError::Unfinished => "desk-missing",
            StoreError::NotAStore => "store-other",
            StoreError::NewerSchema { .. } => "store-newer",
            StoreError::ReadOnly => "store-read-only",
            StoreError::DiskFull => "store-full",
            StoreError::InUse => "store-in-use",
            StoreError::Erased => "store-erased",
            StoreError::Io { code } => return Self::of("store-io").with("code", code),
            _ => "store-damaged",
        })
    }
}

impl From<ClientError> for Sentence {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Store(error) => error.into(),
            ClientError::Invite(error) => error.into(),
            ClientError::Enrolment(_) => Self::of("enrolment-refused"),
            _ => Self::of("store-damaged"),
        }
    }
}

impl From<InviteError> for Sentence {
    fn from(error: InviteError) -> Self {
        Self::of(match error {
            InviteError::Malformed => "invite-malformed",
            InviteError::Version => "invite-version",
            InviteError::Expired => "invite-expired",
            InviteError::Used => "invite-used",
            InviteError::Seal => "invite-seal",
            InviteError::OtherAuthority => "invite-other-authority",
        })
    }
}

impl From<NotJoined> for Sentence {
    fn from(error: NotJoined) -> Self {
        match error {
            NotJoined::Relay(failure) => failure.into(),
            NotJoined::Refused(error) => error.into(),
        }
    }
}

impl From<Failure> for Sentence {
    fn from(failure: Failure) -> Self {
        Self::of(match failure {
            Failure::Unreachable { .. } => "server-unreachable",
            Failure::Forbidden | Failure::Unauthorized => "server-refuses",
            Failure::Restored | Failure::Incompatible => "server-incompatible",
        })
    }
}

impl From<ServeError> for Sentence {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Port { port, source } => Self::of("port-taken").with("port", port).with("why", source),
            ServeError::Ended(why) => Self::of("file-io").with("why", why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DA, EN};
    use crate::terminal::check::check_said;
    use crate::web::check::check_alike;

    /// Every file that says something.
    const SOURCES: [&str; 8] = [
        include_str!("contact.rs"),
        include_str!("enrol.rs"),
        include_str!("erased.rs"),
        include_str!("key.rs"),
        include_str!("mod.rs"),
        include_str!("open.rs"),
        include_str!("say.rs"),
        include_str!("serve.rs"),
    ];

    #[test]
    fn both_languages_are_whole_and_say_the_same_things() {
        check_alike(DA, EN);
    }

    #[test]
    fn every_sentence_is_said_somewhere_and_every_key_has_its_sentence() {
        check_said(DA, &SOURCES);
    }

    #[test]
    fn nobody_at_a_desk_is_told_of_the_relay() {
        assert!(!DA.to_lowercase().contains("relæ") && !EN.to_lowercase().contains("relay"));
    }
}
