//! What every page has around it, and the words its template asks for.

use std::borrow::Borrow;
use std::fmt::Display;
use std::sync::Arc;

use fluent::FluentArgs;
use tvaers_core::client::Device;
use tvaers_core::directory::Staff;
use tvaers_core::kinds::{ChildRef, Kind};
use tvaers_core::view::Standing;
use tvaers_core::wire::ids::{PersonId, TeamId};

use super::Trouble;
use crate::web::content::Teller;
use crate::web::language::{Language, Words};
use crate::web::session::{Visitor, form};
use crate::web::time::Times;
use crate::web::typed::Typed;
use crate::web::{Desk, Reach};

/// Around every page.
pub(super) struct Frame {
    pub(super) desk: Arc<Desk>,
    pub(super) visitor: Visitor,
    pub(super) words: &'static Words,
    pub(super) code: &'static str,
    pub(super) other: &'static str,
    pub(super) times: Times,
    pub(super) staff: Arc<Staff>,
    pub(super) standing: Standing,
    /// The authority has stated a newer directory than the one whose names are shown.
    pub(super) old_names: bool,
    reach: Reach,
    /// Further devices of this person that wait to be let in.
    pub(super) knocking: usize,
    /// A log controller: the access log is theirs to see.
    pub(super) controller: bool,
    pub(super) me: Typed,
}

/// A person in a line: name, profession, unit.
pub(super) struct Person {
    pub(super) name: Typed,
    pub(super) profession: Typed,
    pub(super) unit: Option<Typed>,
}

/// Somebody who can take a child over, or stand in with it.
pub(super) struct Colleague {
    pub(super) id: String,
    pub(super) words: String,
    pub(super) chosen: bool,
}

impl Colleague {
    /// Everybody who works here and has a device, by name; `chosen` is somebody's id.
    pub(super) fn all(frame: &Frame, chosen: &str) -> Vec<Self> {
        let able = frame.staff.directory.people.iter().filter(|facts| frame.device().can_take_over(&facts.person));
        let mut people: Vec<Self> = able
            .map(|facts| {
                let unit = frame.teller().team(&facts.team);
                let id = facts.person.to_hex();
                let chosen = id == chosen;
                Self { words: format!("{} · {} · {unit}", facts.name, facts.profession), id, chosen }
            })
            .collect();
        people.sort_by(|a, b| a.words.cmp(&b.words));
        people
    }
}

/// A child in a line. The name is on the page only: never in its address, never in its title.
#[derive(Clone)]
pub(super) struct ChildName {
    pub(super) id: String,
    pub(super) name: Typed,
    pub(super) born: i16,
}

impl ChildName {
    pub(super) fn new(child: &ChildRef) -> Self {
        let name = format!("{} {}", child.given_name.as_str(), child.family_name.as_str());
        Self { id: child.id.to_hex(), name: Typed::new(name.trim()), born: child.birth_date.year() }
    }
}

impl Frame {
    pub(super) fn new(desk: Arc<Desk>, visitor: Visitor, language: Language) -> Result<Self, Trouble> {
        // What has ended, or is kept no longer, is not shown, whatever page is asked for.
        desk.device.pass_time(desk.now())?;
        desk.device.keep_retention(desk.now())?;
        let (staff, words) = (desk.device.staff(), language.words());
        let other = if language == Language::Danish { Language::English } else { Language::Danish };
        Ok(Self {
            standing: desk.device.standing()?,
            old_names: desk.device.wanted_directory().is_some(),
            reach: (desk.options.reach)(),
            knocking: desk.device.knocking()?.len(),
            controller: desk.device.is_log_controller(),
            me: Typed::new(staff.name(&desk.device.person())),
            times: Times::new(words, desk.now()),
            code: language.code(),
            other: other.code(),
            desk,
            visitor,
            words,
            staff,
        })
    }

    pub(super) fn device(&self) -> &Device {
        &self.desk.device
    }

    /// What stands above every page while something is wrong with the contact.
    pub(super) fn banner(&self) -> Option<String> {
        match self.reach {
            Reach::Unknown | Reach::Open => None,
            Reach::Closed => Some(self.t("no-contact")),
            Reach::Refused => Some(self.t("device-refused")),
        }
    }

    pub(super) fn is_me(&self, person: &PersonId) -> bool {
        self.desk.device.person() == *person
    }

    pub(super) fn teller(&self) -> Teller<'_> {
        Teller { words: self.words, times: &self.times, staff: &self.staff }
    }

    /// A person as the directory has them now, or as a record says they were.
    pub(super) fn person(&self, person: &PersonId, then: Option<(&str, Option<&TeamId>)>) -> Person {
        let known = self.staff.person(person);
        let (profession, unit) = match then {
            Some((profession, unit)) => (profession.to_owned(), unit.copied()),
            None => (known.map_or_else(String::new, |facts| facts.profession.clone()), known.map(|facts| facts.team)),
        };
        let unit = unit.map(|unit| self.teller().team(&unit));
        Person { name: self.teller().person(person), profession: Typed::new(profession), unit }
    }

    pub(super) fn kind(&self, kind: Option<Kind>) -> String {
        self.t(match kind {
            Some(Kind::Child) => "kind-child",
            Some(Kind::Draft) => "kind-draft",
            Some(Kind::Observation) => "kind-observation",
            Some(Kind::Amendment) => "kind-amendment",
            Some(Kind::Assessment) => "kind-assessment",
            Some(Kind::JointAssessment) => "kind-joint-assessment",
            Some(Kind::Concern) => "kind-concern",
            Some(Kind::Reply) => "kind-reply",
            Some(Kind::Voice) => "kind-voice",
            Some(Kind::Analysis) => "kind-analysis",
            Some(Kind::Intervention) => "kind-intervention",
            Some(Kind::Measure) => "kind-measure",
            Some(Kind::Meeting) => "kind-meeting",
            Some(Kind::ActionPoint) => "kind-action-point",
            Some(Kind::Consent) => "kind-consent",
            Some(Kind::Notification) => "kind-notification",
            Some(Kind::Disclosure) => "kind-disclosure",
            Some(Kind::AccessEvent) => "kind-access",
            Some(Kind::AnonymousDiscussion) => "kind-discussion",
            None => "kind-newer",
        })
    }

    /// A sentence.
    pub(super) fn t(&self, key: &str) -> String {
        self.words.get(key)
    }

    /// A sentence with a number.
    pub(super) fn n(&self, key: &str, number: impl Borrow<usize>) -> String {
        let mut values = FluentArgs::new();
        values.set("n", *number.borrow());
        self.words.with(key, &values)
    }

    /// A sentence with a word, a name of the directory or a time.
    pub(super) fn v(&self, key: &str, value: impl Display) -> String {
        let mut values = FluentArgs::new();
        values.set("value", value.to_string());
        self.words.with(key, &values)
    }

    /// A name for a form, so that a second press sends nothing again.
    pub(super) fn form(&self) -> String {
        form()
    }
}
