//! A holder's sheet: one part of the recovery key with what tells whose it is, as words and as the text of a QR code.
//!
//! | bytes | |
//! |---|---|
//! | 0 | version (high four bits) and the sheet's number, from 1 |
//! | 1..3 | the first two bytes of the municipality's id |
//! | 3..6 | the split |
//! | 6..38 | the part |
//! | 38..41 | control number: hash of the bytes before, three bytes of it |
//!
//! As words: 328 bits and two zeros, in five lines of six words of eleven bits, each with its two check words. As a QR code:
//! `TVAERS:ARK:` and 82 hexadecimal digits, all of which fit the code's alphanumeric mode.

use tvaers_wire::hash::{Label, hash};
use tvaers_wire::ids::{Fixed, MunicipalityId};
use zeroize::{Zeroize, Zeroizing};

use super::RECOVERY_HOLDERS;
use super::line::{self, DATA, WORDS_PER_LINE, Wrong};
use crate::keys::Secret;

/// Lines of words on a sheet.
pub const LINES: usize = 5;

const VERSION: u8 = 1;
const LEN: usize = 41;
const SUM: usize = 38;
const QR: &str = "TVAERS:ARK:";
const BITS: usize = 11;

/// One holder's part.
#[derive(Clone)]
pub struct Sheet {
    municipality: [u8; 2],
    split: Fixed<3>,
    number: u8,
    part: Secret,
}

/// Why a sheet, or two of them, were not taken. Lines and words are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// Not in the list of words.
    #[error("line {line}, word {word} is not in the list of words")]
    UnknownWord {
        /// Which line.
        line: usize,
        /// Which word of it.
        word: usize,
    },
    /// In the list, and not what the sheet says.
    #[error("line {line}, word {word} is not what the sheet says")]
    WrongWord {
        /// Which line.
        line: usize,
        /// Which word of it.
        word: usize,
    },
    /// Several words, or another line.
    #[error("line {line} is not as it is on the sheet: several words are wrong, or it is another line")]
    WrongLine {
        /// Which.
        line: usize,
    },
    /// Words are missing, or too many.
    #[error("line {line} has {found} words; each line has {WORDS_PER_LINE}")]
    Words {
        /// Which line.
        line: usize,
        /// How many it has.
        found: usize,
    },
    /// Lines are missing, or too many.
    #[error("there are {found} words; a sheet has {}", LINES * WORDS_PER_LINE)]
    Lines {
        /// How many words.
        found: usize,
    },
    /// Not a sheet's code, or one that was read wrongly.
    #[error("that is not the code of a sheet, or it was not read whole")]
    Code,
    /// Every line is right, and the whole is not: lines of different sheets.
    #[error("the lines are not of one sheet")]
    Mixed,
    /// Made by a newer version.
    #[error("the sheet was made by another version of Tværs")]
    Version,
    /// Another municipality's.
    #[error("the sheet is another municipality's")]
    OtherMunicipality,
    /// Of another split than the one in force.
    #[error("the sheet is of another split than the one in force; it is void")]
    OtherSplit,
    /// Two sheets that do not belong together.
    #[error("the two sheets are of different splits")]
    NotTogether,
    /// One sheet twice.
    #[error("that is the same sheet twice")]
    Twice,
    /// Not the sheet that was asked for.
    #[error("that is another holder's sheet")]
    OtherHolder,
    /// They give a key, and not the one on record.
    #[error("the two sheets do not give the recovery key on record")]
    OtherKey,
}

impl Sheet {
    pub(super) fn new(municipality: &MunicipalityId, split: Fixed<3>, number: u8, part: Secret) -> Self {
        let [first, second, ..] = *municipality.as_bytes();
        Self { municipality: [first, second], split, number, part }
    }

    /// Its number, from 1.
    pub fn number(&self) -> u8 {
        self.number
    }

    /// The split it belongs to.
    pub fn split(&self) -> Fixed<3> {
        self.split
    }

    pub(super) fn municipality(&self) -> [u8; 2] {
        self.municipality
    }

    pub(super) fn part(&self) -> &Secret {
        &self.part
    }

    /// Whether it is a sheet of this municipality and split.
    ///
    /// # Errors
    /// [`SheetError::OtherMunicipality`] or [`SheetError::OtherSplit`].
    pub fn belongs(&self, municipality: &MunicipalityId, split: &Fixed<3>) -> Result<(), SheetError> {
        let [first, second, ..] = *municipality.as_bytes();
        if self.municipality != [first, second] {
            return Err(SheetError::OtherMunicipality);
        }
        if self.split == *split { Ok(()) } else { Err(SheetError::OtherSplit) }
    }

    /// The words, line by line.
    pub fn words(&self) -> [[&'static str; WORDS_PER_LINE]; LINES] {
        let bytes = self.to_bytes();
        std::array::from_fn(|line| {
            let data = std::array::from_fn(|at| bits(&bytes, line * DATA + at));
            line::encode(line, data).map(line::word)
        })
    }

    /// The text of the QR code.
    pub fn code(&self) -> Zeroizing<String> {
        let digits = self.to_bytes().iter().map(|byte| format!("{byte:02X}")).collect::<String>();
        Zeroizing::new(format!("{QR}{digits}"))
    }

    /// Reads a whole sheet: the text of its code, or its words in their order.
    ///
    /// # Errors
    /// [`SheetError`] that says which word is wrong.
    pub fn read(text: &str) -> Result<Self, SheetError> {
        if Self::is_code(text) {
            return Self::from_code(text);
        }
        let words: Vec<&str> = words(text).collect();
        if words.len() != LINES * WORDS_PER_LINE {
            return Err(SheetError::Lines { found: words.len() });
        }
        let lines = words.chunks_exact(WORDS_PER_LINE).enumerate();
        Self::from_lines(&lines.map(|(at, line)| read_line(at, line)).collect::<Result<Vec<_>, _>>()?)
    }

    /// True if a text is meant as the text of a QR code.
    pub fn is_code(text: &str) -> bool {
        text.trim().get(..7).is_some_and(|start| start.eq_ignore_ascii_case("TVAERS:"))
    }

    /// Checks one line of words, so that a slip is told before the next line is typed. `line` is from 1.
    ///
    /// # Errors
    /// [`SheetError`] that says which word is wrong.
    pub fn check_line(line: usize, text: &str) -> Result<(), SheetError> {
        let words: Vec<&str> = words(text).collect();
        read_line(line.saturating_sub(1), &words).map(|mut data| data.zeroize())
    }

    fn from_code(text: &str) -> Result<Self, SheetError> {
        let digits = text.trim().get(QR.len()..).filter(|digits| digits.is_ascii() && digits.len() == 2 * LEN);
        let digits = digits.filter(|_| text.trim().to_ascii_uppercase().starts_with(QR)).ok_or(SheetError::Code)?;
        let mut bytes = Zeroizing::new([0; LEN]);
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            let digit = |c: u8| (c as char).to_digit(16).ok_or(SheetError::Code);
            *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).map_err(|_| SheetError::Code)?;
        }
        Self::from_bytes(&bytes, SheetError::Code)
    }

    fn from_lines(lines: &[[u16; DATA]]) -> Result<Self, SheetError> {
        let mut bytes = Zeroizing::new([0; LEN]);
        let numbers = lines.iter().flatten().enumerate();
        for (bit, number) in
            numbers.flat_map(|(at, number)| (0..BITS).map(move |bit| (at * BITS + bit, number >> (10 - bit) & 1)))
        {
            match bytes.get_mut(bit / 8) {
                Some(byte) => *byte |= u8::from(number == 1) << (7 - bit % 8),
                None if number == 0 => {}
                // The two bits that are left over are zero on every sheet.
                None => return Err(SheetError::Mixed),
            }
        }
        Self::from_bytes(&bytes, SheetError::Mixed)
    }

    fn to_bytes(&self) -> Zeroizing<[u8; LEN]> {
        let mut out = Zeroizing::new([0; LEN]);
        out[0] = VERSION << 4 | self.number;
        out[1..3].copy_from_slice(&self.municipality);
        out[3..6].copy_from_slice(&self.split.0);
        out[6..SUM].copy_from_slice(self.part.expose());
        let sum = sum(&out);
        out[SUM..].copy_from_slice(&sum);
        out
    }

    fn from_bytes(bytes: &[u8; LEN], broken: SheetError) -> Result<Self, SheetError> {
        if sum(bytes) != bytes[SUM..] {
            return Err(broken);
        }
        if bytes[0] >> 4 != VERSION {
            return Err(SheetError::Version);
        }
        let number = bytes[0] & 0x0f;
        if number == 0 || usize::from(number) > RECOVERY_HOLDERS {
            return Err(broken);
        }
        let part = Secret::from_slice(&bytes[6..SUM]).ok_or(broken)?;
        let split = Fixed([bytes[3], bytes[4], bytes[5]]);
        Ok(Self { municipality: [bytes[1], bytes[2]], split, number, part })
    }
}

impl PartialEq for Sheet {
    fn eq(&self, other: &Self) -> bool {
        (self.municipality, self.split, self.number) == (other.municipality, other.split, other.number)
            && self.part == other.part
    }
}

impl std::fmt::Debug for Sheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sheet({} of {:?})", self.number, self.split)
    }
}

/// Three bytes: of 16 million slips that pass the check words, one passes this.
fn sum(bytes: &[u8; LEN]) -> [u8; LEN - SUM] {
    let [a, b, c, ..] = hash(Label::SHEET, &[&bytes[..SUM]]);
    [a, b, c]
}

/// The number of eleven bits at this place; beyond the end there are zeros.
fn bits(bytes: &[u8; LEN], at: usize) -> u16 {
    let bit = |bit: usize| bytes.get(bit / 8).map_or(0, |byte| u16::from(byte >> (7 - bit % 8) & 1));
    (at * BITS..(at + 1) * BITS).fold(0, |number, at| number << 1 | bit(at))
}

/// The words of a text. Numbers of lines and signs between are passed over.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let between = |c: char| c.is_whitespace() || c.is_ascii_punctuation() || c.is_ascii_digit();
    text.split(between).filter(|word| !word.is_empty())
}

fn read_line(at: usize, words: &[&str]) -> Result<[u16; DATA], SheetError> {
    let line = at + 1;
    let wrong = SheetError::Words { line, found: words.len() };
    let mut numbers = [0; WORDS_PER_LINE];
    if words.len() != WORDS_PER_LINE {
        return Err(wrong);
    }
    for (word, (number, text)) in (1..).zip(numbers.iter_mut().zip(words)) {
        *number = line::number(text).ok_or(SheetError::UnknownWord { line, word })?;
    }
    let data = line::decode(at, &numbers).map_err(|wrong| match wrong {
        Wrong::Word(word) => SheetError::WrongWord { line, word: word + 1 },
        Wrong::Line => SheetError::WrongLine { line },
    });
    numbers.zeroize();
    data
}
