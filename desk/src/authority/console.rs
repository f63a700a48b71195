//! What every command of IT's has in common: the words, the operator, the office, the question before it is done.

use std::ops::Deref;
use std::process::Command;
use std::sync::LazyLock;

use tvaers_core::authority::{By, Office, OfficeError, OfficeFile, TEXT};
use tvaers_core::moment::system_now;
use tvaers_core::rng;

use super::Common;
use super::say::{Sentence, act};
use crate::terminal::{Terminal, Tongue};
use crate::web::Words;

const DA: &str = concat!(include_str!("../../i18n/passphrase.da.ftl"), include_str!("../../i18n/authority.da.ftl"));
const EN: &str = concat!(include_str!("../../i18n/passphrase.en.ftl"), include_str!("../../i18n/authority.en.ftl"));

static DANISH: LazyLock<Words> = LazyLock::new(|| Words::new("da", DA));
static ENGLISH: LazyLock<Words> = LazyLock::new(|| Words::new("en", EN));

/// The terminal at which IT works, and what was said to every command there.
pub(super) struct Console<'a> {
    pub(super) common: &'a Common,
    at: Terminal,
    /// One clock for the whole command: its entries say the same.
    pub(super) now: i64,
}

impl Deref for Console<'_> {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        &self.at
    }
}

impl<'a> Console<'a> {
    pub(super) fn new(common: &'a Common) -> Self {
        let words = match Tongue::spoken(common.language) {
            Tongue::Da => &*DANISH,
            Tongue::En => &*ENGLISH,
        };
        Self { common, at: Terminal::new(words), now: system_now() }
    }

    /// Who is doing this.
    pub(super) fn operator(&self) -> Result<String, Sentence> {
        let operator = self.common.operator.clone().or_else(system_user).unwrap_or_default();
        let operator = operator.trim();
        if operator.is_empty() || operator.len() > TEXT || operator.chars().any(char::is_control) {
            return Err(Sentence::of("operator-missing"));
        }
        Ok(operator.to_owned())
    }

    /// Opens the office.
    pub(super) fn open(&self) -> Result<(OfficeFile, Office), Sentence> {
        // Told before a passphrase is asked for in vain.
        if !self.common.office.exists() {
            return Err(Sentence::of("file-missing").with("file", self.common.office.display()));
        }
        let passphrase = self.passphrase(self.common.passphrase_file.as_deref())?;
        Ok(OfficeFile::open(&self.common.office, &passphrase)?)
    }

    /// Whether it is to be done: said with `--yes`, or asked. Without a terminal it is not.
    pub(super) fn agreed(&self) -> Result<bool, Sentence> {
        if self.common.yes {
            return Ok(true);
        }
        if !self.attended {
            // What was asked for may go into a file or to another program.
            self.tell(&Sentence::of("dry-run"));
            return Ok(false);
        }
        self.prompt(&Sentence::of("ask-agreed"));
        let answer = self.typed()?.map(|answer| answer.trim().to_lowercase()).unwrap_or_default();
        let agreed = ["j", "ja", "y", "yes"].contains(&answer.as_str());
        if !agreed {
            self.say(&Sentence::of("nothing-done"));
        }
        Ok(agreed)
    }

    /// Does one act: in memory, shown, asked, written. True if it was done.
    pub(super) fn change_then(
        &self,
        act: impl FnOnce(&mut Office, By<'_>) -> Result<(), OfficeError>,
    ) -> Result<Option<Office>, Sentence> {
        let operator = self.operator()?;
        let (file, mut office) = self.open()?;
        let before = office.journal().len();
        act(&mut office, By { operator: &operator, now: self.now })?;
        if self.show_since(&office, before)? == 0 {
            self.say(&Sentence::of("nothing-to-do"));
            return Ok(Some(office));
        }
        if !self.agreed()? {
            return Ok(None);
        }
        file.write(&office, &mut rng::system())?;
        self.say(&Sentence::of("done"));
        Ok(Some(office))
    }

    /// Does one act.
    pub(super) fn change(
        &self,
        act: impl FnOnce(&mut Office, By<'_>) -> Result<(), OfficeError>,
    ) -> Result<(), Sentence> {
        let office = self.change_then(act)?;
        let due = office.map_or(0, |office| office.to_publish(false).len());
        if due > 0 {
            self.say(&Sentence::of("publish-due").count("n", due));
        }
        Ok(())
    }

    /// Says what has been done since; what is shown before the question is what the journal will say. The whole journal is
    /// verified, as it will be when it is read again.
    pub(super) fn show_since(&self, office: &Office, before: usize) -> Result<usize, Sentence> {
        let entries = office.audit()?;
        let new = entries.get(before..).unwrap_or_default();
        new.iter().for_each(|entry| self.line(&format!("  {}", self.text(&act(office, &entry.act)))));
        Ok(new.len())
    }
}

/// The user of the system: who stands behind `sudo`, or else by the system's own word.
fn system_user() -> Option<String> {
    let filled = |name: String| Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    let of_variable = |name| std::env::var(name).ok().and_then(filled);
    let asked =
        || Command::new("id").arg("-un").output().ok().and_then(|said| filled(String::from_utf8(said.stdout).ok()?));
    of_variable("SUDO_USER").or_else(asked).or_else(|| of_variable("USERNAME"))
}

#[cfg(test)]
mod tests {
    use super::{DA, EN};
    use crate::terminal::check::check_said;
    use crate::web::check::check_alike;

    /// Every file that says something.
    const SOURCES: [&str; 19] = [
        include_str!("console.rs"),
        include_str!("devices.rs"),
        include_str!("init.rs"),
        include_str!("invites.rs"),
        include_str!("list.rs"),
        include_str!("mod.rs"),
        include_str!("output.rs"),
        include_str!("people.rs"),
        include_str!("publish.rs"),
        include_str!("records.rs"),
        include_str!("recover.rs"),
        include_str!("relay.rs"),
        include_str!("retention.rs"),
        include_str!("say.rs"),
        include_str!("sharing.rs"),
        include_str!("sheets.rs"),
        include_str!("succession.rs"),
        include_str!("table.rs"),
        include_str!("units.rs"),
    ];

    #[test]
    fn both_languages_are_whole_and_say_the_same_things() {
        check_alike(DA, EN);
    }

    #[test]
    fn every_sentence_is_said_somewhere_and_every_key_has_its_sentence() {
        check_said(DA, &SOURCES);
    }
}
