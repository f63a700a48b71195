//! What a person typed, on its way to a page. Templates escape HTML; this makes visible what the eye would not see: control
//! characters, and those that turn the direction of reading so that a sentence says something else than it says.

use std::fmt;

/// Text by a person, safe to show inside `<bdi>`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Typed(String);

impl Typed {
    pub(super) fn new(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        let mut shown = String::with_capacity(text.len());
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\r' if letters.peek() == Some(&'\n') => {}
                '\r' | '\u{2028}' | '\u{2029}' => shown.push('\n'),
                hidden if is_hidden(hidden) => shown.push_str(&format!("⟨U+{:04X}⟩", u32::from(hidden))),
                letter => shown.push(letter),
            }
        }
        Self(shown)
    }

    pub(super) fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

/// Invisible, or able to change how its neighbours are read. Joiners stay: emoji and several scripts need them.
fn is_hidden(letter: char) -> bool {
    let is_layout = matches!(letter, '\n' | '\t');
    (letter.is_control() && !is_layout)
        || matches!(letter,
            '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

impl fmt::Display for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Typed {
    // What a person wrote never reaches a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Typed({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Typed;

    fn shown(text: &str) -> String {
        Typed::new(text).to_string()
    }

    #[test]
    fn ordinary_text_is_as_it_was_typed() {
        for text in ["", "Åse: \"hæ?\"\n\tnæste", "👨‍👩‍👧 🎒", "سلام", "می‌خواهم", "<b>x</b> =1+1"]
        {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn what_turns_the_direction_of_reading_is_seen() {
        assert_eq!(shown("slog \u{202E}ekki\u{202C}"), "slog ⟨U+202E⟩ekki⟨U+202C⟩");
        for hidden in ["\u{061C}", "\u{200E}", "\u{200F}", "\u{202A}", "\u{2066}", "\u{2069}"] {
            assert!(shown(hidden).starts_with("⟨U+"), "{hidden:?}");
        }
    }

    #[test]
    fn control_characters_are_seen_and_lines_stay_lines() {
        assert_eq!(shown("a\0b\u{7F}c\u{85}d\u{FEFF}\u{200B}"), "a⟨U+0000⟩b⟨U+007F⟩c⟨U+0085⟩d⟨U+FEFF⟩⟨U+200B⟩");
        assert_eq!(shown("a\r\nb\rc\u{2028}d"), "a\nb\nc\nd");
    }
}
