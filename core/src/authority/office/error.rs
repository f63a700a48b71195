//! Why an act was refused.

use super::retention::LONGEST_RETENTION;
use crate::authority::facts::TEXT;
use crate::authority::recovery::SheetError;
use crate::keys::KeyError;

/// Why an act was refused. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfficeError {
    /// A name or number is empty, too long, or has characters that are not shown.
    #[error("a text is empty, longer than {TEXT} bytes, or has characters that are not shown")]
    Text,
    /// Two holders, or two units, have one name.
    #[error("the name is there twice")]
    NameTwice,
    /// Nobody by that number or id.
    #[error("nobody has that number")]
    UnknownPerson,
    /// The person has left.
    #[error("that person has left")]
    HasLeft,
    /// The person is suspended.
    #[error("that person is suspended")]
    IsSuspended,
    /// The person is not suspended.
    #[error("that person is not suspended")]
    NotSuspended,
    /// No unit by that name.
    #[error("there is no such unit")]
    UnknownUnit,
    /// The unit is closed.
    #[error("that unit is closed")]
    UnitClosed,
    /// People work in it.
    #[error("people still work in that unit")]
    UnitHasPeople,
    /// Not one of the kinds.
    #[error("there is no such kind of unit")]
    UnknownKind,
    /// Not on the list.
    #[error("the profession is not on the list")]
    UnknownProfession,
    /// On the list already.
    #[error("the profession is on the list already")]
    ProfessionTwice,
    /// One employee number twice in a list of people.
    #[error("an employee number is there twice")]
    NumberTwice,
    /// The person has the role already.
    #[error("that person has the role already")]
    HasRole,
    /// The person has not that role.
    #[error("that person has not the role")]
    HasNotRole,
    /// Nobody would be left to run Tværs.
    #[error("that is the last manager; name another one first")]
    LastManager,
    /// More people would leave than was said.
    #[error("{count} people would leave")]
    ManyLeave {
        /// How many.
        count: usize,
    },
    /// A key that is not certified.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The device is somebody else's.
    #[error("that device is certified for somebody else")]
    OtherOwner,
    /// The device was revoked, for good.
    #[error("that device is revoked; it cannot come back")]
    Revoked,
    /// The device is not revoked: only what does not come back is erased.
    #[error("that device is not revoked")]
    NotRevoked,
    /// It was asked to erase itself already.
    #[error("that device was asked to erase itself already")]
    WipeAsked,
    /// It was not asked to erase itself, or not any more.
    #[error("that device is not asked to erase itself")]
    NoWipe,
    /// It has erased itself.
    #[error("that device has erased itself")]
    IsErased,
    /// No device by that number or id.
    #[error("there is no such device")]
    UnknownDevice,
    /// The relay's address is not one.
    #[error("the relay's address must begin with https:// (http:// is accepted for 127.0.0.1 and localhost only)")]
    RelayAddress,
    /// More people in one unit than a charter names.
    #[error("a unit has more people than one charter holds; divide it")]
    UnitFull,
    /// Nobody has such an invite, or it has been answered.
    #[error("there is no such invite")]
    NoInvite,
    /// It has expired.
    #[error("the invite has expired")]
    InviteOver,
    /// Another device came with it first.
    #[error("the invite has been used by another device")]
    InviteUsed,
    /// Over already, or longer than the relay keeps a mailbox.
    #[error("an invite lasts from one minute to thirty days")]
    InviteTime,
    /// Somebody whose circles were to be restored for another works here, with a device.
    #[error("that person works here and has a device that is not revoked")]
    StillHere,
    /// Nobody has certified a device for the person who is to be let in.
    #[error("that person has no device that is not revoked")]
    NoDevice,
    /// Not made with this municipality's sheets.
    #[error("these entries were not made with this municipality's sheets")]
    NotRestoring,
    /// A new key that would not be believed by others.
    #[error("the new key does not follow from the one before")]
    Step,
    /// Not even a month, or longer than anybody can mean; or the access log.
    #[error("records are kept for 1 to {LONGEST_RETENTION} months, and the access log not by this rule")]
    Retention,
    /// A rule that names what there is not, or says no basis.
    #[error("a rule names known kinds of units and records, and a lawful basis of one line")]
    Sharing,
    /// A limit of the protocol.
    #[error("there are more units, people or devices than the protocol allows")]
    TooMany,
    /// A sheet.
    #[error(transparent)]
    Sheet(#[from] SheetError),
}
