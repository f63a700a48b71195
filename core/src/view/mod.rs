//! Views: what screens draw. Plain records, computed from the store; no state and no rule is left to a screen.

mod access;
mod complete;
mod continued;
mod covers;
mod delivery;
mod erasures;
mod members;
mod out;
mod restored;
mod rows;
mod shared;
mod standing;

pub use access::{AccessFilter, AccessRow, LoggingDevice, SILENT};
pub use complete::{Doubt, Doubted};
pub use continued::{Continued, Earlier, cited};
pub use covers::Cover;
pub use delivery::{Delivery, FORGOTTEN, Reader};
pub use erasures::{ErasedRecord, Erasing, ErasingState, ErasingWhat, Followed};
pub use members::CaseMember;
pub use out::{OutDevices, WhyOut};
pub use restored::Restored;
pub use rows::{ChildRow, RecordView, Row, SetAside};
pub use shared::Shared;
pub use standing::{Standing, Unsent};
