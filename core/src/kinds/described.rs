//! The fields and codes of every kind, written out from the code for whoever writes another client (docs/records.md).

use std::fmt::Write;

use super::*;

/// A struct or an enum of the kinds, as its declaration says it.
pub(crate) trait Described {
    const TABLE: Table;
}

/// A struct inside another one.
pub(crate) trait Nested: Described {
    /// Replaced as a whole.
    const WHOLE: bool;
}

pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) about: &'static [&'static str],
    pub(crate) rows: Rows,
}

pub(crate) enum Rows {
    /// Name, type, meaning.
    Fields(&'static [(&'static str, &'static str, &'static [&'static str])]),
    /// Code, name, meaning.
    Codes(&'static [(u8, &'static str, &'static [&'static str])]),
}

const INTRO: &str = "# Records: fields and codes

Every field of every kind, as `core/src/kinds` declares it; how the types lie in a document is in [protocol.md](protocol.md#85-fields).
The names are part of the format, and a code is never given to another meaning. This page is written out from the code
(`UPDATE_EXPECT=1 cargo test --release -p tvaers-core described`), and a test compares the two.
";

macro_rules! sections {
    (kinds: $($kind:ident),+; structs: $($nested:ident),+; codes: $($codes:ident),+;) => {
        fn everything() -> String {
            let mut out = format!("{INTRO}\n## Kinds\n");
            $(section(&mut out, &$kind::TABLE, &match kind_named(stringify!($kind)) {
                Some(kind) => format!(" Kind {}, {}.", kind.code(), if kind.is_frozen() { "frozen" } else { "living" }),
                None => unreachable!("a kind of record"),
            });)+
            out.push_str("\n## Structs in fields\n");
            $(section(&mut out, &$nested::TABLE, if $nested::WHOLE {
                " Replaced as a whole."
            } else {
                " In a living record its fields change one by one."
            });)+
            out.push_str("\n## Codes\n");
            $(section(&mut out, &$codes::TABLE, "");)+
            out
        }

        const NAMED: &[&str] = &[$(stringify!($kind),)+ $(stringify!($nested),)+ $(stringify!($codes),)+];
    };
}

sections! {
    kinds: Child, Draft, Observation, Amendment, Assessment, JointAssessment, Concern, Reply, Voice, Analysis,
        Intervention, Measure, Meeting, ActionPoint, Consent, Notification, Disclosure, AccessEvent, AnonymousDiscussion;
    structs: ChildRef, Occurred, ParentsContacted, Vote, Decided, BodyMark, Guardian, AgendaItem, Lookup;
    codes: Kind, Precision, Level, ConcernState, Answer, NotificationLevel, Suspect, ChildState, Position, AnalysisState, InterventionState, Evaluation, MeetingState, Horizon, ActionState, DiscussionState, Access;
}

fn kind_named(name: &str) -> Option<Kind> {
    Kind::ALL.iter().copied().find(|kind| format!("{kind:?}") == name)
}

fn section(out: &mut String, table: &Table, note: &str) {
    let said = |lines: &[&str]| {
        lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ").replace("[`", "`").replace("`]", "`")
    };
    let plain = |type_: &str| type_.split_whitespace().collect::<String>().replace("super::", "");
    writeln!(out, "\n### {}\n{}{note}\n", table.name, said(table.about)).unwrap();
    match table.rows {
        Rows::Fields(fields) => {
            out.push_str("| Field | Type | Meaning |\n|---|---|---|\n");
            for (name, type_, about) in fields {
                writeln!(out, "| `{name}` | `{}` | {} |", plain(type_), said(about)).unwrap();
            }
        }
        Rows::Codes(codes) => {
            out.push_str("| Code | Name | Meaning |\n|---|---|---|\n");
            for (code, name, about) in codes {
                writeln!(out, "| {code} | {name} | {} |", said(about)).unwrap();
            }
        }
    }
}

#[test]
fn the_page_of_fields_and_codes_is_that_of_the_code() {
    expect_test::expect_file!["../../../docs/records.md"].assert_eq(&everything());
}

#[test]
fn every_type_of_a_field_is_on_the_page_or_in_the_protocol() {
    // Those that protocol.md §8.5 explains.
    let plain = "Option List ByPerson Text Short Date bool i64 Score Usefulness Party Recipient PersonId TeamId ChildId \
                 RecordId DeviceId";
    let page = everything();
    let types = page.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split('`').nth(3));
    for word in types.flat_map(|type_| type_.split(['<', '>'])).filter(|word| !word.is_empty()) {
        assert!(NAMED.contains(&word) || plain.split(' ').any(|known| known == word), "{word}");
    }
    let all = NAMED.iter().filter(|name| kind_named(name).is_some()).count();
    assert_eq!(all, Kind::ALL.len(), "a kind is missing");
}
