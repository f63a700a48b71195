//! Who may be sent what, and on what lawful basis: the municipality's decision, which reaches every device with the directory.

use super::{Act, By, Office, OfficeError};
use crate::authority::facts::KINDS;
use crate::directory::{BASIS, SHARING_RULES, Sharing, standard};
use crate::kinds::Kind;

impl Office {
    /// The rules in force, in their order: the municipality's own, or those that hold where it has set nothing.
    pub fn sharing(&self) -> &[Sharing] {
        self.own_sharing().unwrap_or_else(|| standard())
    }

    /// The municipality's own rules, if it has set any.
    pub fn own_sharing(&self) -> Option<&[Sharing]> {
        self.state.policy.as_ref().and_then(|policy| policy.sharing.as_deref())
    }

    /// Sets the rules, all at once: what none of them names is denied from then on. `None`: those that hold where nothing is set.
    ///
    /// # Errors
    /// [`OfficeError::Sharing`]: more than fit, a kind that is not one, or a basis without words or with too many.
    pub fn set_sharing(&mut self, rules: Option<Vec<Sharing>>, by: By<'_>) -> Result<(), OfficeError> {
        let sensible = rules.iter().flatten().all(|rule| {
            let units = rule.from.iter().chain(&rule.to).all(|kind| KINDS.contains(&kind.as_str()));
            let basis = rule.basis.trim();
            let said = !basis.is_empty() && basis.len() <= BASIS && !basis.chars().any(char::is_control);
            units && said && rule.kinds.iter().all(|code| Kind::from_code(*code).is_some())
        });
        if !sensible || rules.as_ref().is_some_and(|rules| rules.len() > SHARING_RULES) {
            return Err(OfficeError::Sharing);
        }
        if self.own_sharing() == rules.as_deref() {
            return Ok(());
        }
        self.act(by, |office| {
            let count = rules.as_ref().map(|rules| rules.len() as u64);
            office.state.policy.get_or_insert_default().sharing = rules;
            office.note(by, Act::SharingSet { rules: count });
            Ok(())
        })
    }
}
