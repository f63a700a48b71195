//! The authority's key is followed by another one (decision 0024): somebody may have the old one.

use tvaers_wire::lineage::Lineage;
use tvaers_wire::mailbox::SignedOrder;
use tvaers_wire::statement::Authority;
use tvaers_wire::vouched::Vouched;

use super::{About, Act, By, Office, OfficeError, State};
use crate::authority::recovery::Sheet;
use crate::keys::Secret;
use crate::rng::CryptoRng;

impl State {
    /// The keys that the statements name, if each follows from the one before.
    pub(super) fn lineage(&self, first: Authority) -> Option<Lineage> {
        let mut vouched = Vouched::new(first);
        for kept in self.statements.iter().filter(|kept| kept.about.names_key()) {
            vouched.learn(&kept.statement).ok()?;
        }
        Some(vouched.lineage().clone())
    }
}

impl Office {
    /// Draws a new key for the authority. The old one states it, and two sheets sign it: whoever has stolen the old one cannot do the
    /// same. What is in force now, charters and the directory, is stated again with the new key, so that the old one cannot hide it.
    ///
    /// Open invites are withdrawn: a phone that comes with one believes whoever has the old key. Returns where a mailbox is to be closed,
    /// with the order, which the old key has signed: the relay has not heard of the new one.
    ///
    /// # Errors
    /// [`OfficeError::Sheet`] saying what is wrong with the sheets; nothing has changed then.
    pub fn rotate_authority(
        &mut self,
        sheets: [&Sheet; 2],
        by: By<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<(String, SignedOrder)>, OfficeError> {
        let (_, holders) = self.rebuilt(sheets)?;
        let (first, second) = numbers(sheets);
        // Should the act fail, the office goes on with what it had.
        let before = (self.seed.clone(), self.lineage.clone());
        let mut closing = Vec::new();
        let done = self.act(by, |office| {
            closing = office.withdraw_invites(by);
            let seed = Secret::random(rng);
            let (next, statement) = office.key.succeeded_by(&seed, &holders)?;
            let key = next.authority().key;
            office.state.first.get_or_insert(office.lineage.first().key);
            office.keep(About::Authority(key), statement);
            office.note(by, Act::AuthorityRotated { key, first, second });
            (office.key, office.seed) = (next, seed);
            let lineage = office.state.lineage(office.authority());
            // Judged as everybody else will judge it, before anybody is told.
            office.lineage =
                lineage.filter(|lineage| lineage.authority() == office.in_force()).ok_or(OfficeError::Step)?;
            office.state_all_again();
            Ok(())
        });
        if done.is_err() {
            (self.seed, self.lineage) = before;
            let (municipality, serial) = (self.state.municipality, self.key.serial());
            self.key = crate::directory::AuthorityKey::from_seed(&self.seed, municipality, serial)?;
        }
        done.map(|()| closing)
    }

    /// States charters and the directory anew, as they are.
    fn state_all_again(&mut self) {
        let units = self.state.units.iter().map(|unit| (unit.team, unit.chartered.clone()));
        for (team, persons) in units.collect::<Vec<_>>() {
            let charter = self.key.charter(team, persons);
            self.keep(About::Team(team), charter);
        }
        self.sign_directory_again();
    }
}

/// The numbers of two sheets, the lower one first.
pub(super) fn numbers(sheets: [&Sheet; 2]) -> (u8, u8) {
    let [one, other] = sheets.map(Sheet::number);
    (one.min(other), one.max(other))
}
