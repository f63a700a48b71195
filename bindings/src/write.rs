//! Writing: what is returned by these is durable on this device.

use tvaers_core::audience::{Audience, Share};
use tvaers_core::client::Device;
use tvaers_core::kinds::{ChildRef, Content, Draft, Envelope, FieldError, Kind, Occurred, Short, Why};
use tvaers_core::moment::{Moment, system_now};
use tvaers_core::rng;
use tvaers_core::wire::ids::{ChildId, EntryId, PersonId, RecordId};

use crate::{ChildFacts, ConcernText, ObservationText, Phone, ReplyText, TvaersError};

#[uniffi::export]
impl Phone {
    /// The lawful bases on which this person may send a record of this kind about a child to this audience: the first is recorded if
    /// none is named. None: no basis is needed, since nobody outside the own unit is in it.
    ///
    /// An audience that cannot be chosen is an error that says so, without anything having been written.
    pub fn bases(&self, kind: Kind, child: ChildId, with: Audience) -> Result<Option<Vec<String>>, TvaersError> {
        Ok(self.device()?.bases(kind, Some(&child), &with)?)
    }

    /// Submits an observation to its audiences, on this lawful basis ([`Phone::bases`]); without any audience it stays with the author.
    #[uniffi::method(default(basis = None))]
    pub fn write_observation(
        &self,
        about: ChildFacts,
        occurred: Occurred,
        text: ObservationText,
        to: Vec<Audience>,
        basis: Option<String>,
    ) -> Result<RecordId, TvaersError> {
        let device = self.device()?;
        let content = Content::Observation(text.parse()?);
        self.submit(&device, &envelope(&device, Some(about.parse()?), occurred, content)?, (to, basis))
    }

    /// Raises a concern, with the writer's own vote.
    #[uniffi::method(default(basis = None))]
    pub fn raise_concern(
        &self,
        about: ChildFacts,
        occurred: Occurred,
        text: ConcernText,
        to: Vec<Audience>,
        basis: Option<String>,
    ) -> Result<RecordId, TvaersError> {
        let device = self.device()?;
        let content = Content::Concern(text.parse(device.person())?);
        self.submit(&device, &envelope(&device, Some(about.parse()?), occurred, content)?, (to, basis))
    }

    /// Answers a record; the answer goes to the one who wrote it.
    #[uniffi::method(default(basis = None))]
    pub fn reply(&self, to: RecordId, text: ReplyText, basis: Option<String>) -> Result<RecordId, TvaersError> {
        let device = self.device()?;
        let answered = device.view(&to)?;
        let content = Content::Reply(text.parse(to)?);
        let now = Occurred::at(system_now(), 0);
        let envelope = envelope(&device, answered.envelope.about, now, content)?;
        self.submit(&device, &envelope, (vec![Audience::Line(answered.row.author)], basis))
    }

    /// Begins a draft that only the author's own devices have.
    pub fn begin_draft(
        &self,
        about: Option<ChildFacts>,
        occurred: Occurred,
        text: ObservationText,
    ) -> Result<RecordId, TvaersError> {
        let device = self.device()?;
        let mut draft = Draft::empty();
        text.parse_into(&mut draft)?;
        let about = about.map(ChildFacts::parse).transpose()?;
        self.submit(&device, &envelope(&device, about, occurred, Content::Draft(draft))?, (Vec::new(), None))
    }

    /// Saves what a draft says now. Only what differs is written.
    pub fn save_draft(
        &self,
        draft: RecordId,
        about: Option<ChildFacts>,
        occurred: Occurred,
        text: ObservationText,
    ) -> Result<(), TvaersError> {
        let device = self.device()?;
        let about = about.map(ChildFacts::parse).transpose()?;
        device.edit(&draft, &mut Moment::new(system_now(), &mut rng::system()), |envelope| {
            let draft = as_draft(&mut envelope.content)?;
            text.parse_into(draft)?;
            (envelope.about, envelope.occurred) = (about, occurred);
            Ok(())
        })?;
        self.saved();
        Ok(())
    }

    /// Submits the observation that a draft has become: a new record, without a trace of what was deleted.
    #[uniffi::method(default(basis = None))]
    pub fn submit_draft(
        &self,
        draft: RecordId,
        to: Vec<Audience>,
        basis: Option<String>,
    ) -> Result<RecordId, TvaersError> {
        let device = self.device()?;
        let mut written = device.envelope(&draft)?;
        written.content = Content::Observation(as_draft(&mut written.content)?.finish()?);
        self.submit(&device, &written, (to, basis))
    }

    /// Shares a record that is here with a further audience.
    #[uniffi::method(default(basis = None))]
    pub fn share(&self, record: RecordId, with: Audience, basis: Option<String>) -> Result<(), TvaersError> {
        self.device()?.share(&record, &Share { with, basis }, &mut Moment::new(system_now(), &mut rng::system()))?;
        self.saved();
        Ok(())
    }

    /// Remembers who coordinates a child, and sends that person what this person has written about it.
    pub fn set_coordinator(&self, child: ChildId, person: PersonId) -> Result<(), TvaersError> {
        self.device()?.set_coordinator(&child, &person, &mut Moment::new(system_now(), &mut rng::system()))?;
        self.saved();
        Ok(())
    }

    /// Asks that records are erased from every line and case that this person manages, with the reason. Somebody else has to agree.
    pub fn ask_erasure(&self, records: Vec<RecordId>, reason: String) -> Result<(), TvaersError> {
        let mut rng = rng::system();
        self.device()?.ask_erasure(&records, Some(&reason), &Moment::new(system_now(), &mut rng))?;
        self.saved();
        Ok(())
    }

    /// Agrees to what somebody else asks to have erased, by the `asking` of [`Phone::erasures`].
    pub fn agree_erasure(&self, asking: EntryId) -> Result<(), TvaersError> {
        let mut rng = rng::system();
        self.device()?.agree_erasure(&asking, &Moment::new(system_now(), &mut rng))?;
        self.saved();
        Ok(())
    }

    /// A person has opened this record. True if it was for the first time; its author is told.
    pub fn mark_read(&self, record: RecordId) -> Result<bool, TvaersError> {
        let first = self.device()?.mark_read(&record, &Moment::new(system_now(), &mut rng::system()))?;
        self.saved();
        Ok(first)
    }
}

impl Phone {
    fn submit(
        &self,
        device: &Device,
        envelope: &Envelope,
        (to, basis): (Vec<Audience>, Option<String>),
    ) -> Result<RecordId, TvaersError> {
        let to: Vec<Share> = to.into_iter().map(|with| Share { with, basis: basis.clone() }).collect();
        let record = device.submit(envelope, &to, &mut Moment::new(system_now(), &mut rng::system()))?;
        self.saved();
        Ok(record)
    }
}

/// A record by this device's person, in the profession and unit that the directory names.
fn envelope(
    device: &Device,
    about: Option<ChildRef>,
    occurred: Occurred,
    content: Content,
) -> Result<Envelope, TvaersError> {
    let staff = device.staff();
    let facts = staff.person(&device.person());
    let profession = Short::new(facts.map_or("", |facts| &facts.profession)).map_err(|why| why.at("profession"))?;
    Ok(Envelope { about, occurred, profession, unit: facts.map(|facts| facts.team), content })
}

fn as_draft(content: &mut Content) -> Result<&mut Draft, FieldError> {
    match content {
        Content::Draft(draft) => Ok(draft),
        _ => Err(Why::WrongType.at("draft")),
    }
}
