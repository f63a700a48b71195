//! Mirrors of core's public types. They are restated so that uniffi can see their fields; a difference does not compile.

use tvaers_core::audience::Audience;
use tvaers_core::client::Processed;
use tvaers_core::directory::{Directory, PersonFacts, Policy, Retention, Sharing, TeamFacts};
use tvaers_core::kinds::{Answer, ConcernState, Decided, Kind, Level, Occurred, Precision, Recipient};
use tvaers_core::record::Carried;
use tvaers_core::view::{
    ChildRow, Continued, Cover, Delivery, Earlier, ErasedRecord, Erasing, ErasingState, ErasingWhat, Followed, Reader,
    Restored, Row, SetAside,
};
use tvaers_core::wire::entry::Member;
use tvaers_core::wire::ids::{BadId, ChildId, DeviceId, EntryId, MunicipalityId, PersonId, RecordId, TeamId};

use crate::TvaersError;

macro_rules! hexadecimal {
    ($($id:ident),+) => {
        $(uniffi::custom_type!($id, String, {
            remote,
            lower: |id| id.to_hex(),
            try_lift: |text| $id::from_hex(&text).map_err(|error| malformed(error).into()),
        });)+
    };
}
hexadecimal!(ChildId, DeviceId, EntryId, MunicipalityId, PersonId, RecordId, TeamId);

fn malformed(error: BadId) -> TvaersError {
    TvaersError::CorrectField { field: "id".to_owned(), code: "malformed".to_owned(), why: error.to_string() }
}

// Counts. A foreign one that does not fit is none of ours.
uniffi::custom_type!(usize, u64, {
    remote,
    lower: |count| count as u64,
    try_lift: |count| Ok(usize::try_from(count)?),
});

#[uniffi::remote(Enum)]
enum Kind {
    Child,
    Draft,
    Observation,
    Amendment,
    Assessment,
    JointAssessment,
    Concern,
    Reply,
    Voice,
    Analysis,
    Intervention,
    Measure,
    Meeting,
    ActionPoint,
    Consent,
    Notification,
    Disclosure,
    AccessEvent,
    AnonymousDiscussion,
}

#[uniffi::remote(Enum)]
enum Precision {
    Minute,
    Hour,
    PartOfDay,
    Day,
    Week,
    Month,
}

#[uniffi::remote(Enum)]
enum Level {
    Wonder,
    Concern,
    Serious,
    Acute,
}

#[uniffi::remote(Enum)]
enum ConcernState {
    New,
    UnderAssessment,
    Discussed,
    Intervention,
    FollowUp,
    Closed,
    Reopened,
}

#[uniffi::remote(Enum)]
enum Answer {
    BackBy,
    PartOfCase,
    TalkingWithFamily,
    ExaminationStarted,
    InterventionStarted,
    NothingForNow,
    CannotBeDisclosed,
    Thanks,
    AskAgain,
}

#[uniffi::remote(Enum)]
enum Recipient {
    Person(PersonId),
    Team(TeamId),
}

#[uniffi::remote(Enum)]
enum Member {
    Device(DeviceId),
    Person(PersonId),
    Team(TeamId),
}

#[uniffi::remote(Enum)]
enum Audience {
    Own,
    Line(PersonId),
    Case(Vec<Member>),
    Anonymous(Vec<Member>),
}

#[uniffi::remote(Enum)]
enum Delivery {
    OnThisDevice { stuck: Option<String> },
    NotLetIn,
    SafeForSelf,
    AwaitsReader,
    WithRelay,
    Received,
    Read,
    Answered,
}

#[uniffi::remote(Record)]
struct Decided {
    level: Level,
    by: PersonId,
}

#[uniffi::remote(Record)]
struct Occurred {
    at: i64,
    offset_minutes: i64,
    precision: Precision,
}

#[uniffi::remote(Record)]
struct Reader {
    person: PersonId,
    awaited: bool,
    received: bool,
    read: bool,
    unreadable: bool,
}

#[uniffi::remote(Record)]
struct Row {
    record: RecordId,
    kind: Option<Kind>,
    child: Option<ChildId>,
    author: PersonId,
    headline: String,
    occurred_at: i64,
    recorded_at: i64,
    received_at: Option<i64>,
    read_at: Option<i64>,
    answers: Option<RecordId>,
    open: bool,
    unconfirmed: bool,
    carried: Option<Carried>,
}

#[uniffi::remote(Record)]
struct Carried {
    record: RecordId,
    author: PersonId,
}

#[uniffi::remote(Record)]
struct Continued {
    at: i64,
    by: Option<PersonId>,
    joined: Vec<PersonId>,
    read_before: bool,
}

#[uniffi::remote(Record)]
struct Earlier {
    record: Option<RecordId>,
    differs: bool,
}

#[uniffi::remote(Record)]
struct ChildRow {
    child: ChildId,
    records: usize,
    unread: usize,
    newest: i64,
}

#[uniffi::remote(Record)]
struct SetAside {
    from: Option<PersonId>,
    counter: u64,
    reason: String,
}

#[uniffi::remote(Record)]
struct Cover {
    person: PersonId,
    until: u64,
    begun: bool,
}

#[uniffi::remote(Record)]
struct Restored {
    at: Option<i64>,
    person: PersonId,
    reason: Option<String>,
}

#[uniffi::remote(Record)]
struct Erasing {
    asking: EntryId,
    child: Option<ChildId>,
    line: bool,
    by: Option<PersonId>,
    at: Option<i64>,
    reason: Option<String>,
    what: ErasingWhat,
    state: ErasingState,
}

#[uniffi::remote(Enum)]
enum ErasingWhat {
    Records { records: Vec<ErasedRecord>, chunks: usize },
    Lift,
    Hold,
}

#[uniffi::remote(Enum)]
enum ErasingState {
    Asked { may_agree: bool },
    Done { by: Option<PersonId>, devices: Vec<Followed> },
}

#[uniffi::remote(Record)]
struct ErasedRecord {
    record: RecordId,
    kind: Option<Kind>,
    author: PersonId,
    headline: String,
    recorded_at: i64,
    gone: bool,
}

#[uniffi::remote(Record)]
struct Followed {
    person: PersonId,
    device: DeviceId,
    done: bool,
    at: Option<i64>,
}

#[uniffi::remote(Record)]
struct Processed {
    circles: bool,
    listed: usize,
    opened: Vec<RecordId>,
    receipts: usize,
    aside: usize,
}

#[uniffi::remote(Record)]
struct TeamFacts {
    team: TeamId,
    name: String,
    kind: String,
    phone: Option<String>,
}

#[uniffi::remote(Record)]
struct PersonFacts {
    person: PersonId,
    name: String,
    profession: String,
    team: TeamId,
}

#[uniffi::remote(Record)]
struct Directory {
    version: u64,
    municipality: MunicipalityId,
    serial: u64,
    name: String,
    teams: Vec<TeamFacts>,
    people: Vec<PersonFacts>,
    policy: Option<Policy>,
}

#[uniffi::remote(Record)]
struct Policy {
    retention: Vec<Retention>,
    sharing: Option<Vec<Sharing>>,
}

#[uniffi::remote(Record)]
struct Sharing {
    from: Vec<String>,
    to: Vec<String>,
    kinds: Vec<u8>,
    basis: String,
}

#[uniffi::remote(Record)]
struct Retention {
    kind: u8,
    months: u16,
}
