//! Access that two holders of sheets have restored: told on the page of what it was restored to.

use tvaers_core::wire::ids::ChildId;

use super::Trouble;
use super::frame::Frame;
use crate::web::time::Time;
use crate::web::typed::Typed;

/// One time that access was restored.
pub(super) struct Restored {
    pub(super) person: Typed,
    pub(super) at: Option<Time>,
    pub(super) reason: Option<Typed>,
}

impl Restored {
    /// To circles of a child, or to one's own.
    pub(super) fn all(frame: &Frame, child: Option<&ChildId>) -> Result<Vec<Self>, Trouble> {
        let restored = frame.device().restored(child)?.into_iter().map(|restored| Self {
            person: frame.teller().person(&restored.person),
            at: restored.at.map(|at| frame.times.moment(at)),
            reason: restored.reason.map(Typed::new),
        });
        Ok(restored.collect())
    }
}
