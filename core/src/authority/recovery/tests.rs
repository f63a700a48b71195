mod posing;

use std::collections::BTreeSet;

use super::line::{DATA, Wrong, decode, encode, number, word};
use super::*;
use crate::rng::system;

const PLACE: MunicipalityId = MunicipalityId::new([7; 16]);

fn drawn() -> (RecoverySplit, Vec<Sheet>) {
    let split = RecoverySplit::draw(&mut system()).unwrap();
    let sheets = split.sheets(&PLACE);
    (split, sheets)
}

fn written(sheet: &Sheet) -> String {
    sheet.words().map(|line| line.join(" ")).join("\n")
}

#[test]
fn any_two_of_three_sheets_give_the_key() {
    let (split, sheets) = drawn();
    assert_eq!(sheets.len(), RECOVERY_HOLDERS);
    for (one, other) in [(0, 1), (0, 2), (1, 2), (2, 1), (1, 0), (2, 0)] {
        let seed = rebuild([&sheets[one], &sheets[other]]).unwrap();
        assert_eq!(recovery_secret(&seed).unwrap().keys(), &split.keys);
    }
}

/// Known split schemes have left out zero, or every even number, as a coefficient: each sheet then told something of each byte.
#[test]
fn one_sheet_says_nothing_of_the_seed() {
    let seed = Secret::new([0x5a; 32]);
    let mut seen = [const { BTreeSet::new() }; RECOVERY_HOLDERS];
    for _ in 0..200 {
        for (seen, (_, part)) in seen.iter_mut().zip(split(&seed, &mut system()).unwrap()) {
            seen.extend(part.expose().iter().copied());
        }
    }
    // 6,400 bytes of each sheet: that one of 256 values is missing by chance happens once in 10⁸.
    assert!(seen.iter().all(|values| values.len() == 256));
}

/// By the formula of the decision, without the library: whoever has two sheets and that page gets the seed.
#[test]
fn a_part_is_the_value_of_a_line_at_the_number_of_its_sheet() {
    let seed = Secret::random(&mut system());
    let parts = split(&seed, &mut system()).unwrap();
    let twice = |byte: u8| (byte << 1) ^ ((byte >> 7) * 0x1b);
    for (at, s) in seed.expose().iter().enumerate() {
        let [one, two, three] = [0, 1, 2].map(|sheet| parts[sheet].1.expose()[at]);
        let c = one ^ s;
        assert_eq!((two, three), (s ^ twice(c), s ^ twice(c) ^ c));
    }
    assert_eq!(parts.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 2, 3]);
}

/// Paper is not migrated: what is printed once must be read for ever. The words were made by another program, from the decision
/// page alone.
#[test]
fn a_sheet_that_was_printed_long_ago_is_read() {
    let part = Secret::new(std::array::from_fn(|at| 7 * at as u8));
    let sheet = Sheet::new(&PLACE, Fixed([0xe8, 0xf4, 0x1d]), 2, part);
    assert_eq!(*sheet.code(), CODE);
    assert_eq!(written(&sheet), WORDS);
    assert_eq!(Sheet::read(WORDS).unwrap(), sheet);
    assert_eq!(Sheet::read(CODE).unwrap(), sheet);
}

const CODE: &str = "TVAERS:ARK:120707E8F41D00070E151C232A31383F464D545B626970777E858C939AA1A8AFB6BDC4CBD2D9F34078";
const WORDS: &str = "bamboo deal when trial source adjust poet erosion\n\
    debate phone case face evoke leader alley tennis\n\
    gospel pretty horn essay idea room source volcano\n\
    pause bomb defy express pencil walnut farm street\n\
    saddle chaos visa recycle cross despair repair glass";

/// What was stated once must be signed for ever. The key was worked out by another program, from the protocol alone.
#[test]
fn the_sheets_give_the_same_signing_key_for_ever() {
    let keys = recovery_secret(&Secret::new([0x5a; 32])).unwrap().keys().clone();
    let signing: String = keys.signing.0.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(signing, "1fe09b689d50ff111a021cd25c26db569e8a2558dd60b62dd5ba66f8674f068a");
    assert_eq!(keys.kem, crate::keys::KemKey::from_seed(&Secret::new([0x5a; 32])).unwrap().public());
}

#[test]
fn a_sheet_is_read_back_from_its_words_and_from_its_code() {
    for sheet in drawn().1 {
        assert_eq!(Sheet::read(&written(&sheet)).unwrap(), sheet);
        assert_eq!(Sheet::read(&sheet.code()).unwrap(), sheet);
        assert_eq!(Sheet::read(&format!("  {}\n", sheet.code().to_lowercase())).unwrap(), sheet);
        // As people type: upper case, numbers of lines, only the first four letters.
        let typed: Vec<String> = (1..)
            .zip(sheet.words())
            .map(|(line, words)| {
                let short = words.map(|word| word.chars().take(4).collect::<String>().to_uppercase());
                format!("{line}. {}", short.join(", "))
            })
            .collect();
        assert_eq!(Sheet::read(&typed.join("\n")).unwrap(), sheet);
    }
}

#[test]
fn a_mistyped_word_is_named_whichever_it_is() {
    let sheet = &drawn().1[0];
    let words = sheet.words();
    for line in 0..LINES {
        for at in 0..WORDS_PER_LINE {
            for other in [0u16, 1, 1024, 2047].into_iter().map(word).filter(|other| *other != words[line][at]) {
                let mut typed = words;
                typed[line][at] = other;
                let typed = typed.map(|line| line.join(" ")).join(" ");
                assert_eq!(Sheet::read(&typed), Err(SheetError::WrongWord { line: line + 1, word: at + 1 }));
            }
            let mut typed = words;
            typed[line][at] = "rødgrød";
            assert_eq!(
                Sheet::check_line(line + 1, &typed[line].join(" ")),
                Err(SheetError::UnknownWord { line: line + 1, word: at + 1 })
            );
        }
    }
}

#[test]
fn swapped_words_swapped_lines_and_missing_words_are_refused() {
    let sheet = &drawn().1[1];
    let words = sheet.words();
    let join = |words: [[&str; WORDS_PER_LINE]; LINES]| words.map(|line| line.join(" ")).join(" ");
    let mut swapped = words;
    swapped.swap(1, 3);
    assert_eq!(Sheet::read(&join(swapped)), Err(SheetError::WrongLine { line: 2 }));
    for at in 0..WORDS_PER_LINE - 1 {
        let mut swapped = words;
        swapped[2].swap(at, at + 1);
        assert!(swapped == words || Sheet::read(&join(swapped)).is_err());
    }
    let text = join(words);
    let few = text.split(' ').skip(1).collect::<Vec<_>>().join(" ");
    assert_eq!(Sheet::read(&few), Err(SheetError::Lines { found: 39 }));
    assert_eq!(Sheet::read(""), Err(SheetError::Lines { found: 0 }));
    assert_eq!(Sheet::check_line(4, "abandon ability"), Err(SheetError::Words { line: 4, found: 2 }));
}

#[test]
fn lines_of_two_sheets_make_none() {
    let sheets = drawn().1;
    let (mut one, other) = (sheets[0].words(), sheets[1].words());
    one[4] = other[4];
    assert_eq!(Sheet::read(&one.map(|line| line.join(" ")).join(" ")), Err(SheetError::Mixed));
}

#[test]
fn a_code_that_was_read_wrongly_is_refused_at_every_digit() {
    let code = drawn().1[0].code();
    for at in 0..code.len() {
        let mut broken = code.as_bytes().to_vec();
        broken[at] = if broken[at] == b'0' { b'1' } else { b'0' };
        assert!(Sheet::read(std::str::from_utf8(&broken).unwrap()).is_err(), "{at}");
    }
    for short in 0..code.len() {
        assert!(Sheet::read(&code[..short]).is_err());
    }
    assert_eq!(Sheet::read("TVAERS:ARK:"), Err(SheetError::Code));
    assert_eq!(Sheet::read("tværs:ark:æøå"), Err(SheetError::Lines { found: 3 }));
    assert_eq!(Sheet::read(&format!("{}0", *code)), Err(SheetError::Code));
}

#[test]
fn sheets_that_do_not_belong_together_give_nothing() {
    let (split, sheets) = drawn();
    let (other, others) = drawn();
    assert_eq!(rebuild([&sheets[0], &sheets[0]]), Err(SheetError::Twice));
    assert_eq!(rebuild([&sheets[0], &others[1]]), Err(SheetError::NotTogether));
    let elsewhere = split.sheets(&MunicipalityId::new([8; 16]));
    assert_eq!(rebuild([&sheets[0], &elsewhere[1]]), Err(SheetError::NotTogether));
    assert_eq!(elsewhere[0].belongs(&PLACE, &split.split), Err(SheetError::OtherMunicipality));
    assert_eq!(others[0].belongs(&PLACE, &split.split), Err(SheetError::OtherSplit));
    assert_eq!(sheets[2].belongs(&PLACE, &split.split), Ok(()));
    // Tags alike by chance: the key on record still tells.
    let posing = Sheet::new(&PLACE, split.split, 2, others[1].part().clone());
    let seed = rebuild([&sheets[0], &posing]).unwrap();
    let keys = recovery_secret(&seed).unwrap().keys().clone();
    assert!(keys != split.keys && keys != other.keys);
}

#[test]
fn the_code_of_a_line_finds_one_wrong_word_and_notices_two() {
    let data = [3, 1415, 926, 535, 897, 932];
    let line = encode(2, data);
    assert_eq!(decode(2, &line), Ok(data));
    assert_eq!(decode(1, &line), Err(Wrong::Line));
    for at in 0..WORDS_PER_LINE {
        for off in 1..2048 {
            let mut wrong = line;
            wrong[at] ^= off;
            assert_eq!(decode(2, &wrong), Err(Wrong::Word(at)));
        }
    }
    for (at, to) in [(0, 1), (2, 7), (DATA, DATA + 1)] {
        for off in (1..2048).step_by(7) {
            let mut wrong = line;
            (wrong[at], wrong[to]) = (wrong[at] ^ off, wrong[to] ^ 1);
            assert!(decode(2, &wrong).is_err());
        }
    }
}

#[test]
fn every_word_is_found_by_its_first_four_letters() {
    for at in 0..2048 {
        let whole = word(at);
        assert_eq!(number(whole), Some(at));
        assert_eq!(number(&whole.chars().take(4).collect::<String>()), Some(at));
    }
    for unknown in ["", "a", "aba", "zzzz", "abandonx", "abandon "] {
        assert_eq!(number(unknown), None, "{unknown}");
    }
}

#[test]
fn nothing_of_a_sheet_shows_in_debug() {
    let (split, sheets) = drawn();
    let shown = format!("{split:?} {:?}", sheets[0]);
    let digits: String = sheets[0].part().expose().iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!shown.contains(&digits[..8]) && !shown.contains(sheets[0].words()[0][3]));
}
