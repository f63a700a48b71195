//! *I dag*: what others have written, unread first; what is not in its place; the children.

use askama::Template;

use tvaers_core::view::{Erasing, ErasingState};

use super::Trouble;
use super::frame::{ChildName, Frame};
use super::line::Line;
use super::restored::Restored;
use crate::web::assets::Glyph;
use crate::web::time::Time;

/// More than anybody reads on one page; *Barn* has everything.
const LINES: usize = 100;

#[derive(Template)]
#[template(path = "inbox.html")]
struct Page {
    frame: Frame,
    fresh: Vec<Line>,
    earlier: Vec<Line>,
    children: Vec<Child>,
    restored: Vec<Restored>,
    /// Requests to erase that wait for this person.
    to_answer: usize,
}

struct Child {
    child: Option<ChildName>,
    id: String,
    records: usize,
    unread: usize,
    newest: Time,
}

pub(super) fn page(frame: Frame) -> Result<String, Trouble> {
    let lines = Line::all(&frame, &frame.device().inbox(LINES)?)?;
    let (fresh, earlier) = lines.into_iter().partition(|line| line.unread);
    let mut children = Vec::new();
    for row in frame.device().children()? {
        children.push(Child {
            child: frame.device().child(&row.child)?.as_ref().map(ChildName::new),
            id: row.child.to_hex(),
            records: row.records,
            unread: row.unread,
            newest: frame.times.moment(row.newest),
        });
    }
    let restored = Restored::all(&frame, None)?;
    let asked = frame.device().erasures()?;
    let may_agree = |asked: &&Erasing| matches!(asked.state, ErasingState::Asked { may_agree: true });
    let to_answer = asked.iter().filter(may_agree).count();
    Ok(Page { frame, fresh, earlier, children, restored, to_answer }.render()?)
}
