//! What a thief of the files would find: every name, CPR number and sentence of the scenario is looked for in every file at
//! rest, as UTF-8, as UTF-16 in both byte orders, and as base64 at each of its three alignments.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use anyhow::{Context, Result};
use serde_json::Value;

use crate::scenario::Scenario;

/// Names shorter than this, in bytes, would be found in random data by chance.
const NAME: usize = 6;
/// Sentences shorter than this likewise.
const SENTENCE: usize = 12;

/// What is looked for.
pub(super) struct Terms {
    /// How many texts.
    pub(super) count: usize,
    search: AhoCorasick,
}

/// What was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) hits: usize,
    pub(super) files: usize,
}

impl Terms {
    /// Names and CPR numbers of the scenario, and every sentence of these texts.
    pub(super) fn of<'a>(scenario: &Scenario, texts: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut terms = BTreeSet::new();
        for person in &scenario.people {
            add_name(person.name.as_str(), &mut terms);
        }
        for child in &scenario.children {
            add_name(&format!("{} {}", child.given_name.as_str(), child.family_name.as_str()), &mut terms);
            child.guardians.iter().for_each(|guardian| add_name(guardian.name.as_str(), &mut terms));
            if let Some(cpr) = &child.cpr {
                add_cpr(cpr.as_str(), &mut terms);
            }
        }
        texts.into_iter().for_each(|text| add_sentences(text, &mut terms));
        let patterns: Vec<Vec<u8>> = terms.iter().flat_map(|term| encodings(term)).collect();
        let search = AhoCorasick::new(&patterns).context("the texts to look for are too many")?;
        Ok(Self { count: terms.len(), search })
    }

    /// Looks through every file below a directory.
    pub(super) fn search(&self, dir: &Path) -> Result<Found> {
        let mut found = Found::default();
        let mut waiting: Vec<PathBuf> = vec![dir.to_owned()];
        while let Some(dir) = waiting.pop() {
            for entry in std::fs::read_dir(&dir).with_context(|| format!("{} cannot be read", dir.display()))? {
                let path = entry?.path();
                if path.is_dir() {
                    waiting.push(path);
                } else {
                    let bytes = std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
                    found.hits += self.search.find_iter(&bytes).count();
                    found.files += 1;
                }
            }
        }
        Ok(found)
    }
}

/// Every string in a JSON value.
pub(super) fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(fields) => fields.values().flat_map(strings).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

fn add_name(name: &str, terms: &mut BTreeSet<String>) {
    let parts = name.split_whitespace().chain(name.split([' ', '-']));
    terms.extend(parts.chain([name]).filter(|part| part.len() >= NAME).map(str::to_owned));
}

fn add_cpr(cpr: &str, terms: &mut BTreeSet<String>) {
    let digits: String = cpr.chars().filter(char::is_ascii_digit).collect();
    if digits.len() == 10 {
        terms.insert(format!("{}-{}", &digits[..6], &digits[6..]));
        terms.insert(digits);
    }
}

fn add_sentences(text: &str, terms: &mut BTreeSet<String>) {
    let sentences = text.split_inclusive(['.', '!', '?', '\n']).map(str::trim);
    terms.extend(sentences.filter(|sentence| sentence.len() >= SENTENCE).map(str::to_owned));
    // CPR numbers in free text: six digits, perhaps a hyphen, four digits.
    let bytes = text.as_bytes();
    for start in 0..bytes.len().saturating_sub(9) {
        let digits =
            |from: usize, len: usize| bytes.get(from..from + len).is_some_and(|d| d.iter().all(u8::is_ascii_digit));
        let before = start.checked_sub(1).and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
        let hyphen = usize::from(bytes.get(start + 6) == Some(&b'-'));
        let after = bytes.get(start + 10 + hyphen).is_some_and(u8::is_ascii_digit);
        if !before && !after && digits(start, 6) && digits(start + 6 + hyphen, 4) {
            add_cpr(&text[start..start + 10 + hyphen], terms);
        }
    }
}

fn encodings(term: &str) -> Vec<Vec<u8>> {
    let mut out = vec![term.as_bytes().to_vec()];
    out.push(term.encode_utf16().flat_map(u16::to_le_bytes).collect());
    out.push(term.encode_utf16().flat_map(u16::to_be_bytes).collect());
    for shift in 0..3 {
        // The characters of base64 that depend on these bytes alone, wherever they lie in the stream.
        let mut shifted = vec![0; shift];
        shifted.extend_from_slice(term.as_bytes());
        let whole = shifted.len() / 3 * 3;
        let from = if shift == 0 { 0 } else { 4 };
        let encoded = base64(&shifted[..whole]);
        if encoded.len() >= from + 8 {
            out.push(encoded[from..].to_vec());
        }
    }
    out
}

/// Base64 (RFC 4648) of a multiple of three bytes, for searching only.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32| ALPHABET[(bits & 63) as usize];
    let groups = bytes.chunks_exact(3).map(|three| u32::from_be_bytes([0, three[0], three[1], three[2]]));
    groups.flat_map(|bits| [digit(bits >> 18), digit(bits >> 12), digit(bits >> 6), digit(bits)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_found_at_every_alignment() {
        let term = "Mor afleverer sent.";
        for shift in 0..3 {
            let stream = [&b"xyz"[..shift], term.as_bytes(), b"..."].concat();
            let whole = stream.len() / 3 * 3;
            let encoded = base64(&stream[..whole]);
            let found = encodings(term).iter().any(|pattern| encoded.windows(pattern.len()).any(|w| w == pattern));
            assert!(found, "shifted by {shift}");
        }
    }

    #[test]
    fn numbers_in_free_text_are_looked_for_with_and_without_hyphen() {
        let mut terms = BTreeSet::new();
        add_sentences("Cpr 010121-1234 i noten, 12345678901234 er ikke et", &mut terms);
        assert!(terms.contains("010121-1234") && terms.contains("0101211234"));
        assert!(!terms.contains("1234567890"));
    }
}
