//! What a scenario file comes to once it has been parsed: the municipality, its people and children.

use std::collections::BTreeMap;

use jiff::civil::Date;
use tvaers_core::kinds::Short;

use super::act::Event;
use super::refusal::Refused;

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(super) usize);

        impl $name {
            /// The place, from 0.
            pub const fn index(self) -> usize {
                self.0
            }
        }
    };
}

index!(
    /// A unit of a scenario.
    UnitIx
);
index!(
    /// A person of a scenario.
    PersonIx
);
index!(
    /// A child of a scenario.
    ChildIx
);
index!(
    /// An event: its place in the file, refused ones counted.
    EventIx
);

/// What [`super::load`] gives: the scenario, and what was refused alone.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// All that can be replayed.
    pub scenario: Scenario,
    /// Events that were refused, in the order of the file. Kinds of the next version are not among them.
    pub refused: Vec<Refused>,
    /// Children that were refused. Events about them are refused too.
    pub refused_children: Vec<Refused>,
    /// How many events the file has, refused ones included.
    pub total: usize,
}

/// A municipality and what its people did.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Whose months these are.
    pub municipality: Municipality,
    /// By [`UnitIx`].
    pub units: Vec<Unit>,
    /// By [`PersonIx`].
    pub people: Vec<Person>,
    /// By [`ChildIx`].
    pub children: Vec<Child>,
    /// In the order of the file, which is the order of true time.
    pub events: BTreeMap<EventIx, Event>,
}

impl Scenario {
    /// Every person with its index.
    pub fn persons(&self) -> impl Iterator<Item = (PersonIx, &Person)> {
        self.people.iter().enumerate().map(|(at, person)| (PersonIx(at), person))
    }

    /// Every unit with its index.
    pub fn all_units(&self) -> impl Iterator<Item = (UnitIx, &Unit)> {
        self.units.iter().enumerate().map(|(at, unit)| (UnitIx(at), unit))
    }

    /// Every child with its index.
    pub fn all_children(&self) -> impl Iterator<Item = (ChildIx, &Child)> {
        self.children.iter().enumerate().map(|(at, child)| (ChildIx(at), child))
    }

    /// The person with this id in the file.
    pub fn person_by_id(&self, id: &str) -> Option<PersonIx> {
        self.people.iter().position(|person| person.id == id).map(PersonIx)
    }

    /// The event with this id in the file.
    pub fn event_by_id(&self, id: &str) -> Option<EventIx> {
        self.events.values().find(|event| event.id == id).map(|event| event.ix)
    }

    /// The event at this place, unless it was refused.
    pub fn event(&self, ix: EventIx) -> Option<&Event> {
        self.events.get(&ix)
    }

    /// The person; always there for an index of this scenario.
    pub fn person(&self, ix: PersonIx) -> Option<&Person> {
        self.people.get(ix.0)
    }

    /// The unit; always there for an index of this scenario.
    pub fn unit(&self, ix: UnitIx) -> Option<&Unit> {
        self.units.get(ix.0)
    }

    /// The child; always there for an index of this scenario.
    pub fn child(&self, ix: ChildIx) -> Option<&Child> {
        self.children.get(ix.0)
    }
}

/// The municipality.
#[derive(Debug, Clone)]
pub struct Municipality {
    /// Id in the file.
    pub id: String,
    /// Name.
    pub name: Short,
}

/// A unit.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Id in the file.
    pub id: String,
    /// Name.
    pub name: Short,
    /// dagtilbud, skole, sundhedspleje, ppr, familieafdeling, klub.
    pub kind: Short,
}

/// One of the staff.
#[derive(Debug, Clone)]
pub struct Person {
    /// Id in the file: letters, digits, `-`, `_` and `.` only, so that it can name a file.
    pub id: String,
    /// Name.
    pub name: Short,
    /// pædagog, lærer, socialrådgiver …
    pub profession: Short,
    /// Where the person works.
    pub unit: UnitIx,
    /// How many devices, numbered from 1.
    pub devices: u16,
}

/// A child.
#[derive(Debug, Clone)]
pub struct Child {
    /// Id in the file.
    pub id: String,
    /// Given name.
    pub given_name: Short,
    /// Family name.
    pub family_name: Short,
    /// Birth date.
    pub birth_date: Date,
    /// The unit the child goes to.
    pub unit: Option<UnitIx>,
    /// Those who have custody, and those who have not.
    pub guardians: Vec<Guardian>,
    /// CPR number: belongs to no record.
    pub cpr: Option<Short>,
    /// Language at home.
    pub language: Option<Short>,
    /// Whether an interpreter is needed.
    pub interpreter: bool,
}

/// A parent or somebody in their place.
#[derive(Debug, Clone)]
pub struct Guardian {
    /// Name.
    pub name: Short,
    /// mor, far …
    pub relation: Option<Short>,
    /// Whether this person has custody.
    pub custody: bool,
    /// Name and address protection.
    pub address_protected: bool,
}
