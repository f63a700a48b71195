//! The child's own record, and what must be accounted for.

use tvaers_core::kinds::{Access, AccessEvent, Child, ChildState, Consent, Disclosure};

use super::{Block, Parts, Teller};
use crate::web::typed::Typed;

impl Teller<'_> {
    pub(super) fn child(&self, content: &Child) -> Parts {
        let guardians = content.guardians.iter().map(|guardian| {
            let mut line = guardian.name.as_str().to_owned();
            let relation = guardian.relation.as_ref().map(|relation| relation.as_str().to_owned());
            let custody = (!guardian.custody).then(|| self.word("no-custody"));
            let protected = guardian.address_protected.then(|| self.word("address-protected"));
            for part in [relation, custody, protected].into_iter().flatten() {
                line.push_str(" · ");
                line.push_str(&part);
            }
            Typed::new(line)
        });
        let guardians: Vec<Typed> = guardians.collect();
        let state = match content.state {
            ChildState::Active => "child-active",
            ChildState::Moved => "child-moved",
            ChildState::Archived => "child-archived",
        };
        vec![
            (!guardians.is_empty()).then(|| Block::List { label: self.word("guardians"), items: guardians }),
            self.facts([
                content.unit.as_ref().and_then(|team| self.fact("unit", self.team(team).to_string())),
                content.group.as_ref().and_then(|group| self.fact("group", group.as_str())),
                content.language.as_ref().and_then(|language| self.fact("home-language", language.as_str())),
                content.interpreter.then(|| self.fact("interpreter", self.word("yes"))).flatten(),
                self.day("family-informed", content.family_informed),
                content.coordinator.as_ref().and_then(|who| self.fact("coordinator", self.person(who).to_string())),
                self.fact("state", self.word(state)),
            ]),
        ]
    }

    pub(super) fn consent(&self, content: &Consent) -> Parts {
        let today = self.times.today();
        let state = if content.withdraws.is_some() {
            "consent-withdrawn"
        } else if !content.given {
            "consent-refused"
        } else if content.expires_at.is_some_and(|last| last < today) {
            "consent-expired"
        } else {
            "consent-valid"
        };
        vec![
            self.text("scope", &content.scope),
            self.facts([
                self.fact("giver", self.party(&content.giver).to_string()),
                self.fact("state", self.word(state)),
                self.fact("form", content.form.as_str()),
                self.day("expires-at", content.expires_at),
            ]),
        ]
    }

    pub(super) fn disclosure(&self, content: &Disclosure) -> Parts {
        vec![
            self.text_if("what", &content.what),
            self.facts([
                self.fact("with-whom", self.party(&content.with_whom).to_string()),
                self.fact("basis", content.basis.as_str()),
                self.cited("evidence", content.records.len()),
            ]),
        ]
    }

    pub(super) fn access(&self, content: &AccessEvent) -> Parts {
        let mut kinds: Vec<&str> = content.done.iter().map(|done| access_word(done.access)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let words: Vec<String> = kinds.into_iter().map(|key| self.word(key)).collect();
        vec![self.facts([self.fact("access", words.join(", ")), self.cited("evidence", content.done.len())])]
    }
}

/// The word for what was done, by its key.
pub(in crate::web) fn access_word(access: Access) -> &'static str {
    match access {
        Access::Read => "access-read",
        Access::Searched => "access-searched",
        Access::Exported => "access-exported",
        Access::Changed => "access-changed",
        Access::Printed => "access-printed",
        Access::Audited => "access-audited",
    }
}
