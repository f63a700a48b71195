//! Units, professions and roles.

use tvaers_wire::ids::{PersonId, TeamId};
use tvaers_wire::statement::Standing;

use super::{Act, By, Office, OfficeError, known_professions, managers, text};
use crate::authority::facts::{KINDS, Person, Role, Unit};
use crate::rng::{CryptoRng, bytes};

impl Office {
    /// Every unit, closed ones included, in the order in which they were added.
    pub fn units(&self) -> &[Unit] {
        &self.state.units
    }

    /// Everybody, leavers included, in the order in which they joined.
    pub fn people(&self) -> &[Person] {
        &self.state.people
    }

    /// Every profession that a person may have.
    pub fn professions(&self) -> Vec<&str> {
        known_professions(&self.state).collect()
    }

    /// The profession of this name, as the list writes it.
    pub fn profession(&self, name: &str) -> Option<&str> {
        let name = name.trim().to_lowercase();
        known_professions(&self.state).find(|known| *known == name)
    }

    /// The unit of this name. Upper and lower case are the same; an open unit is preferred.
    pub fn unit(&self, name: &str) -> Option<&Unit> {
        let name = name.trim().to_lowercase();
        let mut named = self.state.units.iter().filter(|unit| unit.name.to_lowercase() == name);
        named.clone().find(|unit| unit.open).or_else(|| named.next())
    }

    /// The unit of a team.
    pub fn unit_of(&self, team: &TeamId) -> Option<&Unit> {
        self.state.units.iter().find(|unit| unit.team == *team)
    }

    /// The person with this employee number.
    ///
    /// # Errors
    /// [`OfficeError::UnknownPerson`].
    pub fn person(&self, number: &str) -> Result<&Person, OfficeError> {
        self.state.people.iter().find(|person| person.number == number.trim()).ok_or(OfficeError::UnknownPerson)
    }

    /// The person with this id.
    pub fn person_of(&self, id: &PersonId) -> Option<&Person> {
        self.state.people.iter().find(|person| person.person == *id)
    }

    /// Adds a unit.
    ///
    /// # Errors
    /// [`OfficeError`]: a text, the kind, or a name that another open unit has.
    pub fn add_unit(
        &mut self,
        name: &str,
        kind: &str,
        phone: Option<&str>,
        by: By<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), OfficeError> {
        let name = text(name)?;
        let kind =
            KINDS.into_iter().find(|known| *known == kind.trim().to_lowercase()).ok_or(OfficeError::UnknownKind)?;
        let phone = phone.map(text).transpose()?;
        if self.unit(&name).is_some_and(|unit| unit.open) {
            return Err(OfficeError::NameTwice);
        }
        let team = TeamId::new(bytes(rng));
        self.act(by, |office| {
            let kind = kind.to_owned();
            office.state.units.push(Unit { team, name, kind, phone, open: true, chartered: Vec::new() });
            office.note(by, Act::UnitAdded { team });
            Ok(())
        })
    }

    /// Gives a unit another name. It stays the same unit: notes and charters name its id.
    ///
    /// # Errors
    /// [`OfficeError`]: no such unit, closed, a text, or a name that another open unit has.
    pub fn rename_unit(&mut self, old: &str, new: &str, by: By<'_>) -> Result<(), OfficeError> {
        let name = text(new)?;
        let unit = self.unit(old).ok_or(OfficeError::UnknownUnit)?;
        let team = unit.team;
        if !unit.open {
            return Err(OfficeError::UnitClosed);
        }
        if self.unit(&name).is_some_and(|other| other.open && other.team != team) {
            return Err(OfficeError::NameTwice);
        }
        self.act(by, |office| {
            let unit = office.state.units.iter_mut().find(|unit| unit.team == team && unit.name != name);
            if let Some(unit) = unit {
                unit.name = name;
                office.note(by, Act::UnitRenamed { team });
            }
            Ok(())
        })
    }

    /// Closes a unit in which nobody works any more.
    ///
    /// # Errors
    /// [`OfficeError`]: no such unit, closed already, or people in it.
    pub fn close_unit(&mut self, name: &str, by: By<'_>) -> Result<(), OfficeError> {
        let unit = self.unit(name).ok_or(OfficeError::UnknownUnit)?;
        let team = unit.team;
        if !unit.open {
            return Err(OfficeError::UnitClosed);
        }
        if self.state.people.iter().any(|person| person.unit == team && person.standing != Standing::Left) {
            return Err(OfficeError::UnitHasPeople);
        }
        self.act(by, |office| {
            if let Some(unit) = office.state.units.iter_mut().find(|unit| unit.team == team) {
                unit.open = false;
            }
            office.note(by, Act::UnitClosed { team });
            Ok(())
        })
    }

    /// Adds a profession that people here may have.
    ///
    /// # Errors
    /// [`OfficeError::Text`] or [`OfficeError::ProfessionTwice`].
    pub fn add_profession(&mut self, name: &str, by: By<'_>) -> Result<(), OfficeError> {
        let name = text(name)?.to_lowercase();
        if self.profession(&name).is_some() {
            return Err(OfficeError::ProfessionTwice);
        }
        self.act(by, |office| {
            office.state.professions.push(name.clone());
            office.note(by, Act::ProfessionAdded { name });
            Ok(())
        })
    }

    /// Gives a person a role.
    ///
    /// # Errors
    /// [`OfficeError`]: nobody by that number, left, suspended, or has it already.
    pub fn grant(&mut self, number: &str, role: Role, by: By<'_>) -> Result<(), OfficeError> {
        let person = self.at_work(number)?;
        if person.roles.contains(&role) {
            return Err(OfficeError::HasRole);
        }
        let id = person.person;
        self.act(by, |office| {
            office.give(id, role, by);
            Ok(())
        })
    }

    /// Takes a role back.
    ///
    /// # Errors
    /// [`OfficeError`]: nobody by that number, has it not, or is the last manager.
    pub fn revoke_role(&mut self, number: &str, role: Role, by: By<'_>) -> Result<(), OfficeError> {
        let person = self.person(number)?;
        if !person.roles.contains(&role) {
            return Err(OfficeError::HasNotRole);
        }
        let id = person.person;
        self.act(by, |office| {
            let last = office.is_last_manager(&id) && role == Role::Manager;
            if last {
                return Err(OfficeError::LastManager);
            }
            if let Some(person) = office.person_mut(&id) {
                person.roles.retain(|held| *held != role);
            }
            office.note(by, Act::RoleRevoked { person: id, role });
            Ok(())
        })
    }

    /// A person who works here now.
    pub(super) fn at_work(&self, number: &str) -> Result<&Person, OfficeError> {
        let person = self.person(number)?;
        match person.standing {
            Standing::Active => Ok(person),
            Standing::Suspended => Err(OfficeError::IsSuspended),
            Standing::Left => Err(OfficeError::HasLeft),
        }
    }

    pub(super) fn person_mut(&mut self, id: &PersonId) -> Option<&mut Person> {
        self.state.people.iter_mut().find(|person| person.person == *id)
    }

    pub(super) fn give(&mut self, id: PersonId, role: Role, by: By<'_>) {
        let Some(person) = self.person_mut(&id) else { return };
        if !person.roles.contains(&role) {
            person.roles.push(role);
            person.roles.sort_unstable();
            self.note(by, Act::RoleGranted { person: id, role });
        }
    }

    /// True if nobody could run Tværs without this person.
    pub(super) fn is_last_manager(&self, id: &PersonId) -> bool {
        self.person_of(id).is_some_and(|person| person.serves_as(Role::Manager)) && managers(&self.state) == 1
    }
}
