//! A sentence to be said in one of the two languages, and what errors of files and passphrases are called.

use std::fmt::Display;

use tvaers_core::passphrase::{Passphrase, SealedFileError, StretchError, WeakPassphrase};

/// A sentence to be said in one of the two languages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sentence {
    pub(crate) key: &'static str,
    pub(crate) values: Vec<(&'static str, String)>,
    pub(crate) counts: Vec<(&'static str, usize)>,
}

impl Sentence {
    pub(crate) const fn of(key: &'static str) -> Self {
        Self { key, values: Vec::new(), counts: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Display) -> Self {
        self.values.push((name, value.to_string()));
        self
    }

    pub(crate) fn count(mut self, name: &'static str, count: usize) -> Self {
        self.counts.push((name, count));
        self
    }
}

impl From<SealedFileError> for Sentence {
    fn from(error: SealedFileError) -> Self {
        Self::of(match error {
            SealedFileError::Missing => "file-gone",
            SealedFileError::Exists => "file-exists",
            SealedFileError::Busy => "file-busy",
            SealedFileError::OtherKind => "file-other",
            SealedFileError::Newer => "file-newer",
            SealedFileError::Stretch(error) => return error.into(),
            SealedFileError::Damaged => "file-damaged",
            SealedFileError::WrongPassphrase => "passphrase-wrong",
            SealedFileError::Full => "file-full",
            SealedFileError::Io(error) => return Self::of("file-io").with("why", error),
        })
    }
}

impl From<StretchError> for Sentence {
    fn from(error: StretchError) -> Self {
        Self::of(match error {
            StretchError::Weak => "stretch-weak",
            StretchError::Huge => "stretch-huge",
            StretchError::Memory => "stretch-memory",
        })
    }
}

impl From<WeakPassphrase> for Sentence {
    fn from(error: WeakPassphrase) -> Self {
        match error {
            WeakPassphrase::Short => Self::of("passphrase-short").count("n", Passphrase::LENGTH),
            WeakPassphrase::Monotonous => Self::of("passphrase-monotonous").count("n", Passphrase::DIFFERENT),
            WeakPassphrase::Characters => Self::of("passphrase-characters"),
        }
    }
}
