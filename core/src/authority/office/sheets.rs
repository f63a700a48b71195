//! What two sheets do in the office: they are tried, they agree to a new key of the authority, and they make room for new sheets.

use tvaers_wire::ids::Fixed;

use super::succession::numbers;
use super::{About, Act, By, Office, OfficeError, Recovery, fingerprint, named};
use crate::authority::recovery::{
    RECOVERY_HOLDERS, RecoverySplit, Sheet, SheetError, rebuild, recovery_secret, seal_older,
};
use crate::keys::{DeviceSecret, Secret};

impl Office {
    /// True if a sheet is of the split in force.
    ///
    /// # Errors
    /// [`SheetError::OtherMunicipality`] or [`SheetError::OtherSplit`].
    pub fn takes(&self, sheet: &Sheet) -> Result<(), SheetError> {
        sheet.belongs(&self.state.municipality, &self.state.recovery.split)
    }

    /// The recovery key in force, of two sheets.
    pub(super) fn rebuilt(&self, sheets: [&Sheet; 2]) -> Result<(Secret, DeviceSecret), OfficeError> {
        sheets.iter().try_for_each(|sheet| self.takes(sheet))?;
        let seed = rebuild(sheets)?;
        let secret = recovery_secret(&seed)?;
        let right = *secret.keys() == self.state.recovery.keys;
        if right { Ok((seed, secret)) } else { Err(SheetError::OtherKey.into()) }
    }

    /// Two sheets give the recovery key of this office. Nothing is opened with it.
    ///
    /// # Errors
    /// [`OfficeError::Sheet`] saying what is wrong with them.
    pub fn drill(&mut self, sheets: [&Sheet; 2], by: By<'_>) -> Result<(), OfficeError> {
        self.rebuilt(sheets)?;
        let (first, second) = numbers(sheets);
        let split = self.state.recovery.split;
        self.act(by, |office| {
            office.note(by, Act::Drilled { split, first, second });
            Ok(())
        })
    }

    /// A new recovery key on new sheets, for holders of whom some are new. Two of the old sheets agree to it. What is written once a
    /// circle's members have heard of it opens with the new sheets only; they open what was before, too.
    ///
    /// # Errors
    /// [`OfficeError::Sheet`], or [`OfficeError::Text`] and [`OfficeError::NameTwice`] for a holder's name; nothing has changed then.
    pub fn renew_sheets(
        &mut self,
        old: [&Sheet; 2],
        new: &RecoverySplit,
        holders: [&str; RECOVERY_HOLDERS],
        by: By<'_>,
    ) -> Result<(), OfficeError> {
        let holders = named(holders)?;
        let (seed, before) = self.rebuilt(old)?;
        let (first, second) = numbers(old);
        let (new_seed, after) = new.rebuilt()?;
        let older: Fixed<48> = seal_older(&self.state.municipality, &seed, &new_seed)?;
        let lineage = self.lineage.clone();
        let done = self.act(by, |office| {
            let statement = office.key.state_sheets(&after, &before, older)?;
            office.keep(About::Sheets(after.id()), statement);
            let (keys, split) = (new.keys.clone(), new.split);
            office.state.recovery = Recovery { keys, split, since: by.now, holders };
            office.lineage = office.state.lineage(office.authority()).ok_or(OfficeError::Step)?;
            office.note(by, Act::SheetsRenewed { recovery: fingerprint(&new.keys.kem), split, first, second });
            Ok(())
        });
        if done.is_err() {
            self.lineage = lineage;
        }
        done
    }
}
