//! The codec (protocol §2): CBOR (RFC 8949) in one canonical form.
//!
//! Structures are definite-length arrays in a fixed field order; there are no maps, floats, tags or indefinite lengths.
//! minicbor accepts longer forms of the same value, so decoding encodes again and compares: one value, one encoding.

use minicbor::{Decode, Decoder, Encode, decode};

/// Why bytes were not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Longer than the limit for this type; nothing was read.
    #[error("{what}: {len} bytes, at most {limit} are allowed")]
    TooLong {
        /// The type that was to be read.
        what: &'static str,
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Not this type, cut short, or with a field out of range.
    #[error("{what}: malformed: {why}")]
    Malformed {
        /// The type that was to be read.
        what: &'static str,
        /// The decoder's reason. Never contains content.
        why: String,
    },
    /// Bytes follow the value.
    #[error("{what}: {extra} bytes after the end")]
    Trailing {
        /// The type that was read.
        what: &'static str,
        /// How many.
        extra: usize,
    },
    /// The same value in another form than the canonical one.
    #[error("{what}: not in canonical form")]
    NotCanonical {
        /// The type that was read.
        what: &'static str,
    },
    /// A version this build does not speak.
    #[error("{what}: version {found}, this build speaks {spoken}")]
    Version {
        /// The type that was to be read.
        what: &'static str,
        /// The version found.
        found: u64,
        /// The only version accepted.
        spoken: u64,
    },
}

/// Reads a list and stops at the first element beyond the limit, so that a few bytes per element cannot fill the memory. For
/// `#[cbor(decode_with = …)]` on every list whose elements take more room in memory than in the encoding.
///
/// # Errors
/// As the elements, or if there are more than `N`.
pub fn at_most<'b, const N: usize, C, T: Decode<'b, C>>(
    decoder: &mut Decoder<'b>,
    context: &mut C,
) -> Result<Vec<T>, decode::Error> {
    let at = decoder.position();
    let mut out = Vec::new();
    for element in decoder.array_iter_with(context)? {
        if out.len() == N {
            return Err(decode::Error::message("a list is longer than its limit").at(at));
        }
        out.push(element?);
    }
    Ok(out)
}

/// A type with one canonical encoding and an upper bound on its length.
pub trait Canonical: Encode<()> + for<'b> Decode<'b, ()> {
    /// Name used in errors.
    const NAME: &'static str;
    /// The most bytes an encoding may have.
    const MAX_LEN: usize;
    /// The version expected as the first array element, for types that carry one.
    const VERSION: Option<u64> = None;

    /// The canonical encoding.
    fn to_bytes(&self) -> Vec<u8> {
        // Writing to a Vec cannot fail and no encoder here returns an error of its own.
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// Reads exactly one value in canonical form.
    ///
    /// # Errors
    /// A [`DecodeError`] that names the type and what is wrong; lengths are checked before anything is allocated.
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError>
    where
        Self: Sized,
    {
        let what = Self::NAME;
        if bytes.len() > Self::MAX_LEN {
            return Err(DecodeError::TooLong { what, len: bytes.len(), limit: Self::MAX_LEN });
        }
        let malformed = |error: minicbor::decode::Error| DecodeError::Malformed { what, why: error.to_string() };
        if let Some(spoken) = Self::VERSION {
            let mut head = minicbor::Decoder::new(bytes);
            head.array().map_err(malformed)?;
            let found = head.u64().map_err(malformed)?;
            if found != spoken {
                return Err(DecodeError::Version { what, found, spoken });
            }
        }
        let mut decoder = minicbor::Decoder::new(bytes);
        let value: Self = decoder.decode().map_err(malformed)?;
        let extra = bytes.len() - decoder.position();
        if extra > 0 {
            return Err(DecodeError::Trailing { what, extra });
        }
        if value.to_bytes() != bytes {
            return Err(DecodeError::NotCanonical { what });
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests;
