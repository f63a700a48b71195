//! Which logs an order to restore access is answered with. No storage in here.

use std::collections::BTreeSet;

use tvaers_wire::entry::{Member, Subject};
use tvaers_wire::ids::PersonId;
use tvaers_wire::log::CircleLog;
use tvaers_wire::recovery::RecoveryAct;

use crate::world::{Circle, World};

/// A log to be served.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Wanted {
    /// Rows of its entries.
    pub(crate) rows: Vec<u64>,
    /// True if the circle is to be restored, and not only needed to judge another.
    pub(crate) restored: bool,
}

/// The logs in the order in which they can be folded; `None` if the act fetches nothing.
pub(crate) fn wanted(world: &World, act: &RecoveryAct) -> Option<Vec<Wanted>> {
    match act {
        RecoveryAct::Own { person } => {
            let own = circle_of(world, &Member::Person(*person)).filter(|circle| is_forsaken(world, circle));
            Some(own.into_iter().map(|circle| served(circle, true)).collect())
        }
        RecoveryAct::Forsaken { left, to, .. } => Some(forsaken(world, left, to)),
        RecoveryAct::Push { .. } => None,
    }
}

fn forsaken(world: &World, left: &PersonId, to: &PersonId) -> Vec<Wanted> {
    let shared = |circle: &&Circle| matches!(circle.log.subject, Subject::Team(_) | Subject::Shared);
    let found = world.circles.values().filter(shared).filter(|circle| was_in(world, &circle.log, left));
    let mut found: Vec<&Circle> = found.filter(|circle| is_forsaken(world, circle)).collect();
    if found.is_empty() {
        return Vec::new();
    }
    // Teams before what they are members of.
    found.sort_unstable_by_key(|circle| (circle.log.subject == Subject::Shared, circle.row));
    let (mut persons, mut teams) = (BTreeSet::from([*to]), BTreeSet::new());
    for circle in &found {
        for (_, member, _) in &circle.log.past {
            if let Member::Team(team) = member {
                teams.insert(*team);
            }
        }
    }
    let logs = teams.iter().filter_map(|team| circle_of(world, &Member::Team(*team)));
    let logs: Vec<&Circle> = logs.filter(|log| !found.iter().any(|circle| circle.row == log.row)).collect();
    for circle in found.iter().chain(&logs) {
        persons.extend(circle.log.past.iter().filter_map(|(_, member, _)| match member {
            Member::Person(person) => Some(*person),
            Member::Device(_) | Member::Team(_) => None,
        }));
    }
    let persons = persons.iter().filter_map(|person| circle_of(world, &Member::Person(*person)));
    let judged_by = persons.chain(logs).map(|circle| served(circle, false));
    judged_by.chain(found.iter().map(|circle| served(circle, true))).collect()
}

fn was_in(world: &World, log: &CircleLog, person: &PersonId) -> bool {
    log.past.iter().any(|(_, member, _)| match member {
        Member::Person(member) => member == person,
        Member::Team(_) => circle_of(world, member).is_some_and(|team| was_in(world, &team.log, person)),
        Member::Device(_) => false,
    })
}

fn is_forsaken(world: &World, circle: &Circle) -> bool {
    world.vouched.as_ref().is_some_and(|vouched| circle.log.is_forsaken(vouched, world))
}

fn circle_of<'w>(world: &'w World, member: &Member) -> Option<&'w Circle> {
    world.circles.get(world.founded.get(&member.subject()?)?)
}

fn served(circle: &Circle, restored: bool) -> Wanted {
    Wanted { rows: circle.rows.clone(), restored }
}
