//! Parses one event.

use std::collections::HashMap;

use serde_json::Value;
use tvaers_core::kinds::{
    Analysis, AnalysisState, Level, List, NotificationLevel, Observation, Occurred, ParentsContacted, Position, Voice,
};

use super::act::{Addressee, Body, Event, Point, Somebody};
use super::clock;
use super::field::{Object, short, string, wrong_type};
use super::load::id;
use super::model::{ChildIx, EventIx, PersonIx, Scenario, UnitIx};
use super::refusal::Reason;

/// The ids an event may name.
pub(super) struct Known {
    pub(super) units: HashMap<String, UnitIx>,
    pub(super) people: HashMap<String, PersonIx>,
    pub(super) children: HashMap<String, ChildIx>,
    pub(super) events: HashMap<String, EventIx>,
}

pub(super) const LEVELS: &[(&str, Level)] =
    &[("undring", Level::Wonder), ("gul", Level::Concern), ("rød", Level::Serious), ("akut", Level::Acute)];
pub(super) const POSITIONS: &[(&str, Position)] =
    &[("grøn", Position::Green), ("gul", Position::Yellow), ("rød", Position::Red)];
pub(super) const NOTIFICATION_LEVELS: &[(&str, NotificationLevel)] =
    &[("almindelig", NotificationLevel::Ordinary), ("akut", NotificationLevel::Acute)];

pub(super) fn parse(ix: EventIx, value: Option<&Value>, known: &Known, scenario: &Scenario) -> Result<Event, Reason> {
    let object = value.and_then(Object::of).ok_or(Reason::Unreadable)?;
    let id = id(object)?;
    if known.events.get(id) != Some(&ix) {
        return Err(Reason::DuplicateId);
    }
    let source = Source { object, known };
    let at = clock::parse(object.str("at")?).map_err(|why| why.at("at"))?;
    let by = source.person("by")?;
    let number = source.device()?;
    let body = source.body(number)?;
    // The lost device's number stands where every other event has the recorder's.
    let (holder, device) = match body {
        Body::DeviceLost { person, .. } => (person, 1),
        _ => (by, number),
    };
    let has = scenario.person(holder).map_or(0, |person| person.devices);
    if !(1..=has).contains(&number) {
        return Err(Reason::NoSuchDevice);
    }
    Ok(Event {
        ix,
        id: id.to_owned(),
        device_clock: source.device_clock(&at)?,
        at,
        by,
        device,
        offline: object.bool("offline")?,
        child: source.child(&body)?,
        body,
    })
}

struct Source<'a> {
    object: Object<'a>,
    known: &'a Known,
}

impl Source<'_> {
    fn body(&self, device: u16) -> Result<Body, Reason> {
        Ok(match self.object.str("kind")? {
            "observation" => self.observation()?,
            "amendment" => Body::Amendment {
                of: self.event("of")?,
                text: self.object.text("text")?,
                reason: self.object.text("reason")?,
            },
            "assessment" => Body::Assessment {
                position: self.object.word("position", POSITIONS)?,
                own: self.object.bool("own")?,
                indicators: self.object.texts("indicators")?,
            },
            "concern" => self.concern()?,
            "reply" => Body::Reply { to: self.event("to")?, text: self.object.text("text")? },
            "voice" => self.voice()?,
            "analysis" => self.analysis()?,
            "intervention" => self.intervention()?,
            "measure" => Body::Measure {
                intervention: self.event("intervention")?,
                value: self.object.score("value")?,
                by_whom: self.somebody("by_whom")?,
                note: self.object.text("note")?,
            },
            "meeting" => self.meeting()?,
            "consent" => Body::Consent {
                giver: self.somebody("giver")?,
                scope: self.object.text("scope")?,
                form: self.object.short("form")?,
                expires_at: self.object.day_or_none("expires_at")?,
                given: self.object.bool("given")?,
            },
            "notification" => Body::Notification {
                level: self.object.word("level", NOTIFICATION_LEVELS)?,
                text: self.object.text("text")?,
                parents_informed: self.object.bool("parents_informed")?,
                reason: self.object.text("reason")?,
            },
            "handover" => Body::Handover {
                from: self.person("from")?,
                to: self.person("to")?,
                reason: self.object.text("reason")?,
            },
            "device_lost" => Body::DeviceLost { person: self.person("person")?, device },
            "leaves" => Body::Leaves { person: self.person("person")? },
            _ => return Err(Reason::UnknownKind),
        })
    }

    fn observation(&self) -> Result<Body, Reason> {
        Ok(Body::Observation(Observation {
            setting: Some(self.object.short("setting")?),
            seen_heard: self.object.text("seen_heard")?,
            childs_words: self.object.text_or_none("childs_words")?,
            interpretation: self.object.text_or_none("interpretation")?,
            immediate_action: self.object.text_or_none("immediate_action")?,
            domains: self.object.shorts("domains")?,
            body_marks: List::default(),
            co_authors: List::default(),
        }))
    }

    fn concern(&self) -> Result<Body, Reason> {
        let recipient = self.object.str("recipient")?;
        let person = self.known.people.get(recipient).copied().map(Addressee::Person);
        let unit = self.known.units.get(recipient).copied().map(Addressee::Unit);
        let contacted = Object::of(self.object.need("parent_contacted")?).ok_or(wrong_type("parent_contacted"))?;
        Ok(Body::Concern {
            level: self.object.word("level", LEVELS)?,
            trigger: self.object.text("trigger")?,
            recipient: person.or(unit).ok_or(Reason::NoSuchAddressee("recipient"))?,
            parent_contacted: ParentsContacted {
                done: contacted.bool("done")?,
                reason: contacted.text_or_none("reason")?,
            },
            observations: self
                .object
                .items("observations", |item| self.cited(string(item, OBSERVATIONS)?, OBSERVATIONS))?,
        })
    }

    fn voice(&self) -> Result<Body, Reason> {
        Ok(Body::Voice(Voice {
            whose: self.object.short("whose")?,
            method: Some(self.object.short("method")?),
            verbatim: Some(self.object.text("verbatim")?).filter(|text| !text.as_str().is_empty()),
            rating: self.object.score_or_none("rating")?,
            not_obtained_reason: self.object.text_or_none("not_obtained_reason")?,
        }))
    }

    fn analysis(&self) -> Result<Body, Reason> {
        Ok(Body::Analysis(Analysis {
            question: self.object.text("question")?,
            hypotheses: self.object.texts("hypotheses")?,
            evidence: List::default(),
            protective: self.object.texts("protective")?,
            risk: self.object.texts("risk")?,
            alternatives: List::default(),
            conclusion: Some(self.object.text("conclusion")?).filter(|text| !text.as_str().is_empty()),
            state: AnalysisState::Joint,
        }))
    }

    fn intervention(&self) -> Result<Body, Reason> {
        Ok(Body::Intervention {
            goal: self.object.text("goal")?,
            childs_goal: self.object.text("childs_goal")?,
            actions: self.object.texts("actions")?,
            responsible: self.somebody("responsible")?,
            start: self.object.day("start")?,
            review_at: self.object.day("review_at")?,
            baseline: self.object.score("baseline")?,
        })
    }

    fn meeting(&self) -> Result<Body, Reason> {
        Ok(Body::Meeting {
            meeting_type: self.object.short("type")?,
            basis: self.object.short("basis")?,
            attendees: self.object.items("attendees", |item| self.named(string(item, "attendees")?, "attendees"))?,
            agenda: self.object.texts("agenda")?,
            decisions: self.object.texts("decisions")?,
            action_points: self.object.items("action_points", |item| self.point(item))?,
        })
    }

    fn point(&self, value: &Value) -> Result<Point, Reason> {
        let object = Object::of(value).ok_or(wrong_type("action_points"))?;
        Ok(Point {
            text: object.text("text")?,
            owner: object.str_or_none("owner")?.map(|owner| self.named(owner, "owner")).transpose()?,
            due: object.day_or_none("due")?,
        })
    }

    fn child(&self, body: &Body) -> Result<Option<ChildIx>, Reason> {
        let Some(id) = self.object.str_or_none("child")? else {
            return if may_be_about_nobody(body) { Ok(None) } else { Err(Reason::missing("child")) };
        };
        self.known.children.get(id).copied().map(Some).ok_or(Reason::NoSuchChild)
    }

    fn device(&self) -> Result<u16, Reason> {
        let number = self.object.need("device")?.as_number().ok_or(wrong_type("device"))?;
        number.as_u64().and_then(|number| u16::try_from(number).ok()).ok_or(Reason::NoSuchDevice)
    }

    fn device_clock(&self, at: &Occurred) -> Result<Option<Occurred>, Reason> {
        let shown = self.object.str_or_none("device_clock")?;
        Ok(shown.map(|shown| clock::parse_near(shown, at).map_err(|why| why.at("device_clock"))).transpose()?)
    }

    fn person(&self, field: &'static str) -> Result<PersonIx, Reason> {
        self.known.people.get(self.object.str(field)?).copied().ok_or(Reason::NoSuchPerson(field))
    }

    fn event(&self, field: &'static str) -> Result<EventIx, Reason> {
        self.cited(self.object.str(field)?, field)
    }

    fn cited(&self, id: &str, field: &'static str) -> Result<EventIx, Reason> {
        self.known.events.get(id).copied().ok_or(Reason::NoSuchEvent(field))
    }

    fn somebody(&self, field: &'static str) -> Result<Somebody, Reason> {
        self.named(self.object.str(field)?, field)
    }

    fn named(&self, name: &str, field: &'static str) -> Result<Somebody, Reason> {
        match self.known.people.get(name) {
            Some(person) => Ok(Somebody::Person(*person)),
            None => short(name, field).map(Somebody::Named),
        }
    }
}

const OBSERVATIONS: &str = "observations";

const fn may_be_about_nobody(body: &Body) -> bool {
    matches!(
        body,
        Body::Meeting { .. }
            | Body::Amendment { .. }
            | Body::Reply { .. }
            | Body::DeviceLost { .. }
            | Body::Leaves { .. }
    )
}
