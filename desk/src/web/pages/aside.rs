//! *Lagt til side*: everything that is not where it should be, with its reason.

use askama::Template;
use tvaers_core::view::Doubt;

use super::Trouble;
use super::entry::{State, deliveries};
use super::frame::Frame;
use super::line::Line;
use crate::web::assets::Glyph;
use crate::web::typed::Typed;

#[derive(Template)]
#[template(path = "aside.html")]
struct Page {
    frame: Frame,
    unsent: Vec<Unsent>,
    set_aside: Vec<SetAside>,
    malformed: Vec<Typed>,
    /// Cases whose list of members has two versions.
    parted: usize,
    /// What the server has not shown, or not to everybody alike.
    doubts: Vec<String>,
    /// Colleagues whose devices are out, and what can be read there.
    out: Vec<String>,
}

struct Unsent {
    line: Line,
    states: Vec<State>,
    /// The server's stable code, for whoever is asked for help.
    code: Option<Typed>,
}

struct SetAside {
    from: Option<Typed>,
    counter: u64,
    reason: Typed,
}

pub(super) fn page(frame: Frame) -> Result<String, Trouble> {
    let mut unsent = Vec::new();
    for waiting in frame.device().unsent()? {
        unsent.push(Unsent {
            line: Line::new(&frame, &waiting.row)?,
            states: deliveries(&frame, &waiting.row)?,
            code: waiting.stuck.map(Typed::new),
        });
    }
    let set_aside = frame.device().set_aside()?.into_iter().map(|aside| SetAside {
        from: aside.from.map(|person| frame.teller().person(&person)),
        counter: aside.counter,
        reason: Typed::new(aside.reason),
    });
    let set_aside = set_aside.collect();
    let malformed = frame.device().malformed()?.into_iter().map(Typed::new).collect();
    let parted = frame.device().parted().len();
    let out = super::out::sentences(&frame, None);
    let doubts = doubts(&frame)?;
    Ok(Page { frame, unsent, set_aside, malformed, parted, doubts, out }.render()?)
}

/// What others say they have seen, and is not here: for each colleague and kind once.
fn doubts(frame: &Frame) -> Result<Vec<String>, Trouble> {
    let sentences = frame.device().doubts()?.into_iter().map(|doubted| {
        let from =
            doubted.from.map_or_else(|| frame.t("from-unknown"), |from| frame.teller().person(&from).to_string());
        match doubted.doubt {
            Doubt::Incomplete { .. } => frame.v("doubt-incomplete", from),
            Doubt::Forked { .. } => frame.v("doubt-forked", from),
        }
    });
    let mut sentences: Vec<String> = sentences.collect();
    sentences.dedup();
    Ok(sentences)
}
