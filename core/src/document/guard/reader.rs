//! A cursor over untrusted bytes: every read is checked, LEB128 in its shortest form only.

use crate::document::error::Rejected;

pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

const CUT: Rejected = Rejected::Malformed("cut short");
const NUMBER: Rejected = Rejected::Malformed("number");

impl<'a> Bytes<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn take(&mut self, count: u64) -> Result<&'a [u8], Rejected> {
        let count = usize::try_from(count).map_err(|_| CUT)?;
        let (taken, rest) = self.0.split_at_checked(count).ok_or(CUT)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Rejected> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(CUT)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, Rejected> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Unsigned LEB128.
    pub(super) fn uleb(&mut self) -> Result<u64, Rejected> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(NUMBER);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                // A last byte of zero adds nothing: a longer form of the same number.
                return if shift > 0 && byte == 0 { Err(NUMBER) } else { Ok(value) };
            }
        }
        Err(NUMBER)
    }

    /// Signed LEB128.
    pub(super) fn sleb(&mut self) -> Result<i64, Rejected> {
        let mut value = 0i64;
        let mut previous = 0u8;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = byte & 0x7f;
            if shift == 63 && bits != 0 && bits != 0x7f {
                return Err(NUMBER);
            }
            value |= i64::from(bits) << shift;
            if byte & 0x80 == 0 {
                let extends = (bits == 0 && previous & 0x40 == 0) || (bits == 0x7f && previous & 0x40 != 0);
                if shift > 0 && extends {
                    return Err(NUMBER);
                }
                return Ok(if shift < 57 && byte & 0x40 != 0 { value | (-1i64 << (shift + 7)) } else { value });
            }
            previous = byte;
        }
        Err(NUMBER)
    }

    /// A count that is at most `limit`.
    pub(super) fn count(&mut self, limit: u64) -> Result<u64, Rejected> {
        let count = self.uleb()?;
        if count > limit { Err(Rejected::Malformed("count")) } else { Ok(count) }
    }
}
