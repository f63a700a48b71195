//! A scenario: one municipality's months, as data. What people did on their devices, in the order of true time.
//!
//! Only the file and what follows from it alone: no store, network or key. [`load`] parses, [`people`] says who is to
//! read what, [`envelope`] makes a record's content of an event, [`export`] turns it back into the scenario's fields.
//!
//! How the format is read where its description leaves a choice:
//! - A field without a question mark must be there and not be null; inside an action point and `parent_contacted`,
//!   `owner`, `due` and `reason` may be null or absent as well.
//! - `child` may be null in a meeting, in an amendment or reply (they may answer such a meeting), and where no child is
//!   meant (`device_lost`, `leaves`). Every other kind is about a child.
//! - In `responsible`, `owner`, `attendees`, `by_whom` and `giver`, a text that is a person's id means that person; any
//!   other text is a name.
//! - Of two events with one id the first has it, even if that one is refused for another reason.
//! - An event may cite a later one (it is applied as soon as the device holds it). It is refused if what it cites is
//!   refused or no record, and if citations go round in a circle: neither can ever be applied.
//! - A measure's `intervention` must be one; every other citation may be of any kind of record, about any child.
//! - After a valid `leaves` or `device_lost`, an event by that person or device is refused.
//! - A hand-over is refused if `from` does not coordinate the child by what came before it, or if `to` is the same person, has
//!   left, or has lost every device.
//! - `device_clock` without an offset is read at the offset of `at`.

mod act;
mod clock;
mod envelope;
mod event;
mod export;
mod field;
mod load;
mod model;
pub mod people;
mod refusal;
mod settle;

pub use act::{Addressee, Body, Event, Point, Somebody};
pub use envelope::{Ids, NotReady, envelope};
pub use export::{Names, export};
pub use load::{LoadError, load};
pub use model::{Child, ChildIx, EventIx, Guardian, Loaded, Municipality, Person, PersonIx, Scenario, Unit, UnitIx};
pub use refusal::{Reason, Refused};

/// The scenario that ships with the project.
pub const NORDBY: &[u8] = include_bytes!("../../scenarios/nordby.json");
