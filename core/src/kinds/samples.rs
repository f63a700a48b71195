//! One full record of each kind, with a given text wherever a person can type.

use jiff::civil::date;
use tvaers_wire::ids::{ChildId, PersonId, RecordId, TeamId};

use super::*;

pub(crate) fn person(number: u8) -> PersonId {
    PersonId::new([number; 16])
}

pub(crate) fn record(number: u8) -> RecordId {
    RecordId::new([number; 32])
}

fn list<T>(items: Vec<T>) -> List<T> {
    List::new(items).unwrap()
}

/// An envelope of this kind: every optional field filled, or as few as possible.
pub(crate) fn envelope(kind: Kind, typed: &str, full: bool) -> Envelope {
    let child = child_named(typed);
    let nameless = matches!(kind, Kind::AnonymousDiscussion | Kind::AccessEvent) || (kind == Kind::Meeting && !full);
    Envelope {
        about: (!nameless).then_some(child),
        occurred: Occurred { at: 1_792_891_800_000, offset_minutes: 120, precision: Precision::Hour },
        profession: short("pædagog"),
        unit: full.then_some(TeamId::new([9; 16])),
        content: content(kind, typed, full),
    }
}

fn child_named(typed: &str) -> ChildRef {
    ChildRef {
        id: ChildId::new([7; 16]),
        given_name: short(typed),
        family_name: short("Lund"),
        birth_date: date(2022, 2, 28),
    }
}

fn lookup() -> Lookup {
    let (child, record) = (Some(ChildId::new([7; 16])), Some(record(3)));
    Lookup { at: 1_792_891_700_000, access: Access::Read, child, record, kind: Some(Kind::Observation) }
}

pub(crate) fn short(typed: &str) -> Short {
    Short::new(typed).unwrap()
}

pub(crate) fn text(typed: &str) -> Text {
    Text::new(typed).unwrap()
}

fn content(kind: Kind, typed: &str, full: bool) -> Content {
    let some = || if full { Text::optional(typed).unwrap() } else { None };
    let word = || full.then(|| short(typed));
    let texts = || if full { list(vec![text(typed), text("to"), Text::default()]) } else { List::default() };
    let words = || if full { list(vec![short(typed), short("leg")]) } else { List::default() };
    let party = || if full { Party::Named(short(typed)) } else { Party::Person(person(3)) };
    let parties = || if full { list(vec![Party::Person(person(4)), party()]) } else { List::default() };
    let records = || if full { list(vec![record(1), record(2)]) } else { List::default() };
    let day = full.then_some(date(2026, 12, 24));
    let marks =
        || if full { list(vec![BodyMark { place: short("arm"), description: text(typed) }]) } else { List::default() };
    let point = || ActionPoint {
        text: text(typed),
        owner: full.then(party),
        due: day,
        horizon: full.then_some(Horizon::Long),
        state: ActionState::Open,
        from: full.then_some(record(5)),
    };
    match kind {
        Kind::Child => Child {
            unit: full.then_some(TeamId::new([8; 16])),
            group: word(),
            guardians: list(vec![Guardian {
                name: short(typed),
                relation: word(),
                custody: true,
                address_protected: full,
            }]),
            language: word(),
            interpreter: full,
            family_informed: day,
            coordinator: full.then_some(person(1)),
            state: ChildState::Active,
        }
        .into(),
        Kind::Draft => Draft {
            setting: word(),
            seen_heard: text(typed),
            childs_words: some(),
            interpretation: some(),
            immediate_action: some(),
            domains: words(),
            body_marks: marks(),
            co_authors: if full { list(vec![person(2)]) } else { List::default() },
            addressee: full.then_some(Recipient::Team(TeamId::new([6; 16]))),
        }
        .into(),
        Kind::Observation => Observation {
            setting: word(),
            seen_heard: text(&format!("x{typed}")),
            childs_words: some(),
            interpretation: some(),
            immediate_action: some(),
            domains: words(),
            body_marks: marks(),
            co_authors: if full { list(vec![person(2)]) } else { List::default() },
        }
        .into(),
        Kind::Amendment => Amendment { of: record(1), text: text(&format!("x{typed}")), reason: some() }.into(),
        Kind::Assessment => Assessment { position: Position::Yellow, indicators: texts(), dissent: some() }.into(),
        Kind::JointAssessment => {
            let mut positions = ByPerson::default();
            positions.set(person(1), Position::Red).unwrap();
            JointAssessment { position: Position::Green, indicators: texts(), dissent: some(), positions }.into()
        }
        Kind::Concern => {
            let mut votes = ByPerson::default();
            votes.set(person(1), Vote { level: Level::Wonder, why: some() }).unwrap();
            votes.set(person(2), Vote { level: Level::Acute, why: None }).unwrap();
            Concern {
                trigger: text(typed),
                purpose: some(),
                votes,
                decided: full.then_some(Decided { level: Level::Serious, by: person(3) }),
                recipient: Recipient::Person(person(3)),
                parents_contacted: full.then(|| ParentsContacted { done: false, reason: some() }),
                observations: records(),
                childs_perspective: some(),
                familys_perspective: some(),
                perspective_missing: some(),
                state: ConcernState::New,
            }
            .into()
        }
        Kind::Reply => {
            let answer = if full { Answer::BackBy } else { Answer::CannotBeDisclosed };
            Reply { to: record(1), answer: Some(answer), back_by: day, text: some() }.into()
        }
        Kind::Voice => Voice {
            whose: short("barnet"),
            method: word(),
            verbatim: some(),
            rating: Some(Score::new(10).unwrap()),
            not_obtained_reason: some(),
        }
        .into(),
        Kind::Analysis => Analysis {
            question: text(typed),
            hypotheses: texts(),
            evidence: records(),
            protective: texts(),
            risk: texts(),
            alternatives: texts(),
            conclusion: some(),
            state: AnalysisState::Joint,
        }
        .into(),
        Kind::Intervention => Intervention {
            goal: text(typed),
            childs_goal: some(),
            actions: texts(),
            responsible: full.then(party),
            start: day,
            review_at: day,
            baseline: full.then(|| Score::new(0).unwrap()),
            state: InterventionState::Running,
            evaluation: full.then_some(Evaluation::Partly),
        }
        .into(),
        Kind::Measure => {
            Measure { intervention: record(1), value: Score::new(4).unwrap(), by_whom: full.then(party), note: some() }
                .into()
        }
        Kind::Meeting => Meeting {
            meeting_type: short("K-møde"),
            basis: word(),
            chair: full.then(party),
            invited: parties(),
            attendees: parties(),
            agenda: if full { list(vec![AgendaItem { topic: text(typed), minutes: some() }]) } else { List::default() },
            decisions: texts(),
            action_points: list(vec![point()]),
            childs_perspective: some(),
            familys_perspective: some(),
            perspective_missing: some(),
            usefulness: ByPerson::default(),
            state: MeetingState::Planned,
        }
        .into(),
        Kind::ActionPoint => point().into(),
        Kind::Consent => Consent {
            giver: party(),
            scope: text(typed),
            form: short("mundtlig"),
            given: !full,
            expires_at: day,
            withdraws: full.then_some(record(4)),
        }
        .into(),
        Kind::Notification => Notification {
            level: NotificationLevel::Acute,
            text: text(&format!("x{typed}")),
            to: full.then_some(TeamId::new([1; 16])),
            concern: full.then_some(record(3)),
            efforts: some(),
            parents_informed: false,
            reason: some(),
            suspect: full.then_some(Suspect::OtherClose),
            records: records(),
        }
        .into(),
        Kind::Disclosure => {
            Disclosure { records: records(), what: some(), with_whom: party(), basis: short("samtykke") }.into()
        }
        Kind::AccessEvent => AccessEvent {
            number: 1,
            until: 1_792_891_800_000,
            done: if full { list(vec![lookup()]) } else { List::default() },
            children: if full { list(vec![child_named(typed)]) } else { List::default() },
        }
        .into(),
        Kind::AnonymousDiscussion => AnonymousDiscussion {
            age_band: short("3–5"),
            question: text(typed),
            advice: some(),
            state: DiscussionState::Open,
            linked_reason: some(),
        }
        .into(),
    }
}
