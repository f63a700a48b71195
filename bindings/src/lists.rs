//! Lists and one record: core's rows, with what a phone shows beside them.

use tvaers_core::client::Device;
use tvaers_core::kinds::Occurred;
use tvaers_core::moment::{Moment, system_now};
use tvaers_core::rng;
use tvaers_core::view::{ChildRow, Continued, Cover, Delivery, Earlier, Erasing, Reader, Restored, Row, SetAside};
use tvaers_core::wire::ids::{ChildId, PersonId, RecordId, TeamId};

use crate::{ChildFacts, Phone, Said, TvaersError};

/// An own record and where it is.
#[derive(uniffi::Record)]
pub struct OwnRecord {
    /// Its line.
    pub row: Row,
    /// Where it is.
    pub delivery: Delivery,
    /// Who else reads it, and how far it has got with each.
    pub readers: Vec<Reader>,
}

/// A child that records here are about.
#[derive(uniffi::Record)]
pub struct KnownChild {
    /// How much there is.
    pub row: ChildRow,
    /// The child, as the newest opened record names it.
    pub about: Option<ChildFacts>,
}

/// One record with everything a page shows of it.
#[derive(uniffi::Record)]
pub struct Opened {
    /// Its line.
    pub row: Row,
    /// The child; none in an anonymous discussion.
    pub about: Option<ChildFacts>,
    /// When it happened.
    pub occurred: Occurred,
    /// The author's profession then.
    pub profession: String,
    /// The author's unit then.
    pub unit: Option<TeamId>,
    /// What it says.
    pub said: Said,
    /// Where it is.
    pub delivery: Delivery,
    /// Who else reads it.
    pub readers: Vec<Reader>,
}

#[uniffi::export]
impl Phone {
    /// This person's own records, newest first, each with its state.
    pub fn own_records(&self, limit: u32) -> Result<Vec<OwnRecord>, TvaersError> {
        let device = self.device()?;
        let with_state = |row: Row| {
            let (delivery, readers) = device.delivery(&row.record)?;
            Ok(OwnRecord { row, delivery, readers })
        };
        device.own_records(limit as usize)?.into_iter().map(with_state).collect()
    }

    /// The newest records by others, unread ones first.
    pub fn inbox(&self, limit: u32) -> Result<Vec<Row>, TvaersError> {
        Ok(self.device()?.inbox(limit as usize)?)
    }

    /// All records about a child, in the order in which things happened.
    pub fn chronology(&self, child: ChildId) -> Result<Vec<Row>, TvaersError> {
        Ok(self.device()?.chronology(&child)?)
    }

    /// Records whose words begin with the words asked for, newest first.
    pub fn search(&self, asked: String, limit: u32) -> Result<Vec<Row>, TvaersError> {
        let mut rng = rng::system();
        Ok(self.device()?.search(&asked, limit as usize, &Moment::new(system_now(), &mut rng))?)
    }

    /// What arrived and could not be opened, newest first.
    pub fn set_aside(&self) -> Result<Vec<SetAside>, TvaersError> {
        Ok(self.device()?.set_aside()?)
    }

    /// The children that records here are about, the newest first.
    pub fn children(&self) -> Result<Vec<KnownChild>, TvaersError> {
        let device = self.device()?;
        let named = |row: ChildRow| Ok(KnownChild { about: name_of(&device, &row.child)?, row });
        device.children()?.into_iter().map(named).collect()
    }

    /// Who coordinates a child, as far as this device was told.
    pub fn coordinator(&self, child: ChildId) -> Result<Option<PersonId>, TvaersError> {
        Ok(self.device()?.coordinator(&child)?)
    }

    /// Who stands in for the coordinator of a child now, and until when.
    pub fn covers(&self, child: ChildId) -> Result<Vec<Cover>, TvaersError> {
        Ok(self.device()?.covers(&child)?)
    }

    /// When and why two holders of sheets have restored access to this child's circles; without a child, to one's own.
    pub fn restored(&self, child: Option<ChildId>) -> Result<Vec<Restored>, TvaersError> {
        Ok(self.device()?.restored(child.as_ref())?)
    }

    /// What was asked to be erased and what has been: who asks, who agreed, which devices have followed.
    pub fn erasures(&self) -> Result<Vec<Erasing>, TvaersError> {
        Ok(self.device()?.erasures()?)
    }

    /// When the child's case went on in another circle, with whom, and whether this person reads what was before; oldest first.
    pub fn continued(&self, child: ChildId) -> Result<Vec<Continued>, TvaersError> {
        Ok(self.device()?.continued(&child)?)
    }

    /// What a record began with, where its case went on; none if it carries nothing on.
    pub fn earlier(&self, record: RecordId) -> Result<Option<Earlier>, TvaersError> {
        Ok(self.device()?.earlier(&record)?)
    }

    /// Everything about one record. Does not count as reading it: see [`Phone::mark_read`].
    pub fn view(&self, record: RecordId) -> Result<Opened, TvaersError> {
        let device = self.device()?;
        let view = device.view(&record)?;
        Ok(Opened {
            row: view.row,
            about: view.envelope.about.map(ChildFacts::from),
            occurred: view.envelope.occurred,
            profession: view.envelope.profession.into_string(),
            unit: view.envelope.unit,
            said: Said::print(view.envelope.content, &device.person()),
            delivery: view.delivery,
            readers: view.readers,
        })
    }
}

fn name_of(device: &Device, child: &ChildId) -> Result<Option<ChildFacts>, TvaersError> {
    let rows = device.chronology(child)?;
    let Some(newest) = rows.iter().rev().find(|row| row.open) else { return Ok(None) };
    Ok(device.envelope(&newest.record)?.about.map(ChildFacts::from))
}
