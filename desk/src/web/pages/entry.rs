//! A record on a chronology or on its own page: expanded if a person has opened it, closed otherwise.

use tvaers_core::kinds::{Content, Kind};
use tvaers_core::view::{Delivery, FORGOTTEN, Reader, Row, cited};
use tvaers_core::wire::ids::RecordId;

use super::Trouble;
use super::continued::CarriedOver;
use super::frame::{Frame, Person};
use super::line::opened;
use crate::web::assets::Glyph;
use crate::web::content::{Block, Curve, Point};
use crate::web::time::Time;
use crate::web::typed::Typed;

/// Names in one line of delivery before the rest is counted.
const NAMES: usize = 4;

/// A record with what belongs to it.
pub(super) struct Entry {
    pub(super) id: String,
    record: RecordId,
    /// Measures that are points of its curve.
    measured: Vec<RecordId>,
    pub(super) kind: String,
    pub(super) author: Person,
    pub(super) own: bool,
    pub(super) occurred: Time,
    pub(super) arrived: Option<Time>,
    /// By somebody else and not opened by a person here: its content is not shown.
    pub(super) unread: bool,
    pub(super) open: bool,
    /// What of it may have been written by somebody else, on a device that had been put out.
    pub(super) unconfirmed: Option<String>,
    /// It carries another one on, in whose author's name it stands.
    pub(super) carried: Option<CarriedOver>,
    /// How many records that it names this person may not see.
    pub(super) not_shared: usize,
    pub(super) words: Typed,
    pub(super) blocks: Vec<Block>,
    pub(super) deliveries: Vec<State>,
    /// Corrections, shown beside it.
    pub(super) amendments: Vec<Entry>,
    /// Answers and what else follows from it, shown under it.
    pub(super) answers: Vec<Entry>,
    pub(super) curve: Option<Curve>,
    pub(super) occurred_at: i64,
}

/// Where a record is: a glyph, always with words.
pub(super) struct State {
    pub(super) glyph: Glyph,
    pub(super) words: String,
    pub(super) bad: bool,
}

impl Entry {
    /// A record without what belongs to it.
    pub(super) fn alone(frame: &Frame, row: &Row) -> Result<Self, Trouble> {
        let own = frame.is_me(&row.author);
        let unread = row.read_at.is_none() && !own;
        let envelope = opened(frame, row)?;
        let then = envelope.as_ref().map(|envelope| (envelope.profession.as_str(), envelope.unit.as_ref()));
        let shown = envelope.as_ref().filter(|_| !unread);
        let occurred = match &envelope {
            Some(envelope) => frame.times.occurred(&envelope.occurred),
            None => frame.times.moment(row.occurred_at),
        };
        Ok(Self {
            id: row.record.to_hex(),
            record: row.record,
            measured: Vec::new(),
            kind: frame.kind(row.kind),
            author: frame.person(&row.carried.as_ref().map_or(row.author, |carried| carried.author), then),
            own,
            occurred,
            arrived: row.received_at.map(|at| frame.times.moment(at)),
            unread,
            open: row.open,
            unconfirmed: unconfirmed(frame, row)?,
            carried: CarriedOver::of(frame, row)?,
            not_shared: match (shown, &row.child) {
                (Some(envelope), Some(child)) => frame.device().not_shared(child, &cited(envelope))?,
                _ => 0,
            },
            words: Typed::new(&row.headline),
            blocks: shown.map_or_else(Vec::new, |envelope| frame.teller().blocks(envelope)),
            deliveries: if own { deliveries(frame, row)? } else { Vec::new() },
            amendments: Vec::new(),
            answers: Vec::new(),
            curve: None,
            occurred_at: row.occurred_at,
        })
    }

    /// A record with everything that answers, corrects or measures it, directly or in turn.
    pub(super) fn with(frame: &Frame, row: &Row, belonging: &[&Row]) -> Result<Self, Trouble> {
        let mut entry = Self::alone(frame, row)?;
        let mut points = Vec::new();
        for row in belonging {
            let follower = Self::alone(frame, row)?;
            match row.kind {
                Some(Kind::Amendment) => entry.amendments.push(follower),
                // A measure nobody has opened is no point on the curve yet.
                Some(Kind::Measure) if !follower.unread && !entry.unread => {
                    points.extend(point(frame, row)?);
                    entry.measured.push(row.record);
                }
                _ => entry.answers.push(follower),
            }
        }
        if !entry.unread
            && let Some(Content::Intervention(intervention)) = opened(frame, row)?.map(|envelope| envelope.content)
        {
            entry.curve = Curve::new(intervention.baseline.map(|score| score.get()), points);
        }
        Ok(entry)
    }
}

impl Entry {
    /// The records whose content stands on the page: this one and what belongs to it, as far as a person has opened them.
    pub(super) fn shown(&self) -> Vec<RecordId> {
        let belonging = self.amendments.iter().chain(&self.answers).flat_map(Self::shown);
        let own = (!self.unread).then_some(self.record);
        own.into_iter().chain(self.measured.iter().copied()).chain(belonging).collect()
    }
}

fn unconfirmed(frame: &Frame, row: &Row) -> Result<Option<String>, Trouble> {
    if !row.unconfirmed {
        return Ok(None);
    }
    if !row.kind.is_some_and(Kind::is_living) {
        return Ok(Some(frame.t("unconfirmed")));
    }
    let writers = frame.device().unconfirmed_writers(&row.record)?;
    let names = writers.iter().map(|writer| frame.teller().person(writer).to_string()).collect();
    Ok(counted(frame, names).map(|names| frame.v("unconfirmed-edit", &names)))
}

fn point(frame: &Frame, row: &Row) -> Result<Option<Point>, Trouble> {
    let Some(envelope) = opened(frame, row)? else { return Ok(None) };
    let Content::Measure(measure) = &envelope.content else { return Ok(None) };
    Ok(Some(Point {
        value: measure.value.get(),
        when: frame.times.occurred(&envelope.occurred),
        whose: measure.by_whom.as_ref().map(|party| frame.teller().party(party)),
        note: measure.note.as_ref().map(|note| Typed::new(note.as_str())),
        id: row.record.to_hex(),
    }))
}

/// How far an own record has got, with each of its readers.
pub(super) fn deliveries(frame: &Frame, row: &Row) -> Result<Vec<State>, Trouble> {
    let (delivery, readers) = frame.device().delivery(&row.record)?;
    let one = |glyph, words, bad| Ok(vec![State { glyph, words, bad }]);
    match delivery {
        Delivery::OnThisDevice { stuck: None } => return one(Glyph::Local, frame.t("state-local"), false),
        Delivery::OnThisDevice { stuck: Some(why) } => {
            let since = frame.times.moment(row.recorded_at).words;
            let key = if why == FORGOTTEN { "state-stuck-forgotten" } else { "state-stuck" };
            return one(Glyph::Stuck, frame.v(key, &since), true);
        }
        Delivery::NotLetIn => return one(Glyph::Stuck, frame.t("state-not-let-in"), true),
        Delivery::SafeForSelf => return one(Glyph::Own, frame.t("state-own"), false),
        Delivery::AwaitsReader if readers.is_empty() => return one(Glyph::Own, frame.t("state-awaits-reader"), false),
        Delivery::AwaitsReader | Delivery::WithRelay | Delivery::Received | Delivery::Read | Delivery::Answered => {}
    }
    let mut states = Vec::new();
    if delivery == Delivery::Answered {
        states.push(State { glyph: Glyph::Answered, words: frame.t("state-answered"), bad: false });
    }
    let mut say = |glyph, key, bad, is: &dyn Fn(&Reader) -> bool| {
        let names = readers.iter().filter(|reader| is(reader)).map(|reader| frame.teller().person(&reader.person));
        if let Some(names) = counted(frame, names.map(|name| name.to_string()).collect()) {
            states.push(State { glyph, words: frame.v(key, &names), bad });
        }
    };
    say(Glyph::Read, "state-read", false, &|reader| reader.read);
    say(Glyph::Received, "state-received", false, &|reader| reader.received && !reader.read);
    say(Glyph::Stuck, "state-unreadable", true, &|reader| reader.unreadable && !reader.received);
    say(Glyph::Sent, "state-sent", false, &|reader| {
        !reader.received && !reader.read && !reader.unreadable && !reader.awaited
    });
    say(Glyph::Own, "state-awaited", false, &|reader| reader.awaited);
    Ok(states)
}

/// The first names, and how many more.
fn counted(frame: &Frame, mut names: Vec<String>) -> Option<String> {
    let more = names.len().saturating_sub(NAMES);
    names.truncate(NAMES);
    if more > 0 {
        names.push(frame.n("and-more", more));
    }
    (!names.is_empty()).then(|| names.join(", "))
}
