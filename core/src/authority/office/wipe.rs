//! Erasing devices from afar: asked for, withdrawn, confirmed. What is known is told as it is known: a receipt is what the device's own
//! key has signed, and nothing is taken for done without one.

use tvaers_wire::codec::Canonical;
use tvaers_wire::ids::{DeviceId, PersonId};
use tvaers_wire::limits;
use tvaers_wire::statement::{Claim, DeviceKeys, Statement, Wish};
use tvaers_wire::wipe::{ReceivedReceipt, SignedWipeOrder, WipeReceipt};

use super::{About, Act, By, Office, OfficeError};
use crate::authority::facts::{CertifiedDevice, Erased, Wipe};

/// What came of receipts that the relay had.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TakenReceipts {
    /// Devices that have erased themselves, newly heard.
    pub confirmed: usize,
    /// Receipts that the devices have not signed, or that answer no word of this office: the relay cannot be believed in this.
    pub false_ones: usize,
}

impl Office {
    /// Asks a revoked device to erase itself. It hears of it when it next reaches the relay, and not before.
    ///
    /// # Errors
    /// [`OfficeError`]: no such device, not revoked (who is suspended may come back), asked already, or erased.
    pub fn ask_wipe(&mut self, name: &str, by: By<'_>) -> Result<(), OfficeError> {
        let known = self.device(name)?;
        let (device, person) = (known.device, known.person);
        match &known.wipe {
            _ if known.revoked.is_none() => return Err(OfficeError::NotRevoked),
            Some(wipe) if wipe.erased.is_some() => return Err(OfficeError::IsErased),
            Some(wipe) if wipe.withdrawn.is_none() => return Err(OfficeError::WipeAsked),
            _ => {}
        }
        self.act(by, |office| {
            office.want_erased(device, person, by);
            Ok(())
        })
    }

    /// Asks every revoked device of a person that was never asked to erase itself: each by its own word, as [`Office::ask_wipe`] does. One
    /// for which that was withdrawn stays as it is. Returns how many.
    ///
    /// # Errors
    /// [`OfficeError`]: nobody by that number, or no room; then none is asked.
    pub fn ask_wipe_of_all(&mut self, number: &str, by: By<'_>) -> Result<usize, OfficeError> {
        let person = self.person(number)?.person;
        let asked = |known: &&CertifiedDevice| known.revoked.is_some() && known.wipe.is_none();
        let devices: Vec<DeviceId> = self.devices_of(&person).filter(asked).map(|known| known.device).collect();
        self.act(by, |office| {
            devices.iter().for_each(|device| office.want_erased(*device, person, by));
            Ok(())
        })?;
        Ok(devices.len())
    }

    fn want_erased(&mut self, device: DeviceId, person: PersonId, by: By<'_>) {
        let serial = self.wish(device, Wish::Erase);
        if let Some(known) = self.device_mut(&device) {
            let mut serials = known.wipe.take().map(|before| before.serials).unwrap_or_default();
            serials.push(serial);
            known.wipe = Some(Wipe { asked: by.now, serials, withdrawn: None, erased: None });
        }
        self.note(by, Act::WipeAsked { person, device });
    }

    /// Withdraws what was asked for by mistake. A device that has not heard of it, and hears of this first, keeps what it holds; it
    /// stays revoked.
    ///
    /// # Errors
    /// [`OfficeError`]: no such device, never asked, or erased.
    pub fn withdraw_wipe(&mut self, name: &str, by: By<'_>) -> Result<(), OfficeError> {
        let known = self.device(name)?;
        let (device, person) = (known.device, known.person);
        match &known.wipe {
            Some(wipe) if wipe.erased.is_some() => return Err(OfficeError::IsErased),
            Some(wipe) if wipe.withdrawn.is_none() => {}
            _ => return Err(OfficeError::NoWipe),
        }
        self.act(by, |office| {
            office.wish(device, Wish::Keep);
            if let Some(wipe) = office.device_mut(&device).and_then(|known| known.wipe.as_mut()) {
                wipe.withdrawn = Some(by.now);
            }
            office.note(by, Act::WipeWithdrawn { person, device });
            Ok(())
        })
    }

    /// Devices of which a receipt may come: also those where it was withdrawn, which may have been erased before they heard of it.
    pub fn awaiting_receipts(&self) -> Vec<DeviceId> {
        let waits = |known: &&CertifiedDevice| known.wipe.as_ref().is_some_and(|wipe| wipe.erased.is_none());
        self.state.devices.iter().filter(waits).map(|known| known.device).collect()
    }

    /// What the relay is asked with, a part of them at a time.
    pub fn wipe_orders(&self, now: i64) -> Vec<SignedWipeOrder> {
        // Less than the relay allows, whose clock may be behind.
        let expires = u64::try_from(now / 1000).unwrap_or_default() + limits::RECOVERY_LIFE.as_secs() / 2;
        let awaited = self.awaiting_receipts();
        awaited.chunks(limits::WIPE_RECEIPTS).map(|some| self.key.wipe_order(some.to_vec(), expires)).collect()
    }

    /// Takes receipts from the relay. Each counts only if the device has signed it, by the keys that this office has certified.
    ///
    /// # Errors
    /// [`OfficeError::TooMany`] if the journal is full.
    pub fn take_receipts(&mut self, received: &[ReceivedReceipt], by: By<'_>) -> Result<TakenReceipts, OfficeError> {
        let (mut taken, awaited) = (TakenReceipts::default(), self.awaiting_receipts());
        let mut good: Vec<(WipeReceipt, u64)> = Vec::new();
        for ReceivedReceipt { receipt, received_at } in received {
            let Some(receipt) = self.checked(receipt) else {
                taken.false_ones += 1;
                continue;
            };
            if awaited.contains(&receipt.device) && good.iter().all(|(known, _)| known.device != receipt.device) {
                good.push((receipt, *received_at));
            }
        }
        taken.confirmed = good.len();
        if good.is_empty() {
            return Ok(taken);
        }
        self.act(by, |office| {
            for (WipeReceipt { device, at, unsent, .. }, received) in good {
                let Some(known) = office.device_mut(&device) else { continue };
                let received = i64::try_from(received).unwrap_or(i64::MAX);
                let person = known.person;
                if let Some(wipe) = &mut known.wipe {
                    wipe.erased = Some(Erased { at, received, unsent });
                }
                office.note(by, Act::WipeConfirmed { person, device, at, received, unsent });
            }
            Ok(())
        })?;
        Ok(taken)
    }

    fn checked(&self, signed: &tvaers_wire::wipe::SignedWipeReceipt) -> Option<WipeReceipt> {
        let named = WipeReceipt::from_bytes(&signed.body).ok()?;
        let receipt = signed.check(&self.state.municipality, &self.certified_keys(&named.device)?).ok()?;
        let known = self.state.devices.iter().find(|known| known.device == receipt.device)?;
        known.wipe.as_ref()?.serials.contains(&receipt.serial).then_some(receipt)
    }

    fn certified_keys(&self, device: &DeviceId) -> Option<DeviceKeys> {
        let kept = self.state.statements.iter().find(|kept| kept.about == About::Device(*device))?;
        match Statement::from_bytes(&kept.statement.body).ok()?.claim {
            Claim::Device { keys, .. } => Some(*keys),
            _ => None,
        }
    }

    fn device_mut(&mut self, device: &DeviceId) -> Option<&mut CertifiedDevice> {
        self.state.devices.iter_mut().find(|known| known.device == *device)
    }

    /// States a wish, and returns its serial.
    fn wish(&mut self, device: DeviceId, wish: Wish) -> u64 {
        let statement = self.key.wish(device, wish);
        self.keep(About::Wipe(device), statement);
        self.key.serial()
    }
}
