//! `retention`: how long records are kept.

use clap::Subcommand;
use tvaers_core::kinds::Kind;

use super::console::Console;
use super::say::Sentence;

/// Kinds in the words of the field, and in those of the protocol.
const WORDS: [(&str, &str, Kind); 18] = [
    ("barn", "child", Kind::Child),
    ("kladde", "draft", Kind::Draft),
    ("iagttagelse", "observation", Kind::Observation),
    ("rettelse", "amendment", Kind::Amendment),
    ("vurdering", "assessment", Kind::Assessment),
    ("fælles-vurdering", "joint-assessment", Kind::JointAssessment),
    ("bekymring", "concern", Kind::Concern),
    ("svar", "reply", Kind::Reply),
    ("perspektiv", "voice", Kind::Voice),
    ("analyse", "analysis", Kind::Analysis),
    ("indsats", "intervention", Kind::Intervention),
    ("måling", "measure", Kind::Measure),
    ("møde", "meeting", Kind::Meeting),
    ("aktionspunkt", "action-point", Kind::ActionPoint),
    ("samtykke", "consent", Kind::Consent),
    ("underretning", "notification", Kind::Notification),
    ("videregivelse", "disclosure", Kind::Disclosure),
    ("anonym-drøftelse", "anonymous-discussion", Kind::AnonymousDiscussion),
];

#[derive(Subcommand, Clone, Debug)]
pub(super) enum Retention {
    /// Keep records of a kind for so many months after the relay had the newest of them
    Set {
        /// iagttagelse, bekymring, møde …; an unknown one is answered with the list
        kind: String,
        /// From 1 to 1,200
        months: u16,
    },
    /// Keep records of a kind until two persons erase them
    End {
        /// The kind
        kind: String,
    },
    /// List the rules
    List,
}

pub(super) fn run(console: &Console<'_>, command: &Retention) -> Result<(), Sentence> {
    match command {
        Retention::Set { kind, months } => {
            let kind = known(kind)?;
            console.change(|office, by| office.set_retention(kind, Some(*months), by))
        }
        Retention::End { kind } => {
            let kind = known(kind)?;
            console.change(|office, by| office.set_retention(kind, None, by))
        }
        Retention::List => {
            let (_file, office) = console.open()?;
            if office.retention().is_empty() {
                console.say(&Sentence::of("retention-none"));
            }
            for rule in office.retention() {
                let row = Sentence::of("retention-row").with("kind", word(rule.kind));
                console.say(&row.count("n", rule.months.into()));
            }
            Ok(())
        }
    }
}

/// The kind that somebody typed.
pub(super) fn known(typed: &str) -> Result<Kind, Sentence> {
    let typed = typed.trim().to_lowercase();
    let found = WORDS.iter().find(|(danish, english, _)| [*danish, *english].contains(&typed.as_str()));
    found.map(|(.., kind)| *kind).ok_or_else(|| Sentence::of("retention-unknown-kind").with("kinds", all_words()))
}

/// Every kind that can be typed.
pub(super) fn all_words() -> String {
    WORDS.map(|(danish, ..)| danish).join(", ")
}

/// A kind in the words of the field.
pub(super) fn word(code: u8) -> String {
    let found = WORDS.iter().find(|(.., kind)| kind.code() == code);
    found.map_or_else(|| code.to_string(), |(danish, ..)| (*danish).to_owned())
}
