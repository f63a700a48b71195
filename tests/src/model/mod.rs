//! A model of circles for a checker (stateright): it goes through everything that can happen, in every order, within bounds.
//!
//! Two circles, as protocol §3 has them. Bo's own circle is that of his devices: a telephone, a tablet, and a laptop that is
//! enrolled later. The case is of Anna, who manages it, of Bo, and for a while of Carl. Anna and Bo's telephone are honest. The
//! tablet and Carl may be dishonest from the beginning. A key is a token; who can open what follows from wraps and histories.
//!
//! **The relay** is one of three. The *lying* one withholds, reorders, replays, shows old heads and different histories: it
//! delivers any entry that was ever made to anybody, or never, and gives whoever is dishonest all it has. The *honest* one takes
//! one entry on each head, and may be slow. The *restored* one is honest, and loses its newest entry once.
//!
//! **What must hold**, always:
//! - *the put out open nothing*: who was taken out, is revoked, or never belonged cannot open what is sealed by a writer who
//!   knows it, with whatever help (attacks 23, 24);
//! - *who owes a key seals nothing*: when something is sealed, exactly those who are to read it have the key, as the writer knows;
//! - *the put out sign nothing*: once a log says that somebody is out of its circle, no entry of theirs follows in it, and no
//!   chunk of theirs counts beyond the cut (attacks 21, 23);
//! - *nobody is let in or thrown out* but by whom the protocol names: a relay adds nobody, and repeats no addition (attacks 15, 22);
//! - *nothing acknowledged is lost*: with an honest relay, whoever stays and whoever comes later can open everything that was
//!   acknowledged, once everybody has met and what is owed is paid;
//! - *what the relay took is taken*: with an honest relay nobody refuses for good an entry that it has acknowledged.
//!
//! And it must be possible that *a case is written in after a removal*, and *after a loss*, and that *a later device reads the
//! past*: a protocol that does nothing would hold the rest.
//!
//! **Left out**: teams, whose circles follow the rules of Bo's; rights with an end; merging two heads; wraps that do not open and
//! histories that are false, which only somebody with the key can make and nobody else can see; whoever was never honest and
//! never put out, who may tell anybody anything. At most one dishonest entry, and as many of all as [`Model::entries`] says.
//!
//! [`Check`] lists what can be taken out. A test takes out each, and the checker must find what goes wrong.

mod circle;
mod moves;
mod rules;
mod state;
mod verdict;

pub use circle::{Circle, Entry, Set, Who};
pub use moves::{Action, Trick};
pub use rules::View;
pub use state::{Note, State};

use stateright::{Model as Checked, Property};

/// How the relay behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relay {
    /// As it likes.
    Lying,
    /// As it should, if slowly.
    Honest,
    /// As it should, but its newest entry is lost once, as when yesterday's backup is put back.
    Restored,
}

/// A check of the protocol that can be left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Check {
    /// An entry is made on the head.
    Head,
    /// Its signer is a member with the right to do this.
    Signer,
    /// A device that was cut off here signs nothing more.
    CutOff,
    /// A device is added to the circle of the person that it is certified for.
    Certificate,
    /// A device is taken out of its person's circle by the authority's word.
    AuthoritysWord,
    /// What a removed writer wrote counts up to the cut.
    Cuts,
    /// A removal owes a key.
    RemovalOwes,
    /// A device that is out owes a key to whatever it could open.
    OutOwes,
    /// A device that is out, of which the log has not said so, owes a key.
    SaidHereOwes,
    /// A member is reached under the key in force of its own circle only.
    KeyInForceBelow,
    /// Who was wrapped for below a member owes a key by leaving that member's circle.
    LeftBelowOwes,
    /// Whoever drew a key has it, and owes one by being put out.
    DrawerOwes,
    /// A key that does not reach everybody is not sealed under.
    EverybodyReached,
    /// A new key opens the one before.
    History,
    /// The relay takes one entry on each head.
    CompareAndAppend,
}

/// What is checked.
#[derive(Clone, Debug)]
pub struct Model {
    /// The relay.
    pub relay: Relay,
    /// The check that is left out.
    pub without: Option<Check>,
    /// Entries made after the founding ones.
    pub entries: usize,
    /// The device of Bo's that the authority may put out.
    pub lost: Who,
    /// Whoever is out must open nothing, also if the writer has never seen them in Bo's circle.
    pub unseen_too: bool,
}

impl Model {
    /// A protocol with all its checks.
    pub fn new(relay: Relay, entries: usize) -> Self {
        Self { relay, without: None, entries, lost: Who::Tablet, unseen_too: false }
    }

    fn checks(&self, check: Check) -> bool {
        self.without != Some(check)
    }
}

impl Checked for Model {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::founded()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        state.actions(self, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        state.after(self, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut all = vec![
            Property::always("the put out open nothing", |model, state: &State| state.put_out_open_nothing(model)),
            Property::always("who owes a key seals nothing", |_, state: &State| {
                state.note.is_none_or(|note| note.was_whole)
            }),
            Property::always("the put out sign nothing", |model, state: &State| state.put_out_sign_nothing(model)),
            Property::always("nobody is let in or thrown out", |_, state: &State| state.nobody_let_in_or_thrown_out()),
            Property::sometimes("a case is written in after a removal", |_, state: &State| {
                state.written_after_removal()
            }),
            Property::sometimes("a case is written in after a loss", |_, state: &State| state.written_after_loss()),
        ];
        if self.relay != Relay::Lying {
            all.extend([
                Property::always("nothing acknowledged is lost", |model, state: &State| state.nothing_lost(model)),
                Property::sometimes("a later device reads the past", |model, state: &State| {
                    state.later_device_reads(model)
                }),
            ]);
        }
        if self.relay == Relay::Honest {
            all.push(Property::always("what the relay took is taken", |model, state: &State| {
                state.taken_by_all(model)
            }));
        }
        all
    }
}
