//! One line of a sheet: six words that carry 66 bits, and two check words that find the one which is wrong.
//!
//! Words are numbers of eleven bits, by their place in the English list of BIP 39, whose words differ in their first four letters.
//! The two check words are those of a Reed–Solomon code over GF(2¹¹): one wrong word among the eight is found, whichever it is,
//! and two are noticed unless they look like a third (1 in 2,000). The number of the line is part of the code, so that lines
//! that have changed places are seen.

use bip39::Language;

/// Words that carry the sheet's bits.
pub(super) const DATA: usize = 6;
/// Words of a line.
pub const WORDS_PER_LINE: usize = DATA + 2;
/// x¹¹ + x² + 1, primitive over GF(2): x has the order 2,047.
const POLYNOMIAL: u32 = 0x805;

/// Multiplies in GF(2¹¹). Bit by bit, without a table that the words would be read from.
fn times(a: u16, b: u16) -> u16 {
    let (mut a, mut out) = (u32::from(a), 0);
    for bit in 0..11 {
        out ^= a & 0u32.wrapping_sub(u32::from(b >> bit & 1));
        a <<= 1;
        a ^= POLYNOMIAL & 0u32.wrapping_sub(a >> 11 & 1);
    }
    // Below 2¹¹ by construction.
    out as u16
}

/// xⁿ.
fn power(n: usize) -> u16 {
    (0..n).fold(1, |power, _| times(power, 2))
}

/// a⁻¹ = a^(2¹¹ − 2); zero for zero.
fn inverse(a: u16) -> u16 {
    let all_ones = (0..10).fold(1, |out, _| times(times(out, out), a));
    times(all_ones, all_ones)
}

/// The sums that are zero for a line as it was written.
fn sums(line: usize, words: &[u16]) -> (u16, u16) {
    // The number of the line, from 1, is part of both sums as a word of its own would be.
    let number = u16::try_from(line + 1).unwrap_or(0x7ff);
    let place = power(WORDS_PER_LINE);
    words
        .iter()
        .enumerate()
        .fold((number, times(place, number)), |(s, t), (at, word)| (s ^ word, t ^ times(power(at), *word)))
}

/// The eight words of a line.
pub(super) fn encode(line: usize, data: [u16; DATA]) -> [u16; WORDS_PER_LINE] {
    let (s, t) = sums(line, &data);
    // a + b = s and x⁶·a + x⁷·b = t, in characteristic two.
    let b = times(t ^ times(power(DATA), s), inverse(power(DATA) ^ power(DATA + 1)));
    let [c, d, e, f, g, h] = data;
    [c, d, e, f, g, h, s ^ b, b]
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// This word, from 0.
    Word(usize),
    /// More than one, or it is another line.
    Line,
}

/// The words that carry bits, if the line is as it was written.
pub(super) fn decode(line: usize, words: &[u16; WORDS_PER_LINE]) -> Result<[u16; DATA], Wrong> {
    let (s, t) = sums(line, words);
    if (s, t) == (0, 0) {
        let [a, b, c, d, e, f, ..] = *words;
        return Ok([a, b, c, d, e, f]);
    }
    // One word that is off by s at place n makes t = xⁿ·s.
    let place = (s != 0).then(|| (0..WORDS_PER_LINE).find(|at| times(power(*at), s) == t)).flatten();
    Err(place.map_or(Wrong::Line, Wrong::Word))
}

/// A number's word.
pub(super) fn word(number: u16) -> &'static str {
    Language::English.word_list()[usize::from(number & 0x7ff)]
}

/// A word's number. Its first four letters are enough.
pub(super) fn number(word: &str) -> Option<u16> {
    let word = word.to_ascii_lowercase();
    if let Some(number) = Language::English.find_word(&word) {
        return Some(number);
    }
    let mut beginning = Language::English.words_by_prefix_iter(&word);
    match (beginning.next(), beginning.next()) {
        (Some(only), None) if word.len() >= 4 => Language::English.find_word(only),
        _ => None,
    }
}
