//! How a device becomes a person's: the first one by an invite from the office, the others with the word of one that the person
//! has already.

use rusqlite::Transaction;
use tvaers_wire::entry::{Change, Member, ParsedEntry, Rights, Subject};
use tvaers_wire::ids::DeviceId;
use tvaers_wire::message::CircleFrontier;

use super::heal::heal_next;
use super::{ClientError, Device, Known, NewDevice, NotEnrolled};
use crate::directory::{Invite, InviteError, device_code};
use crate::store::intents::{self, Wanted};
use crate::store::{StoreError, entries, meta};

/// 1 while the relay, which was put back, does not know that this device was let in.
const FORGOTTEN: &str = "let-in-forgotten";

impl NewDevice {
    /// The code that the office shows for this device, too, and that is to be compared.
    pub fn code(&self) -> String {
        device_code(&self.keys().device())
    }

    /// The letter that asks the office to take this device in, sealed with the invite. The same again is the same letter.
    ///
    /// # Errors
    /// [`InviteError::Expired`] by this device's clock.
    pub fn ask(&self, invite: &Invite, name: &str, now: i64) -> Result<Vec<u8>, ClientError> {
        if invite.is_over(now) {
            return Err(InviteError::Expired.into());
        }
        Ok(invite.seal_letter(self.keys(), name)?)
    }

    /// Takes the office's answer: sealed with the invite for this device, from the authority that the invite names, and right in
    /// every part.
    ///
    /// # Errors
    /// [`ClientError::Invite`] or [`ClientError::Enrolment`]; the device is as it was.
    pub fn enrol_by(self, invite: &Invite, answer: &[u8]) -> Result<Device, Box<NotEnrolled>> {
        match invite.open_answer(answer, &self.secret) {
            Ok(enrolment) => self.enrol(enrolment),
            Err(error) => Err(Box::new(NotEnrolled { device: self, error: error.into() })),
        }
    }
}

impl Device {
    /// Another device of this person has let this one in. The feed that it has read so far was that of a stranger, without what is
    /// for the person: it is read from its beginning again, as after a restore. Written down, so that a crash loses nothing.
    pub(super) fn was_let_in(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        entry: &ParsedEntry,
    ) -> Result<(), StoreError> {
        if self.is_let_in_by(entry) { self.read_again(tx, known) } else { Ok(()) }
    }

    fn is_let_in_by(&self, entry: &ParsedEntry) -> bool {
        let this = Member::Device(self.secret.id());
        let adds = |change: &Change| matches!(change, Change::Add { member, .. } if *member == this);
        let later = entry.public.circle.is_some() && entry.public.subject == Subject::Person(self.person);
        later && entry.public.changes.iter().any(adds)
    }

    /// The relay has said what it has of a circle. If it has nothing of what let this device in, it shows it a stranger's feed until
    /// somebody has brought that back.
    pub(super) fn notice_forgotten(
        &self,
        tx: &Transaction<'_>,
        known: &Known,
        frontier: &CircleFrontier,
    ) -> Result<(), StoreError> {
        if self.own_circle(known).is_none_or(|own| own.log.id != frontier.circle) {
            return Ok(());
        }
        let mut let_in_by = entries::all_of(tx, &frontier.circle)?;
        let_in_by.retain(|(_, bytes)| ParsedEntry::from_bytes(bytes).is_ok_and(|entry| self.is_let_in_by(&entry)));
        let has_one = let_in_by.iter().any(|(entry, _)| frontier.entries.contains(entry));
        meta::set(tx, FORGOTTEN, &[u8::from(!let_in_by.is_empty() && !has_one)])
    }

    /// The relay shows an entry. If it is one that it had forgotten, what was read meanwhile is read again.
    pub(super) fn is_known_again(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        entry: &[u8],
    ) -> Result<(), StoreError> {
        if meta::get(tx, FORGOTTEN)?.is_none_or(|value| value != [1]) {
            return Ok(());
        }
        if ParsedEntry::from_bytes(entry).is_ok_and(|entry| self.is_let_in_by(&entry)) {
            meta::set(tx, FORGOTTEN, &[0])?;
            self.read_again(tx, known)?;
        }
        Ok(())
    }

    /// The feed is to be read from its beginning.
    pub(super) fn read_again(&self, tx: &Transaction<'_>, known: &mut Known) -> Result<(), StoreError> {
        known.let_in = true;
        heal_next(tx, known)
    }

    /// The code of this device, to be compared with what another one shows.
    pub fn code(&self) -> String {
        device_code(&self.installation().device)
    }

    /// Devices that the authority has certified for this person and that are not in the person's circle: they read nothing until
    /// the person lets them in. Shown with their codes. One that nobody of the house has is a reason to call IT (attack 22).
    ///
    /// # Errors
    /// A store error.
    pub fn knocking(&self) -> Result<Vec<DeviceId>, ClientError> {
        // Most of the time nobody does, and the certificates of a whole town are not looked through for that.
        let somebody_waits = {
            let known = self.known();
            let circle = self.own_circle(&known);
            let is_new = |device: &DeviceId| {
                circle.is_some_and(|circle| !circle.log.members.contains_key(&Member::Device(*device)))
            };
            known.vouched.devices_of(&self.person).any(is_new)
        };
        if !somebody_waits {
            return Ok(Vec::new());
        }
        self.change(|tx, known| {
            let Some(circle) = self.own_circle(known) else { return Ok(Vec::new()) };
            let theirs = self.own_certified(tx, known)?.into_iter().map(|(device, ..)| device);
            Ok(theirs.filter(|device| !circle.log.members.contains_key(&Member::Device(*device))).collect())
        })
    }

    /// Lets another device of this person in, whose code the person has compared on both screens. It reads what this one reads, from
    /// the next contact on.
    ///
    /// # Errors
    /// [`ClientError::NotAllowed`] if it does not knock, or its code is not this one; a store error.
    pub fn admit(&self, device: &DeviceId, code: &str) -> Result<(), ClientError> {
        let plain = |code: &str| code.chars().filter(char::is_ascii_digit).collect::<String>();
        if plain(code) != plain(&device_code(device)) || !self.knocking()?.contains(device) {
            return Err(ClientError::NotAllowed);
        }
        self.change(|tx, known| {
            let circle = self.own_circle(known).ok_or(ClientError::NotAllowed)?;
            Ok(intents::put(tx, circle.row, &Member::Device(*device), &Wanted::Rights(Rights::Manage))?)
        })
    }
}
