//! *Videregivelser*: what of a child has been shared with whom, when, and on what lawful basis. As far as this desk knows: circles that
//! the caseworker is not in do not show.

use askama::Template;
use tvaers_core::client::NotShared;
use tvaers_core::kinds::Access;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_core::view::Shared;
use tvaers_core::wire::entry::Member;
use tvaers_core::wire::ids::{ChildId, RecordId};

use super::Trouble;
use super::frame::{ChildName, Frame};
use super::line::Line;
use crate::web::time::Time;
use crate::web::typed::Typed;

#[derive(Template)]
#[template(path = "shared.html")]
struct Page {
    frame: Frame,
    child: Option<ChildName>,
    id: String,
    lines: Vec<(Line, Vec<Place>)>,
}

/// A record in one circle.
pub(super) struct Place {
    pub(super) with: Typed,
    pub(super) basis: Option<Typed>,
    /// `None` while it waits here.
    pub(super) at: Option<Time>,
}

impl Place {
    pub(super) fn all(frame: &Frame, record: &RecordId) -> Result<Vec<Self>, Trouble> {
        Ok(Self::told(frame, frame.device().shared(record)?))
    }

    fn told(frame: &Frame, shared: Vec<Shared>) -> Vec<Self> {
        let name = |member: &Member| match member {
            Member::Person(person) => frame.teller().person(person).to_string(),
            Member::Team(team) => frame.teller().team(team).to_string(),
            Member::Device(_) => String::new(),
        };
        let places = shared.into_iter().map(|shared| Self {
            with: Typed::new(shared.with.iter().map(name).collect::<Vec<_>>().join(", ")),
            basis: shared.basis.map(Typed::new),
            at: shared.at.map(|at| frame.times.moment(at)),
        });
        places.collect()
    }
}

pub(super) fn page(frame: Frame, child: ChildId) -> Result<String, Trouble> {
    let disclosures = frame.device().disclosures(&child)?;
    if disclosures.is_empty() && frame.device().chronology(&child)?.is_empty() {
        return Err(Trouble::Unknown);
    }
    // The first words of what others wrote stand on the page.
    let shown: Vec<RecordId> =
        disclosures.iter().filter(|(row, _)| row.read_at.is_some()).map(|(row, _)| row.record).collect();
    let mut rng = rng::system();
    if frame.device().note_access(Access::Read, &shown, &Moment::new(frame.desk.now(), &mut rng))? {
        (frame.desk.options.saved)();
    }
    let lines =
        disclosures.into_iter().map(|(row, shared)| Ok((Line::new(&frame, &row)?, Place::told(&frame, shared))));
    let page = Page {
        child: frame.device().child(&child)?.as_ref().map(ChildName::new),
        id: child.to_hex(),
        lines: lines.collect::<Result<_, Trouble>>()?,
        frame,
    };
    Ok(page.render()?)
}

/// A lawful basis that can be chosen.
pub(super) struct Basis {
    pub(super) words: String,
    pub(super) chosen: bool,
}

impl Basis {
    /// Those that a form offers; none where none is needed.
    pub(super) fn all(allowed: Result<Option<Vec<String>>, NotShared>, chosen: &str) -> Vec<Self> {
        let allowed = allowed.ok().flatten().unwrap_or_default().into_iter();
        allowed.map(|words| Self { chosen: words == chosen, words }).collect()
    }
}
