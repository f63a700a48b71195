//! Who waits for something new: live streams and long polls, woken by the commit that brings it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tvaers_wire::entry::{Member, Subject};
use tvaers_wire::ids::PersonId;

use crate::world::{FeedKey, View, World};

/// Devices wait by their person, so that a change of teams needs no new registration.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    persons: Mutex<HashMap<PersonId, Arc<Notify>>>,
}

impl Waiters {
    /// What the devices of this person wait on.
    pub(crate) fn of(&self, person: PersonId) -> Arc<Notify> {
        let mut persons = self.persons.lock().unwrap_or_else(PoisonError::into_inner);
        if persons.len() >= 1024 && persons.len() == persons.capacity() {
            persons.retain(|_, notify| Arc::strong_count(notify) > 1);
        }
        Arc::clone(persons.entry(person).or_default())
    }

    /// Wakes whoever reads one of these indexes.
    pub(crate) fn wake(&self, touched: &HashSet<FeedKey>, world: &World) {
        let persons = self.persons.lock().unwrap_or_else(PoisonError::into_inner);
        for key in touched {
            match key {
                FeedKey::Everyone | FeedKey::Municipality => {
                    persons.values().for_each(|notify| notify.notify_waiters())
                }
                FeedKey::Person(person) => {
                    if let Some(notify) = persons.get(person) {
                        notify.notify_waiters();
                    }
                }
                FeedKey::Team(team) => {
                    let circle = world.in_force(&Subject::Team(*team)).and_then(|circle| world.circle(&circle));
                    let members = circle.into_iter().flat_map(|circle| circle.log.members.keys());
                    let waiting = members.filter_map(|member| match member {
                        Member::Person(person) => persons.get(person),
                        _ => None,
                    });
                    waiting.for_each(|notify| notify.notify_waiters());
                }
            }
        }
    }
}
