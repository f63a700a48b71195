//! Who works here: the HR system's list, suspension, leaving.

use std::collections::{BTreeMap, BTreeSet};

use tvaers_wire::ids::{PersonId, TeamId};
use tvaers_wire::statement::Standing;

use super::{About, Act, By, Office, OfficeError, managers, text};
use crate::authority::facts::{Person, Role};
use crate::rng::{CryptoRng, bytes};

/// One person of the HR system's list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Employee number.
    pub number: String,
    /// Full name.
    pub name: String,
    /// A profession of the list.
    pub profession: String,
    /// An open unit.
    pub unit: TeamId,
    /// Roles to give. A list takes none back: those given here by hand would go with the next night's file.
    pub roles: Vec<Role>,
}

/// What becomes of those who are not on the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    /// They have left. More than [`Missing::FEW`] only if the number is said: half a file must not end half the municipality.
    Leave {
        /// How many are expected to.
        expected: Option<usize>,
    },
    /// They stay: the list is of some people only.
    Stay,
}

impl Missing {
    /// So many may leave by one list without a word.
    pub const FEW: usize = 10;
}

impl Office {
    /// Takes over the HR system's list: who is new joins, who is gone leaves, what differs is changed.
    ///
    /// # Errors
    /// [`OfficeError`]; nothing has changed then.
    pub fn import(
        &mut self,
        rows: &[Row],
        missing: Missing,
        by: By<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), OfficeError> {
        let listed: BTreeSet<&str> = rows.iter().map(|row| row.number.trim()).collect();
        if listed.len() != rows.len() {
            return Err(OfficeError::NumberTwice);
        }
        let gone: Vec<PersonId> = match missing {
            Missing::Stay => Vec::new(),
            Missing::Leave { expected } => {
                let here = self.state.people.iter().filter(|person| person.standing != Standing::Left);
                let gone: Vec<_> = here.filter(|person| !listed.contains(person.number.as_str())).collect();
                if gone.len() > expected.unwrap_or(Missing::FEW) {
                    return Err(OfficeError::ManyLeave { count: gone.len() });
                }
                gone.iter().map(|person| person.person).collect()
            }
        };
        self.act(by, |office| {
            let before = managers(&office.state);
            let known: BTreeMap<String, usize> =
                (0..).zip(&office.state.people).map(|(at, person)| (person.number.clone(), at)).collect();
            for row in rows {
                match known.get(row.number.trim()) {
                    None => office.join(row, by, rng)?,
                    Some(at) => office.compare(*at, row, by)?,
                }
            }
            // Last, so that a new manager on the same list counts.
            gone.into_iter().for_each(|person| office.depart(person, by));
            if before > 0 && managers(&office.state) == 0 { Err(OfficeError::LastManager) } else { Ok(()) }
        })
    }

    fn join(&mut self, row: &Row, by: By<'_>, rng: &mut dyn CryptoRng) -> Result<(), OfficeError> {
        let (number, name, profession) = (text(&row.number)?, text(&row.name)?, self.listed(&row.profession)?);
        self.open_unit(&row.unit)?;
        let person = PersonId::new(bytes(rng));
        let (unit, standing) = (row.unit, Standing::Active);
        self.state.people.push(Person { person, number, name, profession, unit, roles: Vec::new(), standing });
        self.note(by, Act::Joined { person, team: unit });
        row.roles.iter().for_each(|role| self.give(person, *role, by));
        Ok(())
    }

    fn compare(&mut self, at: usize, row: &Row, by: By<'_>) -> Result<(), OfficeError> {
        let (name, profession) = (text(&row.name)?, self.listed(&row.profession)?);
        let Some(person) = self.state.people.get_mut(at) else { return Ok(()) };
        let (id, from, left) = (person.person, person.unit, person.standing == Standing::Left);
        let changed = person.name != name || person.profession != profession;
        (person.name, person.profession) = (name, profession);
        if left || from != row.unit {
            person.unit = row.unit;
            self.open_unit(&row.unit)?;
        }
        if left {
            self.stand(id, Standing::Active);
            self.note(by, Act::Returned { person: id, team: row.unit });
        } else if from != row.unit {
            self.note(by, Act::Moved { person: id, from, to: row.unit });
        }
        if changed {
            self.note(by, Act::Changed { person: id });
        }
        row.roles.iter().for_each(|role| self.give(id, *role, by));
        Ok(())
    }

    /// Bars a person for now: roles and devices stay, the relay and every client that knows refuse them.
    ///
    /// # Errors
    /// [`OfficeError`]: nobody by that number, left, suspended already, or the last manager.
    pub fn suspend(&mut self, number: &str, by: By<'_>) -> Result<(), OfficeError> {
        let id = self.at_work(number)?.person;
        if self.is_last_manager(&id) {
            return Err(OfficeError::LastManager);
        }
        self.act(by, |office| {
            office.stand(id, Standing::Suspended);
            office.note(by, Act::Suspended { person: id });
            Ok(())
        })
    }

    /// Lets a suspended person in again.
    ///
    /// # Errors
    /// [`OfficeError`]: nobody by that number, left, or not suspended.
    pub fn reinstate(&mut self, number: &str, by: By<'_>) -> Result<(), OfficeError> {
        let id = match self.at_work(number) {
            Ok(_) => return Err(OfficeError::NotSuspended),
            Err(OfficeError::IsSuspended) => self.person(number)?.person,
            Err(other) => return Err(other),
        };
        self.act(by, |office| {
            office.stand(id, Standing::Active);
            // A directory that was sealed meanwhile was not sealed for this person's devices.
            office.state_directory();
            office.note(by, Act::Reinstated { person: id });
            Ok(())
        })
    }

    /// A person leaves: out of every charter, devices revoked for good. The name stays in the directory.
    ///
    /// # Errors
    /// [`OfficeError`]: nobody by that number, left already, or the last manager.
    pub fn leave(&mut self, number: &str, by: By<'_>) -> Result<(), OfficeError> {
        let person = self.person(number)?;
        let id = person.person;
        if person.standing == Standing::Left {
            return Err(OfficeError::HasLeft);
        }
        if self.is_last_manager(&id) {
            return Err(OfficeError::LastManager);
        }
        self.act(by, |office| {
            office.depart(id, by);
            Ok(())
        })
    }

    fn depart(&mut self, id: PersonId, by: By<'_>) {
        self.stand(id, Standing::Left);
        if let Some(person) = self.person_mut(&id) {
            person.roles.clear();
        }
        self.note(by, Act::Left { person: id });
        // Should the person come back, it is with new devices: the old ones have been in nobody's care.
        let theirs: Vec<_> = self.devices_of(&id).filter(|device| device.revoked.is_none()).map(|d| d.device).collect();
        theirs.into_iter().for_each(|device| self.put_out(device, by));
    }

    fn stand(&mut self, id: PersonId, standing: Standing) {
        if let Some(person) = self.person_mut(&id) {
            person.standing = standing;
        }
        let statement = self.key.set_standing(id, standing);
        self.keep(About::Standing(id), statement);
    }

    fn listed(&self, profession: &str) -> Result<String, OfficeError> {
        self.profession(profession).map(str::to_owned).ok_or(OfficeError::UnknownProfession)
    }

    fn open_unit(&self, team: &TeamId) -> Result<(), OfficeError> {
        let unit = self.unit_of(team).ok_or(OfficeError::UnknownUnit)?;
        if unit.open { Ok(()) } else { Err(OfficeError::UnitClosed) }
    }
}
