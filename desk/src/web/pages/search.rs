//! *Søg*: a POST, so that what was asked for stands in no address and no history.

use askama::Template;

use tvaers_core::moment::Moment;
use tvaers_core::rng;

use super::Trouble;
use super::frame::Frame;
use super::line::Line;
use crate::web::assets::Glyph;
use crate::web::typed::Typed;

const HITS: usize = 100;

#[derive(Template)]
#[template(path = "search.html")]
struct Page {
    frame: Frame,
    asked: Typed,
    hits: Option<Vec<Line>>,
}

/// The form.
pub(super) fn empty(frame: Frame) -> Result<String, Trouble> {
    Ok(Page { frame, asked: Typed::new(""), hits: None }.render()?)
}

/// The hits.
pub(super) fn page(frame: Frame, asked: &str) -> Result<String, Trouble> {
    let mut rng = rng::system();
    let moment = Moment::new(frame.desk.now(), &mut rng);
    let hits = Line::all(&frame, &frame.device().search(asked, HITS, &moment)?)?;
    Ok(Page { frame, asked: Typed::new(asked), hits: Some(hits) }.render()?)
}
