//! Meetings, their action points, and discussions without a child's name.

use jiff::civil::Date;
use tvaers_wire::ids::RecordId;

use super::common::Party;
use super::node::{codes, nested, record};
use super::value::{ByPerson, List, Short, Text, Usefulness};

codes! {
    /// Where a meeting stands.
    pub enum MeetingState {
        /// Planned.
        Planned = 1,
        /// Called.
        Called = 2,
        /// Held.
        Held = 3,
        /// Minutes approved.
        Approved = 4,
        /// Cancelled.
        Cancelled = 5,
    }
}

codes! {
    /// Short or long term.
    pub enum Horizon {
        /// Short term.
        Short = 1,
        /// Long term.
        Long = 2,
    }
}

codes! {
    /// Where an action point stands. Overdue is not a state: it follows from the due date.
    pub enum ActionState {
        /// To be done.
        Open = 1,
        /// Done.
        Done = 2,
        /// Dropped.
        Dropped = 3,
    }
}

record! {
    /// One item of the agenda, with its minutes.
    pub struct AgendaItem {
        /// What is talked about.
        pub topic: Text,
        /// What was said.
        pub minutes: Option<Text>,
    }
}
nested!(AgendaItem, Map);

record! {
    /// Aktionspunkt: inside a meeting, or a record of its own.
    pub struct ActionPoint {
        /// What shall be done.
        pub text: Text,
        /// Who does it.
        pub owner: Option<Party>,
        /// By when.
        pub due: Option<Date>,
        /// Short or long term.
        pub horizon: Option<Horizon>,
        /// Where it stands.
        pub state: ActionState,
        /// The record it follows from.
        pub from: Option<RecordId>,
    }
}
nested!(ActionPoint, Map);

impl ActionPoint {
    /// Open, and its day has passed.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.state == ActionState::Open && self.due.is_some_and(|due| due < today)
    }
}

record! {
    /// Møde. An anonymous one has no child in its envelope.
    pub struct Meeting {
        /// K-møde, SSD, netværksmøde, konsultation …
        pub meeting_type: Short,
        /// Lawful basis: consent, SSD, anonymous, notification …
        pub basis: Option<Short>,
        /// Who leads it.
        pub chair: Option<Party>,
        /// Who is invited.
        pub invited: List<Party>,
        /// Who was there.
        pub attendees: List<Party>,
        /// Agenda and minutes; the parents' item first.
        pub agenda: List<AgendaItem>,
        /// What was decided (not an authority's formal decision).
        pub decisions: List<Text>,
        /// Who does what.
        pub action_points: List<ActionPoint>,
        /// The child's perspective.
        pub childs_perspective: Option<Text>,
        /// The family's perspective.
        pub familys_perspective: Option<Text>,
        /// Why a perspective is missing.
        pub perspective_missing: Option<Text>,
        /// How useful each attendee found it.
        pub usefulness: ByPerson<Usefulness>,
        /// Where it stands.
        pub state: MeetingState,
    }
}

codes! {
    /// Where an anonymous discussion stands.
    pub enum DiscussionState {
        /// Open.
        Open = 1,
        /// Closed.
        Closed = 2,
        /// Linked to a concern afterwards, with a reason.
        Linked = 3,
    }
}

record! {
    /// Anonym drøftelse: nothing in the document leads to a child.
    pub struct AnonymousDiscussion {
        /// "3–5 years".
        pub age_band: Short,
        /// What is asked.
        pub question: Text,
        /// What was advised.
        pub advice: Option<Text>,
        /// Where it stands.
        pub state: DiscussionState,
        /// Why it was linked later. The link itself is in the concern.
        pub linked_reason: Option<Text>,
    }
}
