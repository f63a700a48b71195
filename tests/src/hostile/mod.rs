//! Attackers: a relay that does what the test says, and a member whose keys are in the wrong hands. Both are made from what the
//! product publishes and from what travels, so whatever they can do here, somebody can do.

mod change;
mod circle;
mod draft;
mod insider;
mod relay;
mod scene;

pub use change::Change;
pub use circle::{Circle, Entries};
pub use draft::append;
pub use insider::{Forged, Insider};
pub use relay::{Answer, HostileRelay, shown};
pub use scene::Scene;
