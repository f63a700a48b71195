//! What must be accounted for: consent, disclosure, access.

use jiff::civil::Date;
use tvaers_wire::ids::{DeviceId, RecordId};

use super::common::Party;
use super::node::{codes, record};
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
    }
}

record! {
    /// Opslag: logged on the device that read, signed, sent to the log controller.
    pub struct AccessEvent {
        /// What was done.
        pub access: Access,
        /// With which records.
        pub records: List<RecordId>,
        /// On which device.
        pub device: DeviceId,
    }
}
