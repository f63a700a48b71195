//! What must be accounted for: consent, disclosure, access.

use jiff::civil::Date;
use tvaers_wire::ids::{ChildId, RecordId};

use super::Kind;
use super::common::{ChildRef, Party};
use super::node::{codes, nested, record};
use super::value::{FieldError, List, Short, Text, Why};

record! {
    /// Samtykke: given, refused or withdrawn, each a record of its own.
    pub struct Consent {
        /// Who gives it.
        pub giver: Party,
        /// What, to whom and why.
        pub scope: Text,
        /// Written, oral, digital.
        pub form: Short,
        /// False is a refusal.
        pub given: bool,
        /// Last day.
        pub expires_at: Option<Date>,
        /// The consent that is withdrawn by this record. Works forwards only.
        pub withdraws: Option<RecordId>,
    }
}

impl Consent {
    pub(super) fn check(&self) -> Result<(), FieldError> {
        if self.given && self.withdraws.is_some() { Err(Why::Contradiction.at("withdraws")) } else { Ok(()) }
    }
}

record! {
    /// Videregivelse: what was shown to whom on which basis.
    pub struct Disclosure {
        /// The records shown.
        pub records: List<RecordId>,
        /// What else was shared, in words.
        pub what: Option<Text>,
        /// With whom.
        pub with_whom: Party,
        /// Lawful basis.
        pub basis: Short,
    }
}

codes! {
    /// What somebody did with records.
    pub enum Access {
        /// Opened it.
        Read = 1,
        /// Searched.
        Searched = 2,
        /// Exported.
        Exported = 3,
        /// Changed it.
        Changed = 4,
        /// Printed it.
        Printed = 5,
        /// Looked into the access log.
        Audited = 6,
    }
}

record! {
    /// One thing that somebody did with what is written about a child.
    pub struct Lookup {
        /// When, by the device's clock, Unix milliseconds.
        pub at: i64,
        /// What was done.
        pub access: Access,
        /// The child it was about.
        pub child: Option<ChildId>,
        /// The record.
        pub record: Option<RecordId>,
        /// The record's kind: the log controller reads the log, not the record.
        pub kind: Option<Kind>,
    }
}
nested!(Lookup, Atom);

record! {
    /// Opslag: everything done on one device since the event before, signed there and sealed to the log controllers. Who and on which
    /// device is in the signed header. The words of a search are in no event.
    pub struct AccessEvent {
        /// Which of the installation's events it is: 1, 2, 3 … A number that is missing is an event that is missing.
        pub number: i64,
        /// Everything done on the device before this is in this event or an earlier one: its clock, Unix milliseconds.
        pub until: i64,
        /// What was done, oldest first. Nothing at all says that nothing was.
        pub done: List<Lookup>,
        /// The children that were looked up, as the device knew them, each once.
        pub children: List<ChildRef>,
    }
}

impl AccessEvent {
    pub(super) fn check(&self) -> Result<(), FieldError> {
        if self.number < 1 { Err(Why::OutOfRange { from: 1, to: i64::MAX }.at("number")) } else { Ok(()) }
    }
}
