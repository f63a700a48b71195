//! What every act has in common: it is done whole, what follows from it is stated, and the journal has it.

use std::collections::BTreeMap;

use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::hash::Label;
use tvaers_wire::ids::{Fixed, PersonId, TeamId};
use tvaers_wire::limits;
use tvaers_wire::statement::SignedStatement;

use super::{
    About, Act, By, DEVICES, Entry, INVITES, JOURNAL, Kept, Office, OfficeError, STATEMENTS, SignedEntry, State,
};
use crate::authority::Role;
use crate::directory::{LOG_CONTROL, PEOPLE, TEAMS};

impl Office {
    /// Does all of an act or nothing: facts, statements, directory, journal.
    pub(super) fn act(
        &mut self,
        by: By<'_>,
        act: impl FnOnce(&mut Self) -> Result<(), OfficeError>,
    ) -> Result<(), OfficeError> {
        let before = self.state.clone();
        // A serial never falls behind the clock. When an old copy of the office is put back, what it signs then still counts as
        // newer than what had been signed after the copy was made; a clock that is wrong costs nothing but that.
        self.key.reach(u64::try_from(by.now).unwrap_or_default());
        let done = act(self).and_then(|()| self.settle());
        match done {
            Ok(()) => self.state.serial = self.key.serial(),
            Err(_) => self.state = before,
        }
        done
    }

    /// States what follows from the facts: charters of units whose people have changed, and the directory.
    fn settle(&mut self) -> Result<(), OfficeError> {
        let mut members: BTreeMap<TeamId, Vec<PersonId>> = BTreeMap::new();
        for person in self.state.people.iter().filter(|person| person.works_here()) {
            members.entry(person.unit).or_default().push(person.person);
        }
        // Log controllers by their role belong to the log's unit, wherever they work.
        let log = self.state.units.iter().find(|unit| unit.open && unit.kind == LOG_CONTROL).map(|unit| unit.team);
        if let Some(log) = log {
            let controllers = self.state.people.iter().filter(|person| person.works_here());
            let controllers = controllers.filter(|person| person.roles.contains(&Role::LogController));
            members.entry(log).or_default().extend(controllers.map(|person| person.person));
        }
        for at in 0..self.state.units.len() {
            let Some(unit) = self.state.units.get_mut(at) else { continue };
            let mut persons = members.remove(&unit.team).unwrap_or_default();
            persons.sort_unstable();
            persons.dedup();
            if persons.len() > limits::CHARTER_PERSONS {
                return Err(OfficeError::UnitFull);
            }
            if persons != unit.chartered {
                unit.chartered.clone_from(&persons);
                let team = unit.team;
                let charter = self.key.charter(team, persons);
                self.keep(About::Team(team), charter);
            }
        }
        self.settle_directory()?;
        let State { units, people, devices, statements, journal, invites, .. } = &self.state;
        let counts = [
            (units.len(), TEAMS),
            (people.len(), PEOPLE),
            (devices.len(), DEVICES),
            (statements.len(), STATEMENTS),
            (journal.len(), JOURNAL),
            (invites.len(), INVITES),
        ];
        if counts.iter().any(|(count, limit)| count > limit) { Err(OfficeError::TooMany) } else { Ok(()) }
    }

    /// Keeps a statement, in the place of the one that it replaces. Standings replace nothing: what was done while somebody was
    /// suspended is judged by the standing of then.
    pub(super) fn keep(&mut self, about: About, statement: SignedStatement) {
        if !matches!(about, About::Standing(_)) {
            self.state.statements.retain(|kept| kept.about != about);
        }
        self.state.statements.push(Kept { about, published: false, statement });
    }

    pub(super) fn note(&mut self, by: By<'_>, act: Act) {
        let entry = Entry {
            version: limits::VERSION,
            municipality: self.state.municipality,
            number: self.state.journal.len() as u64 + 1,
            before: self.state.journal.last().map_or(Fixed([0; 32]), SignedEntry::id),
            at: by.now,
            operator: by.operator.to_owned(),
            act,
        };
        let body = entry.to_bytes();
        let signature = self.key.sign(Label::JOURNAL, &body);
        self.state.journal.push(SignedEntry { body: Bytes(body), signature });
    }
}
