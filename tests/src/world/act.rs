//! What people do: write, share, answer, correct, read, edit together, name coordinators.

use std::collections::BTreeSet;

use tvaers_core::audience::Audience;
use tvaers_core::client::{ClientError, Input};
use tvaers_core::kinds::{
    Amendment, Concern, ConcernState, Content, Envelope, Kind, Level, List, Meeting, MeetingState, Recipient, Reply,
    Short, Text,
};
use tvaers_core::moment::Moment;
use tvaers_wire::entry::Member;
use tvaers_wire::ids::{ChildId, RecordId};

use super::joins::Joined;
use super::model::{Person, Promise, Sharing};
use super::sim::{DAY, World};
use crate::town::{child, observation};

/// Children of a world.
const CHILDREN: usize = 3;

impl World {
    /// One person does one thing on a device that runs.
    pub(super) fn act(&mut self) -> Result<(), String> {
        self.check_honest()?;
        self.erase()?;
        let running: Vec<usize> = (0..self.nodes.len()).filter(|node| self.nodes[*node].device().is_some()).collect();
        let Some(node) = self.dice.pick(&running).copied() else { return Ok(()) };
        match self.dice.below(105) {
            // There is nothing else on it that its person could do something with.
            _ if self.nodes[node].joined == Joined::Knocking => self.observe(node),
            0..30 => self.observe(node),
            30..45 => self.raise_concern(node),
            45..52 => self.plan_meeting(node),
            52..62 => self.answer(node, true),
            62..68 => self.answer(node, false),
            68..78 => self.read(node),
            78..93 => self.edit(node),
            93..95 => self.share(node),
            95..97 => self.take_out(node),
            97..101 => self.hand_over(),
            _ => self.name_coordinator(),
        }
        self.hand_in(node, Input::Local)
    }

    fn observe(&mut self, node: usize) {
        let me = self.nodes[node].person;
        let to: BTreeSet<Person> = match self.dice.below(10) {
            0 | 1 => BTreeSet::new(),
            2 => [self.other(me), self.other(me)].into(),
            _ => [self.other(me)].into(),
        };
        let text = self.text("Set");
        let about = child(self.child_number());
        let envelope = observation(&about, &text, self.now);
        self.submit_on_lines(node, envelope, &to);
    }

    fn answer(&mut self, node: usize, reply: bool) {
        let me = self.nodes[node].person;
        let Some((record, author)) = self.known(node, |kind| kind.is_frozen()) else { return };
        let text = Text::new(self.text("Svar")).unwrap();
        let mut envelope = observation(&child(self.child_number()), "x", self.now);
        envelope.about = self.model.records[&record].envelope.about.clone();
        envelope.content = if reply {
            Content::Reply(Reply { to: record, answer: None, back_by: None, text: Some(text) })
        } else {
            Content::Amendment(Amendment { of: record, text, reason: None })
        };
        let to = if author == me { self.other(me) } else { author };
        self.submit_on_lines(node, envelope, &[to].into());
    }

    fn submit_on_lines(&mut self, node: usize, envelope: Envelope, to: &BTreeSet<Person>) {
        let audiences: Vec<Audience> = to.iter().map(|person| Audience::Line(self.people[*person])).collect();
        self.submit(node, envelope, &audiences, Sharing::Lines, to);
    }

    fn raise_concern(&mut self, node: usize) {
        let me = self.nodes[node].person;
        let about = child(self.child_number());
        let (members, to) = self.members(me);
        let trigger = self.text("Bekymring");
        let mut envelope = observation(&about, "x", self.now);
        envelope.content = Content::Concern(Concern {
            trigger: Text::new(trigger).unwrap(),
            purpose: None,
            votes: Default::default(),
            decided: None,
            recipient: Recipient::Person(self.people[me]),
            parents_contacted: None,
            observations: List::default(),
            childs_perspective: None,
            familys_perspective: None,
            perspective_missing: None,
            state: ConcernState::New,
        });
        self.submit(node, envelope, &[Audience::Case(members)], Sharing::Case(about.id), &to);
    }

    fn plan_meeting(&mut self, node: usize) {
        let me = self.nodes[node].person;
        let (members, to) = self.members(me);
        let about = child(self.child_number());
        let anonymous = self.dice.chance(500);
        let mut envelope = observation(&about, "x", self.now);
        envelope.content = Content::Meeting(Meeting {
            meeting_type: Short::new("K-møde").unwrap(),
            basis: None,
            chair: None,
            invited: List::default(),
            attendees: List::default(),
            agenda: List::default(),
            decisions: List::default(),
            action_points: List::default(),
            childs_perspective: None,
            familys_perspective: None,
            perspective_missing: None,
            usefulness: Default::default(),
            state: MeetingState::Planned,
        });
        if anonymous {
            envelope.about = None;
            self.submit(node, envelope, &[Audience::Anonymous(members)], Sharing::Lines, &to);
        } else {
            self.submit(node, envelope, &[Audience::Case(members)], Sharing::Case(about.id), &to);
        }
    }

    fn submit(
        &mut self,
        node: usize,
        envelope: Envelope,
        audiences: &[Audience],
        sharing: Sharing,
        to: &BTreeSet<Person>,
    ) {
        let at = self.now + self.nodes[node].skew;
        let promise = self.promise(node);
        let device = self.nodes[node].device().unwrap();
        let coordinator = match sharing {
            Sharing::Case(child) => device.coordinator(&child).unwrap(),
            Sharing::Lines => None,
        };
        let record = device.submit(&envelope, audiences, &mut Moment::new(at, &mut self.dice)).unwrap();
        let author = self.nodes[node].person;
        let unheard: BTreeSet<Person> = (0..self.people.len())
            .filter(|other| *other != author && !device.can_take_over(&self.people[*other]))
            .collect();
        self.tally.records += 1;
        let mut to = to.clone();
        // A case goes to the coordinator as well, as far as the device knows one.
        to.extend(self.people.iter().position(|person| Some(*person) == coordinator));
        self.say(|| {
            let (kind, child) = (envelope.kind(), envelope.about.as_ref().map(|child| child.id));
            format!("device {node} (person {author}) writes {record:?} {kind:?} of {child:?} for {to:?}")
        });
        self.hide(node, &record, &to, None);
        self.model.submitted(record, (author, promise), envelope, sharing, &to);
        // What is written to somebody who is suspended, or was as far as the device has heard, is sealed to no device of theirs until
        // they are back, and only whoever wrote it can give them the key then: that it has left is not enough.
        let unreached: Vec<Person> =
            to.into_iter().filter(|person| self.is_suspended(*person) || unheard.contains(person)).collect();
        for person in unreached {
            if let Some(promises) =
                self.model.records.get_mut(&record).and_then(|expected| expected.must.get_mut(&person))
            {
                *promises = [Promise { late: true, ..promise }].into();
            }
        }
    }

    /// What is done here now, for others to have.
    pub(super) fn promise(&self, node: usize) -> Promise {
        Promise { node, late: self.is_out(node) }
    }

    /// What is written by somebody who has heard that a device is out is not for that device, whatever the relay does. A new record
    /// is sealed for those whom it is for; an edit goes everywhere, also by way of those who may not have heard.
    fn hide(&mut self, node: usize, record: &RecordId, to: &BTreeSet<Person>, word: Option<&str>) {
        if self.is_out(node) {
            return;
        }
        let me = self.nodes[node].person;
        let all_out: Vec<usize> = (0..self.nodes.len()).filter(|out| self.is_out(*out)).collect();
        for out in all_out {
            let person = self.nodes[out].person;
            if self.office.may_be_thought_back(person) {
                continue;
            }
            let reader = word.is_none() && (person == me || to.contains(&person));
            if (reader && self.knows_out(node, out)) || self.everybody_knows_out(out) {
                let hidden = self.model.hidden.entry((*record, out)).or_default();
                hidden.whole |= word.is_none();
                hidden.words.extend(word.map(str::to_owned));
            }
        }
    }

    fn read(&mut self, node: usize) {
        let Some((record, _)) = self.known(node, |_| true) else { return };
        let at = self.now + self.nodes[node].skew;
        self.nodes[node].device().unwrap().mark_read(&record, &Moment::new(at, &mut self.dice)).unwrap();
        self.model.records.get_mut(&record).unwrap().read_on.insert(node);
    }

    fn edit(&mut self, node: usize) {
        let Some((record, _)) = self.known(node, Kind::is_living) else { return };
        let (word, editor) = (format!("⟨{}⟩", self.tally.edits), self.nodes[node].person);
        let (at, me) = (self.now + self.nodes[node].skew, self.people[self.nodes[node].person]);
        let level = if self.dice.chance(500) { Level::Concern } else { Level::Serious };
        let device = self.nodes[node].device().unwrap();
        let gone = self.model.taken_out.values().any(|gone| gone.contains(&self.nodes[node].person));
        let edited = device.edit(&record, &mut Moment::new(at, &mut self.dice), |envelope| {
            match &mut envelope.content {
                Content::Concern(concern) => {
                    concern.trigger = Text::new(format!("{} {word}", concern.trigger.as_str())).unwrap();
                    concern.vote(me, level, None)?;
                }
                Content::Meeting(meeting) => meeting.decisions.push(Text::new(word.clone()).unwrap()).unwrap(),
                _ => unreachable!("only these are written here"),
            }
            Ok(())
        });
        match edited {
            Err(ClientError::NotAllowed) if gone => return,
            edited => edited.unwrap(),
        }
        self.tally.edits += 1;
        self.say(|| format!("device {node} adds {word} to {record:?}"));
        let promise = self.promise(node);
        self.hide(node, &record, &BTreeSet::new(), Some(&word));
        self.model.records.get_mut(&record).unwrap().words.push((editor, promise, word));
    }

    fn share(&mut self, node: usize) {
        let me = self.nodes[node].person;
        let Some((record, _)) = self.known(node, |_| true) else { return };
        let expected = &self.model.records[&record];
        if expected.envelope.about.is_none() {
            return;
        }
        let (sharing, to) = (expected.sharing, self.other(me));
        let audience = match sharing {
            Sharing::Lines => Audience::Line(self.people[to]),
            Sharing::Case(_) => Audience::Case(vec![Member::Person(self.people[to])]),
        };
        let at = self.now + self.nodes[node].skew;
        self.nodes[node].device().unwrap().share(&record, &audience, &mut Moment::new(at, &mut self.dice)).unwrap();
        let mut readers = BTreeSet::from([to]);
        if let Sharing::Case(child) = sharing {
            readers.insert(me);
            let coordinator = self.nodes[node].device().unwrap().coordinator(&child).unwrap();
            readers.extend(self.people.iter().position(|person| Some(*person) == coordinator));
        }
        self.say(|| format!("device {node} (person {me}) shares {record:?} with {readers:?}"));
        self.pass(node, &record, &readers);
    }

    /// A record goes from this device to these.
    fn pass(&mut self, node: usize, record: &RecordId, to: &BTreeSet<Person>) {
        to.iter().for_each(|person| self.unhide(node, *person, &[*record]));
        let promise = self.promise(node);
        self.model.shared(record, promise, to);
    }

    /// Somebody who manages a case takes somebody out of it.
    fn take_out(&mut self, node: usize) {
        if self.is_out(node) {
            return;
        }
        let me = self.nodes[node].person;
        let (child, person) = (child(self.child_number()).id, self.other(me));
        let member = Member::Person(self.people[person]);
        if self.nodes[node].device().unwrap().remove_from_case(&child, member, "Skiftet stilling").is_ok() {
            self.say(|| format!("device {node} (person {me}) takes person {person} out of the case of {child:?}"));
            self.tally.removals += 1;
            self.model.taken_out.entry(child).or_default().insert(person);
        }
    }

    /// A coordinator is named; every device is told within days.
    fn name_coordinator(&mut self) {
        let at_work: Vec<Person> = self.at_work().into_iter().collect();
        let (child, person) = (child(self.child_number()).id, *self.dice.pick(&at_work).unwrap());
        self.say(|| format!("person {person} is to coordinate {child:?}"));
        self.model.coordinators.entry(child).or_default().push(person);
        self.tell_all(child);
    }

    /// A device hears who coordinates by then, and sends what its person has written about the child.
    pub(super) fn told(&mut self, node: usize, child: ChildId) {
        let newest = self.model.coordinators.get(&child).and_then(|named| named.last());
        let Some(person) = newest.copied() else { return };
        if self.nodes[node].device().is_none() {
            return self.later_told(DAY / 4, node, child);
        }
        let held = self.nodes[node].device().unwrap().coordinator(&child).unwrap();
        if held == Some(self.people[person]) {
            return;
        }
        let (me, at) = (self.nodes[node].person, self.now + self.nodes[node].skew);
        let device = self.nodes[node].device().unwrap();
        device.set_coordinator(&child, &self.people[person], &mut Moment::new(at, &mut self.dice)).unwrap();
        self.model.working.entry(child).or_default().insert(person);
        self.say(|| format!("device {node} (person {me}) is told that person {person} coordinates {child:?}"));
        if me == person {
            return;
        }
        let own = self.nodes[node].device().unwrap().own_records(usize::MAX >> 1).unwrap();
        for row in own.iter().filter(|row| row.child == Some(child) && row.open) {
            let mut to = BTreeSet::from([person]);
            if matches!(self.model.records[&row.record].sharing, Sharing::Case(_)) {
                to.insert(me);
            }
            self.pass(node, &row.record, &to);
        }
    }

    /// A record on this device of a fitting kind, with its author.
    fn known(&mut self, node: usize, fits: impl Fn(Kind) -> bool) -> Option<(RecordId, Person)> {
        let rows = self.nodes[node].device().unwrap().all_records().unwrap();
        let fitting: Vec<RecordId> =
            rows.iter().filter(|row| row.open && row.kind.is_some_and(&fits)).map(|row| row.record).collect();
        let record = *self.dice.pick(&fitting)?;
        Some((record, self.model.records[&record].author))
    }

    /// Persons and teams to be named in a case, and who that is.
    fn members(&mut self, me: Person) -> (Vec<Member>, BTreeSet<Person>) {
        let (mut members, mut to) = (Vec::new(), BTreeSet::new());
        for _ in 0..1 + self.dice.below(3) {
            if self.dice.chance(200) {
                let team = self.dice.below(self.town.teams.len());
                members.push(Member::Team(self.town.teams[team]));
                let people = self.town.people.iter().enumerate();
                to.extend(people.filter(|(_, (_, of))| *of == team).map(|(person, _)| person));
            } else {
                let person = self.other(me);
                members.push(Member::Person(self.people[person]));
                to.insert(person);
            }
        }
        (members, to)
    }

    pub(super) fn other(&mut self, me: Person) -> Person {
        (me + 1 + self.dice.below(self.people.len() - 1)) % self.people.len()
    }

    fn child_number(&mut self) -> u8 {
        u8::try_from(1 + self.dice.below(CHILDREN)).unwrap()
    }

    fn text(&mut self, begin: &str) -> String {
        let long = "Vi så <b>rygsækken</b> under bordet 🎒. ".repeat(self.dice.below(8));
        format!("{begin} {} – {long}æøå\u{202e}", self.tally.records)
    }
}
