//! How long records are kept: the municipality's decision, which reaches every device with the directory.

use super::{Act, By, Office, OfficeError};
use crate::directory::Retention;
use crate::kinds::Kind;

/// The longest that can be set: from birth to what a grown-up may still ask for.
pub(super) const LONGEST_RETENTION: u16 = 100 * 12;

impl Office {
    /// How long records are kept, by kind.
    pub fn retention(&self) -> &[Retention] {
        self.state.policy.as_ref().map_or(&[], |policy| &policy.retention)
    }

    /// Sets for how many months records of a kind are kept after they were written; without a number for ever.
    ///
    /// # Errors
    /// [`OfficeError::Retention`]: not even a month, or longer than can be meant; or of the access log, which is not kept by this rule.
    pub fn set_retention(&mut self, kind: Kind, months: Option<u16>, by: By<'_>) -> Result<(), OfficeError> {
        let sensible = months.is_none_or(|months| (1..=LONGEST_RETENTION).contains(&months));
        if !sensible || kind == Kind::AccessEvent {
            return Err(OfficeError::Retention);
        }
        let code = kind.code();
        self.act(by, |office| {
            let rules = &mut office.state.policy.get_or_insert_default().retention;
            rules.retain(|rule| rule.kind != code);
            rules.extend(months.map(|months| Retention { kind: code, months }));
            rules.sort_unstable_by_key(|rule| rule.kind);
            office.note(by, Act::RetentionSet { kind: code, months });
            Ok(())
        })
    }
}
