//! Who is behind the members of circles, and who can receive something.

use std::collections::BTreeSet;

use tvaers_wire::entry::{Member, Rights, Subject};
use tvaers_wire::ids::{ChildId, DeviceId, PersonId, TeamId};
use tvaers_wire::log::{CircleLog, InForce};
use tvaers_wire::statement::Standing;

use super::{Circle, Known};
use crate::circle::Purpose;

impl Known {
    /// The teams that a person is in.
    pub(crate) fn teams_of(&self, person: &PersonId) -> Vec<TeamId> {
        let mut teams: Vec<_> = self
            .force
            .keys()
            .filter_map(|subject| match subject {
                Subject::Team(team) if self.in_team(person, team) => Some(*team),
                _ => None,
            })
            .collect();
        teams.sort_unstable();
        teams
    }

    /// The persons behind a circle's members, teams taken apart.
    pub(crate) fn persons_in(&self, log: &CircleLog) -> Vec<PersonId> {
        self.persons_behind(log.members.keys())
    }

    /// The persons behind these members.
    pub(crate) fn persons_behind<'a>(&self, members: impl Iterator<Item = &'a Member>) -> Vec<PersonId> {
        let mut persons: Vec<PersonId> = members
            .flat_map(|member| match member {
                Member::Person(person) => vec![*person],
                Member::Team(team) => {
                    self.of(Subject::Team(*team)).map_or(Vec::new(), |team| self.persons_in(&team.log))
                }
                Member::Device(device) => self.vouched.person(device).into_iter().collect(),
            })
            .collect();
        persons.sort_unstable();
        persons.dedup();
        persons
    }

    /// True if each of these is in the circle, by name or as one of a team.
    pub(crate) fn all_in(&self, circle: &Circle, members: &[Member]) -> bool {
        circle.has_all(members) || {
            let persons = self.persons_in(&circle.log);
            let inside = |member: &Member| match member {
                Member::Person(person) => persons.contains(person),
                _ => false,
            };
            members.iter().all(|member| circle.log.members.contains_key(member) || inside(member))
        }
    }

    /// Who was taken out of a case of this child and has not been added again, there or where it goes on.
    pub(crate) fn taken_out(&self, child: ChildId) -> BTreeSet<Member> {
        let cases = self.circles.values().filter(|circle| circle.purpose == Some(Purpose::Case(child)));
        let removed = |circle: &Circle| {
            let members = circle.log.past.iter().filter(|(.., membership)| membership.is_none());
            let later = self.after(circle);
            let is_in = |member: &Member| {
                let mut places = later.iter().copied().chain([circle]);
                places.any(|circle| circle.log.members.contains_key(member))
            };
            members.map(|(_, member, _)| *member).filter(|member| !is_in(member)).collect::<Vec<_>>()
        };
        cases.flat_map(removed).collect()
    }

    /// True if this device may write in the circle and holds its key.
    pub(crate) fn can_write(&self, circle: &Circle, device: &DeviceId, person: &PersonId) -> bool {
        circle.root().is_some()
            && circle.log.rights_of(device, person, Some(self.time.now()), self) >= Some(Rights::Write)
    }

    /// True if somebody works here and has a device that can receive something.
    pub(crate) fn receives(&self, person: &PersonId) -> bool {
        let theirs = self.log_of(&Member::Person(*person));
        theirs.is_some_and(|circle| !circle.is_dead(self)) && self.vouched.standing(person) == Standing::Active
    }
}
