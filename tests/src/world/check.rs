//! The promises, asked of the devices.

use tvaers_core::client::Device;
use tvaers_core::kinds::{Content, Envelope};
use tvaers_wire::ids::{PersonId, RecordId};

use super::model::{Expected, Person, Promise};
use super::node::Node;
use super::sim::World;

/// Why something that its writer's removal does not leave standing is set aside.
const BEYOND_CUT: &str = "written after the writer was removed";

impl World {
    /// What has just been opened on a device may be there, and says what was written.
    pub(super) fn check_opened(&self, node: usize, opened: &[RecordId]) -> Result<(), String> {
        let (Some(device), person) = (self.nodes[node].device(), self.nodes[node].person) else { return Ok(()) };
        for record in opened {
            if !self.model.may_read(record, person) {
                return Err(format!("device {node} of person {person} holds {record:?}, which is not for them"));
            }
            if self.model.erased.contains(record) {
                continue;
            }
            says(device, record, &self.model.records[record], |_, _| false)
                .map_err(|why| format!("on device {node}: {why}"))?;
        }
        Ok(())
    }

    /// A writer is never told too early: whoever has receipted a record has it.
    pub(super) fn check_honest(&mut self) -> Result<(), String> {
        let records: Vec<RecordId> = self.model.records.keys().copied().collect();
        let Some(record) = self.dice.pick(&records).copied() else { return Ok(()) };
        if self.model.erased.contains(&record) {
            return Ok(());
        }
        let author = self.model.records[&record].author;
        for device in self.nodes.iter().filter(|node| node.person == author).filter_map(Node::device) {
            let Ok((_, readers)) = device.delivery(&record) else { continue };
            for reader in readers.iter().filter(|reader| reader.received) {
                let mut theirs = self.nodes.iter().filter(|node| self.people[node.person] == reader.person);
                // A device that is down cannot be asked now.
                if !theirs.any(|node| node.device().is_none_or(|device| device.envelope(&record).is_ok())) {
                    return Err(format!(
                        "{record:?} is said to have been received by {:?}, who lacks it",
                        reader.person
                    ));
                }
            }
        }
        Ok(())
    }

    /// Everything, once everybody has been in contact for long enough.
    pub(super) fn check_all(&self) -> Result<(), String> {
        for (number, node) in self.nodes.iter().enumerate().filter(|(number, _)| self.is_in(*number)) {
            let device = node.device().unwrap();
            self.check_device(number, device)
                .map_err(|why| format!("device {number} (person {}): {why}", node.person))?;
        }
        for (record, expected) in &self.model.records {
            self.check_converged(record)?;
            let own = |(number, node): &(usize, &Node)| node.person == expected.author && self.is_in(*number);
            for (number, node) in self.nodes.iter().enumerate().filter(own) {
                self.check_receipts(record, expected, node.device().unwrap())
                    .map_err(|why| format!("device {number} of the author: {why}"))?;
            }
        }
        Ok(())
    }

    fn check_device(&self, number: usize, device: &Device) -> Result<(), String> {
        let person = self.nodes[number].person;
        let rows = device.all_records().unwrap();
        for row in &rows {
            if !self.model.may_read(&row.record, person) {
                return Err(format!("holds {:?}, which is not for them", row.record));
            }
            // Of what was erased something may have come late, without what it stands on; and who is taken out gets no more of the past.
            let cut_short =
                self.model.records.get(&row.record).is_some_and(|expected| self.model.is_gone(expected, person));
            if !row.open && !cut_short && !self.model.erased.contains(&row.record) {
                return Err(format!("{:?} was never opened", row.record));
            }
        }
        self.check_erased(device)?;
        for (record, expected) in &self.model.records {
            if self.readers(record).contains(&person) {
                if !rows.iter().any(|row| row.record == *record) {
                    let kind = expected.envelope.kind();
                    return Err(format!(
                        "lacks {record:?} ({kind:?} by person {}, {:?})",
                        expected.author, expected.sharing
                    ));
                }
                says(device, record, expected, |editor, promise| self.counts(expected, editor, promise))?;
            }
        }
        let mut aside = device.set_aside().unwrap();
        // A relay that had forgotten a removal took more from whoever it removes, before it came back (decision 0022); they send that
        // otherwise. Or it had forgotten what a phone had written that was lost since, and has it again from a backup of another time.
        if self.tally.restores > 0 {
            let excused = |person| self.was_taken_out(person) || self.was_cut_short(person);
            aside.retain(|aside| aside.reason != BEYOND_CUT || !aside.from.is_some_and(excused));
        }
        if !aside.is_empty() && !self.intruded {
            return Err(format!("has set aside {aside:?}"));
        }
        let (waiting, _) = device.outbox().unwrap();
        if self.intruded {
            return Ok(());
        }
        if waiting > 0 || device.receipts_due().unwrap() || device.backlog_request().unwrap().is_some() {
            return Err(format!("{waiting} bodies wait in the outbox, or a receipt or a backlog is due"));
        }
        if device.has_work(i64::MAX).unwrap() {
            return Err("an entry or an intent waits".to_owned());
        }
        Ok(())
    }

    fn was_cut_short(&self, person: PersonId) -> bool {
        let theirs = self.nodes.iter().enumerate().filter(|(_, node)| self.people[node.person] == person);
        theirs.into_iter().any(|(number, node)| self.is_out(number) && !node.left_nothing)
    }

    fn was_taken_out(&self, person: PersonId) -> bool {
        self.model.taken_out.values().flatten().any(|number| self.people[*number] == person)
    }

    fn check_converged(&self, record: &RecordId) -> Result<(), String> {
        let mut first: Option<(usize, Envelope, String)> = None;
        let readers = self.readers(record);
        if self.may_differ(&self.model.records[record]) {
            return Ok(());
        }
        for (number, node) in self.nodes.iter().enumerate() {
            if !readers.contains(&node.person) || !self.is_in(number) {
                continue;
            }
            let device = node.device().unwrap();
            let envelope = device.envelope(record).unwrap();
            let living = envelope.kind().is_living();
            let conflicts = if living { format!("{:?}", device.conflicts(record).unwrap()) } else { String::new() };
            match &first {
                None => first = Some((number, envelope, conflicts)),
                Some((other, same, sides)) if *same != envelope || *sides != conflicts => {
                    return Err(format!("devices {other} and {number} disagree about {record:?}"));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn check_receipts(&self, record: &RecordId, expected: &Expected, device: &Device) -> Result<(), String> {
        if self.model.is_gone(expected, expected.author) || !self.readers(record).contains(&expected.author) {
            return Ok(());
        }
        let (_, readers) = device.delivery(record).unwrap();
        for person in self.acknowledging(record).into_iter().filter(|person| *person != expected.author) {
            let told = readers.iter().find(|reader| reader.person == self.people[person]);
            let Some(told) = told else { return Err(format!("person {person} is no reader of {record:?}")) };
            if !told.received || told.unreadable {
                return Err(format!("no receipt of {record:?} from person {person}"));
            }
            let read = expected.read_on.iter().any(|node| self.nodes[*node].person == person && self.is_in(*node));
            if read && !told.read {
                return Err(format!("person {person} has read {record:?}, and the author is not told"));
            }
        }
        Ok(())
    }
}

/// The record says what was written, word for word, and every edit of those who are `judged` is in.
fn says(
    device: &Device,
    record: &RecordId,
    expected: &Expected,
    judged: impl Fn(Person, &Promise) -> bool,
) -> Result<(), String> {
    let envelope = device.envelope(record).map_err(|error| format!("{record:?} cannot be read: {error}"))?;
    if !envelope.kind().is_living() {
        return if envelope == expected.envelope { Ok(()) } else { Err(format!("{record:?} says something else")) };
    }
    let (was, is) = (words(&expected.envelope), words(&envelope));
    if !is.starts_with(&was) {
        return Err(format!("{record:?} has lost its beginning"));
    }
    for (_, _, word) in expected.words.iter().filter(|(editor, promise, _)| judged(*editor, promise)) {
        if is.matches(word.as_str()).count() != 1 {
            return Err(format!("the edit {word} of {record:?} is there {} times", is.matches(word.as_str()).count()));
        }
    }
    Ok(())
}

/// Every word of a living record that edits touch.
pub(super) fn words(envelope: &Envelope) -> String {
    match &envelope.content {
        Content::Concern(concern) => concern.trigger.as_str().to_owned(),
        Content::Meeting(meeting) => {
            let decisions: Vec<&str> = meeting.decisions.iter().map(|text| text.as_str()).collect();
            decisions.join(" ")
        }
        _ => String::new(),
    }
}
