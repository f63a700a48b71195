//! Invites: what the office has given out, which devices have come with it, and what they are answered.

use minicbor::{Decode, Encode};
use tvaers_wire::bytes::Bytes;
use tvaers_wire::codec::Canonical;
use tvaers_wire::hash::Label;
use tvaers_wire::ids::{DeviceId, PersonId};
use tvaers_wire::limits;
use tvaers_wire::mailbox::{MailboxAct, MailboxId, MailboxOrder, SignedOrder};
use tvaers_wire::statement::DeviceKeys;

use super::{Act, By, Office, OfficeError};
use crate::directory::Invite;
use crate::keys::WrapError;
use crate::rng::CryptoRng;

/// An invite that no device has been answered on yet.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Invited {
    /// The invite; the office's file keeps it, since it opens the letter.
    #[n(0)]
    pub invite: Invite,
    /// Whom it is for.
    #[n(1)]
    pub person: PersonId,
    /// The device that was certified with it; its answer is still to be left.
    #[n(2)]
    pub device: Option<DeviceId>,
}

impl Office {
    /// Invites that are open, the oldest first.
    pub fn invites(&self) -> &[Invited] {
        &self.state.invites
    }

    /// Invites one device of a person, until then (Unix milliseconds). Invites whose time is over are forgotten.
    ///
    /// # Errors
    /// [`OfficeError`]: nobody by that number, not at work here, a relay's address that is none, a time that is over or too far off.
    pub fn invite(
        &mut self,
        number: &str,
        relay: &str,
        until: i64,
        by: By<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Invite, OfficeError> {
        let person = self.at_work(number)?.person;
        let left = u64::try_from(until.saturating_sub(by.now) / 1000).unwrap_or_default();
        // A minute less than the relay allows, whose clock may be behind.
        if left == 0 || left > limits::MAILBOX_LIFE.as_secs() - 60 {
            return Err(OfficeError::InviteTime);
        }
        crate::net::Relay::new(relay).map_err(|_| OfficeError::RelayAddress)?;
        let expires = u64::try_from(until / 1000).unwrap_or_default();
        let invite = Invite::draw(&self.in_force(), relay, expires, rng).map_err(|_| OfficeError::RelayAddress)?;
        self.act(by, |office| {
            office.state.invites.retain(|invited| !invited.invite.is_over(by.now));
            office.state.invites.push(Invited { invite: invite.clone(), person, device: None });
            office.note(by, Act::Invited { person });
            Ok(())
        })?;
        Ok(invite)
    }

    /// The order to the relay, signed.
    pub fn mailbox_order(&self, mailbox: MailboxId, act: MailboxAct) -> SignedOrder {
        let municipality = self.state.municipality;
        let body = MailboxOrder { version: limits::VERSION, municipality, mailbox, act }.to_bytes();
        let signature = self.key.sign(Label::MAILBOX, &body);
        SignedOrder { body: Bytes(body), signature }
    }

    /// Certifies the device that came with an invite. The same device again changes nothing.
    ///
    /// # Errors
    /// [`OfficeError`]: the invite is not open or its time is over, another device was first, the person is not at work here, or what
    /// [`Office::certify`] refuses.
    pub fn take_in(&mut self, mailbox: &MailboxId, keys: &DeviceKeys, by: By<'_>) -> Result<DeviceId, OfficeError> {
        let invited = self.invited(mailbox)?;
        let (person, first) = (invited.person, invited.device);
        if invited.invite.is_over(by.now) {
            return Err(OfficeError::InviteOver);
        }
        if first.is_some_and(|first| first != keys.device()) {
            return Err(OfficeError::InviteUsed);
        }
        let number = self.person_of(&person).ok_or(OfficeError::UnknownPerson)?.number.clone();
        let device = self.certify(&number, keys, by)?;
        for invited in self.state.invites.iter_mut().filter(|invited| invited.invite.mailbox() == *mailbox) {
            invited.device = Some(device);
        }
        Ok(device)
    }

    /// The answer for the device that was taken in.
    ///
    /// # Errors
    /// [`OfficeError::UnknownDevice`] if that is another one.
    pub fn answer(
        &self,
        mailbox: &MailboxId,
        keys: &DeviceKeys,
        rng: &mut dyn CryptoRng,
    ) -> Result<MailboxAct, OfficeError> {
        let invited = self.invited(mailbox)?;
        if invited.device != Some(keys.device()) {
            return Err(OfficeError::UnknownDevice);
        }
        let mut enrolment = self.enrolment(&keys.device())?;
        // The device goes on with the relay that it was invited at.
        enrolment.relay.clone_from(&invited.invite.relay);
        let sealed = invited.invite.seal_answer(&enrolment, keys, rng);
        let letter = sealed.map_err(|_: WrapError| OfficeError::Key(crate::keys::KeyError::Malformed))?;
        Ok(MailboxAct::Answer { letter: Bytes(letter) })
    }

    /// The answer lies in the mailbox: the office forgets the invite, and with it the secret.
    pub fn answered(&mut self, mailbox: &MailboxId) {
        self.state.invites.retain(|invited| invited.invite.mailbox() != *mailbox);
    }

    /// Ends an invite that no device shall use any more.
    ///
    /// # Errors
    /// [`OfficeError::NoInvite`].
    pub fn end_invite(&mut self, mailbox: &MailboxId, by: By<'_>) -> Result<(), OfficeError> {
        let person = self.invited(mailbox)?.person;
        self.act(by, |office| {
            office.answered(mailbox);
            office.note(by, Act::InviteEnded { person });
            Ok(())
        })
    }

    /// Ends every invite that is open: where each was to be used, and the order that closes its mailbox there.
    pub(super) fn withdraw_invites(&mut self, by: By<'_>) -> Vec<(String, SignedOrder)> {
        let invites = std::mem::take(&mut self.state.invites);
        let open = invites.into_iter().filter(|invited| !invited.invite.is_over(by.now));
        open.map(|Invited { invite, person, .. }| {
            self.note(by, Act::InviteEnded { person });
            (invite.relay.clone(), self.mailbox_order(invite.mailbox(), MailboxAct::Close {}))
        })
        .collect()
    }

    fn invited(&self, mailbox: &MailboxId) -> Result<&Invited, OfficeError> {
        let mut all = self.state.invites.iter();
        all.find(|invited| invited.invite.mailbox() == *mailbox).ok_or(OfficeError::NoInvite)
    }
}
