//! A passphrase that a person types, how it becomes a key (Argon2id, RFC 9106), and files that open with one.

pub(crate) mod file;

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use crate::keys::Secret;

pub use file::{Format, SealedFile, SealedFileError};

/// Salt's length in bytes (RFC 9106 §3.1).
const SALT: usize = 16;

/// What opens a file. Wiped when dropped.
pub struct Passphrase(Zeroizing<String>);

/// Why a passphrase may not be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassphrase {
    /// Too short.
    #[error(
        "the passphrase must have at least {} characters: five or more words that nobody would guess",
        Passphrase::LENGTH
    )]
    Short,
    /// The same few characters again and again.
    #[error("the passphrase must have at least {} different characters", Passphrase::DIFFERENT)]
    Monotonous,
    /// A character that keyboards and systems write in different ways.
    #[error("the passphrase has a control character or a loose accent; write letters such as å as one character")]
    Characters,
}

impl Passphrase {
    /// The least characters. Whoever holds the file can try passphrases for ever, as fast as [`Stretch`] lets them.
    pub const LENGTH: usize = 20;
    /// The least different characters.
    pub const DIFFERENT: usize = 10;

    /// One that was typed to open a file.
    pub fn typed(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// One that is to seal a file from now on.
    ///
    /// # Errors
    /// [`WeakPassphrase`].
    pub fn chosen(text: Zeroizing<String>) -> Result<Self, WeakPassphrase> {
        let mut different: Vec<char> = text.chars().collect();
        if different.len() < Self::LENGTH {
            return Err(WeakPassphrase::Short);
        }
        // A loose accent is typed on one system and not on the next: the same words would then not open the file.
        if different.iter().any(|c| c.is_control() || ('\u{300}'..='\u{36f}').contains(c)) {
            return Err(WeakPassphrase::Characters);
        }
        different.sort_unstable();
        different.dedup();
        if different.len() < Self::DIFFERENT {
            return Err(WeakPassphrase::Monotonous);
        }
        Ok(Self(text))
    }
}

impl PartialEq for Passphrase {
    // For a passphrase that is typed twice to the same process: nobody measures it.
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// How hard a passphrase is stretched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// Parameters that are not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StretchError {
    /// Below the floor: a file made so that its passphrase is found cheaply (attack 19).
    #[error("the passphrase would be stretched less than this version allows")]
    Weak,
    /// Above the cap: a file made to fill the memory or the day (attack 20).
    #[error("stretching the passphrase would take more than this version allows")]
    Huge,
    /// The system has not the memory.
    #[error("there is not enough memory to stretch the passphrase")]
    Memory,
}

impl Stretch {
    /// What new files use: a quarter of a gibibyte, about a second on an office computer.
    pub const DEFAULT: Self = Self { memory: 256 * 1024, passes: 3, lanes: 1 };
    /// RFC 9106's second choice, for machines with little memory. Less is not accepted, whatever a file says.
    pub const FLOOR: Self = Self { memory: 64 * 1024, passes: 3, lanes: 1 };
    /// More is not begun: half a minute and a gibibyte.
    pub const CAP: Self = Self { memory: 1024 * 1024, passes: 12, lanes: 4 };

    /// Checks parameters before anything is allocated for them.
    ///
    /// # Errors
    /// [`StretchError`].
    pub fn check(self) -> Result<(), StretchError> {
        let Self { memory, passes, lanes } = self;
        if memory < Self::FLOOR.memory || passes < Self::FLOOR.passes || lanes < Self::FLOOR.lanes {
            return Err(StretchError::Weak);
        }
        if memory > Self::CAP.memory || passes > Self::CAP.passes || lanes > Self::CAP.lanes {
            return Err(StretchError::Huge);
        }
        Ok(())
    }

    /// The key of a passphrase.
    fn key(self, passphrase: &Passphrase, salt: &[u8; SALT]) -> Result<Secret, StretchError> {
        self.check()?;
        let params = Params::new(self.memory, self.passes, self.lanes, Some(32)).map_err(|_| StretchError::Weak)?;
        let mut out = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.0.as_bytes(), salt, &mut *out)
            .map_err(|_| StretchError::Memory)?;
        Ok(Secret::new(*out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(text: &str) -> Result<Passphrase, WeakPassphrase> {
        Passphrase::chosen(Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn a_passphrase_that_would_be_guessed_is_not_taken() {
        assert_eq!(chosen("").unwrap_err(), WeakPassphrase::Short);
        assert_eq!(chosen("rødgrød med fløde 1").unwrap_err(), WeakPassphrase::Short);
        assert_eq!(chosen("åååååååååååååååååååååååååååå").unwrap_err(), WeakPassphrase::Monotonous);
        assert_eq!(chosen("otte vilde ræve spiser kage\n").unwrap_err(), WeakPassphrase::Characters);
        assert_eq!(chosen("otte vilde ra\u{30a}ve spiser kage").unwrap_err(), WeakPassphrase::Characters);
        assert!(chosen("otte vilde ræve spiser kage").is_ok());
    }

    #[test]
    fn nothing_is_stretched_below_the_floor_or_above_the_cap() {
        let Stretch { memory, passes, lanes } = Stretch::FLOOR;
        for weak in [
            Stretch { memory: memory - 1, passes, lanes },
            Stretch { memory, passes: passes - 1, lanes },
            Stretch { memory, passes, lanes: 0 },
        ] {
            assert_eq!(weak.check(), Err(StretchError::Weak));
        }
        let Stretch { memory, passes, lanes } = Stretch::CAP;
        for huge in [
            Stretch { memory: memory + 1, passes, lanes },
            Stretch { memory: u32::MAX, passes, lanes },
            Stretch { memory, passes: passes + 1, lanes },
            Stretch { memory, passes, lanes: lanes + 1 },
        ] {
            assert_eq!(huge.check(), Err(StretchError::Huge));
        }
        for good in [Stretch::FLOOR, Stretch::DEFAULT, Stretch::CAP] {
            assert_eq!(good.check(), Ok(()));
        }
    }

    #[test]
    fn no_passphrase_shows_in_debug() {
        let shown = format!("{:?}", chosen("otte vilde ræve spiser kage"));
        assert!(!shown.contains("ræve"));
    }
}
