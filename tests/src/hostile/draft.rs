//! A living record that several may write, in its simplest form.

use tvaers_core::kinds::{Content, Draft, Envelope, Text};
use tvaers_wire::ids::RecordId;

use super::Scene;
use crate::town::{child, observation};

/// More words at the end of a draft.
pub fn append(draft: &mut Envelope, more: &str) {
    let Content::Draft(draft) = &mut draft.content else { panic!("a draft") };
    draft.seen_heard = Text::new(format!("{}{more}", draft.seen_heard.as_str())).unwrap();
}

impl Scene {
    /// A draft about child 1.
    pub fn draft(&self, text: &str) -> Envelope {
        let mut envelope = observation(&child(1), "", self.now);
        envelope.content = Content::Draft(Draft { seen_heard: Text::new(text).unwrap(), ..Draft::empty() });
        envelope
    }

    /// Begins a draft in the case of child 1, with these others.
    pub fn drafts(&mut self, device: usize, text: &str, others: &[usize]) -> RecordId {
        let draft = self.draft(text);
        self.submits(device, &draft, self.case_of(others))
    }

    /// Goes on writing a draft.
    pub fn appends(&mut self, device: usize, record: &RecordId, more: &str) {
        self.edits(device, record, |envelope| append(envelope, more));
    }

    /// What a draft says on a device.
    pub fn says(&self, device: usize, record: &RecordId) -> String {
        match self.devices[device].envelope(record).map(|envelope| envelope.content) {
            Ok(Content::Draft(draft)) => draft.seen_heard.as_str().to_owned(),
            other => panic!("not a draft: {other:?}"),
        }
    }
}
