//! Why something was done with a child's case: a record that everybody reads who wrote in it.

use tvaers_core::kinds::{ChildRef, Content, Disclosure, Envelope, List, Occurred, Party, Short, Text};
use tvaers_core::wire::ids::{ChildId, PersonId};

use super::Trouble;
use super::frame::Frame;

/// The record, as of now, by the person of this desk.
pub(super) fn reason(frame: &Frame, about: ChildRef, said: Disclosure) -> Envelope {
    let facts = frame.staff.person(&frame.device().person());
    let now = frame.desk.now();
    Envelope {
        about: Some(about),
        occurred: Occurred::at(now, frame.times.offset(now)),
        profession: Short::new(facts.map_or("", |facts| &facts.profession)).unwrap_or_default(),
        unit: facts.map(|facts| facts.team),
        content: Content::Disclosure(said),
    }
}

/// The same words for each of these children, whose cases a colleague gets. Of a child that nothing is called by here there is nobody to
/// tell.
pub(super) fn for_each(
    frame: &Frame,
    children: &[ChildId],
    (text, to, basis): (&Text, &PersonId, &str),
) -> Result<Vec<(ChildId, Option<Envelope>)>, Trouble> {
    let said = |about| {
        let basis = Short::new(basis).unwrap_or_default();
        let (what, with_whom) = (Some(text.clone()), Party::Person(*to));
        reason(frame, about, Disclosure { records: List::default(), what, with_whom, basis })
    };
    children.iter().map(|child| Ok((*child, frame.device().child(child)?.map(said)))).collect()
}
