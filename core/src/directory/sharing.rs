//! Who may be sent what, and on what lawful basis: the municipality's matrix of unit kind × unit kind × record kind.
//!
//! The texts are the municipality's own, since paragraphs get renumbered. The strict choice is the default: what no rule names is
//! denied, and a municipality that has set no rules has those of [`standard`], for its jurist to confirm. Two things nobody can deny: a
//! statutory notification to those who receive it, and that whoever wrote hears back.

use std::sync::LazyLock;

use minicbor::{Decode, Encode};
use tvaers_wire::codec::at_most;

use crate::kinds::Kind;

/// Rules in a matrix: every kind of unit to every other, for a few bases.
pub const SHARING_RULES: usize = 256;
/// Kinds of units or records that one rule names.
const NAMED: usize = 64;
/// Longest text of a lawful basis, in bytes: a paragraph of law and what it is called.
pub const BASIS: usize = 160;

/// The kinds of units that statutory notifications go to.
const RECEIVING: [&str; 2] = ["familieafdeling", "modtagelse"];

/// One row of the matrix. An empty list means all of them.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Sharing {
    /// Kinds of the units that may share.
    #[n(0)]
    #[cbor(decode_with = "at_most::<{ NAMED }, _, _>")]
    pub from: Vec<String>,
    /// Kinds of the units that may be shared with.
    #[n(1)]
    #[cbor(decode_with = "at_most::<{ NAMED }, _, _>")]
    pub to: Vec<String>,
    /// Codes of the kinds of records.
    #[n(2)]
    #[cbor(decode_with = "at_most::<{ NAMED }, _, _>")]
    pub kinds: Vec<u8>,
    /// The lawful basis, in the municipality's words, at most [`BASIS`] bytes.
    #[n(3)]
    pub basis: String,
}

impl Sharing {
    fn covers(&self, kind: Kind, from: &str, to: &str) -> bool {
        let named = |list: &[String], one: &str| list.is_empty() || list.iter().any(|named| named == one);
        named(&self.from, from) && named(&self.to, to) && (self.kinds.is_empty() || self.kinds.contains(&kind.code()))
    }
}

/// The bases on which a record of this kind may go from one kind of unit to another, in the order of the rules, each once; none: it
/// may not. `rules`: those in force.
pub fn bases(rules: &[Sharing], kind: Kind, from: &str, to: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for rule in rules.iter().filter(|rule| rule.covers(kind, from, to)) {
        if !found.contains(&rule.basis) {
            found.push(rule.basis.clone());
        }
    }
    if found.is_empty() {
        found.extend(never_denied(kind, to).map(str::to_owned));
    }
    found
}

/// What no matrix takes away.
fn never_denied(kind: Kind, to: &str) -> Option<&'static str> {
    match kind {
        Kind::Notification if RECEIVING.contains(&to) => Some("Underretningspligt"),
        Kind::Reply => Some("Svar til den, der skrev"),
        // Whoever was told something wrong is told what is right.
        Kind::Amendment => Some("Rettelse af det, der er delt"),
        _ => None,
    }
}

/// What holds where a municipality has set nothing.
pub fn standard() -> &'static [Sharing] {
    static RULES: LazyLock<Vec<Sharing>> = LazyLock::new(|| {
        let units = ["dagtilbud", "skole", "sundhedspleje", "ppr", "familieafdeling", "modtagelse", "klub"];
        let rule = |from: &[&str], to: &[&str], kinds: &[Kind], basis: &str| Sharing {
            from: from.iter().copied().map(str::to_owned).collect(),
            to: to.iter().copied().map(str::to_owned).collect(),
            kinds: kinds.iter().map(|kind| kind.code()).collect(),
            basis: basis.to_owned(),
        };
        let early = [
            Kind::Observation,
            Kind::Assessment,
            Kind::JointAssessment,
            Kind::Concern,
            Kind::Voice,
            Kind::Analysis,
            Kind::Meeting,
            Kind::ActionPoint,
        ];
        // The access log has its own readers, by the authority's word.
        let apart = [Kind::Notification, Kind::AccessEvent];
        let others: Vec<Kind> = Kind::ALL.iter().copied().filter(|kind| !apart.contains(kind)).collect();
        vec![
            rule(&[], &RECEIVING, &[Kind::Notification], "Underretningspligt"),
            rule(&units, &units, &early, "Tidligt forebyggende samarbejde (SSD)"),
            rule(&RECEIVING, &units, &[Kind::Reply], "Tilbagemelding til den, der har underrettet"),
            // Last: that a family has agreed is not to be recorded because nobody chose.
            rule(&units, &units, &others, "Samtykke"),
        ]
    });
    &RULES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_rules_of_its_own_consent_is_what_somebody_chooses_or_all_there_is() {
        assert_eq!(
            bases(standard(), Kind::Observation, "dagtilbud", "familieafdeling"),
            ["Tidligt forebyggende samarbejde (SSD)", "Samtykke"]
        );
        for kind in Kind::ALL.iter().copied() {
            let offered = bases(standard(), kind, "familieafdeling", "dagtilbud");
            assert!(offered.len() < 2 || offered[0] != "Samtykke", "{kind:?}");
        }
        assert_eq!(bases(standard(), Kind::Intervention, "dagtilbud", "familieafdeling"), ["Samtykke"]);
        assert_eq!(bases(standard(), Kind::Notification, "skole", "modtagelse"), ["Underretningspligt"]);
    }

    #[test]
    fn what_no_rule_names_is_denied() {
        assert!(bases(standard(), Kind::Observation, "dagtilbud", "it").is_empty());
        assert!(bases(standard(), Kind::Concern, "logkontrol", "skole").is_empty());
        assert!(bases(standard(), Kind::Notification, "skole", "ppr").is_empty());
        assert!(bases(standard(), Kind::Observation, "", "skole").is_empty());
        let none = &[][..];
        assert!(bases(none, Kind::Observation, "dagtilbud", "familieafdeling").is_empty());
    }

    #[test]
    fn no_matrix_denies_a_notification_an_answer_or_a_correction() {
        let none = &[][..];
        assert_eq!(bases(none, Kind::Notification, "skole", "familieafdeling"), ["Underretningspligt"]);
        assert_eq!(bases(none, Kind::Reply, "familieafdeling", "dagtilbud").len(), 1);
        assert_eq!(bases(none, Kind::Amendment, "dagtilbud", "familieafdeling").len(), 1);
    }

    #[test]
    fn rules_are_asked_in_their_order_and_say_a_basis_once() {
        let rule = |to: &str, basis: &str| Sharing {
            from: vec![],
            to: vec![to.to_owned()],
            kinds: vec![Kind::Concern.code()],
            basis: basis.to_owned(),
        };
        let rules = [rule("ppr", "b"), rule("skole", "c"), rule("ppr", "a"), rule("ppr", "b")];
        assert_eq!(bases(&rules, Kind::Concern, "skole", "ppr"), ["b", "a"]);
        assert!(bases(&rules, Kind::Observation, "skole", "ppr").is_empty());
    }
}
