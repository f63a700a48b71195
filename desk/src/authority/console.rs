//! What every command has in common: the words, the operator, the passphrase, the question before it is done.

use std::fs::File;
use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use fluent::FluentArgs;
use tvaers_core::authority::{By, Office, OfficeError, OfficeFile, Passphrase, TEXT};
use tvaers_core::moment::system_now;
use tvaers_core::rng;
use zeroize::Zeroizing;

use super::say::{Sentence, act};
use super::{Common, Tongue};
use crate::web::Words;

static DANISH: LazyLock<Words> = LazyLock::new(|| Words::new("da", include_str!("../../i18n/authority.da.ftl")));
static ENGLISH: LazyLock<Words> = LazyLock::new(|| Words::new("en", include_str!("../../i18n/authority.en.ftl")));

/// The longest line that is read: a sheet's words typed in one go, or a long passphrase.
const LINE: u64 = 4_096;

/// Where a command is typed and answered.
pub(super) struct Console<'a> {
    pub(super) common: &'a Common,
    words: &'static Words,
    /// One clock for the whole command: its entries say the same.
    pub(super) now: i64,
    /// True if somebody sits there, to be asked.
    pub(super) terminal: bool,
}

impl<'a> Console<'a> {
    pub(super) fn new(common: &'a Common) -> Self {
        let language = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
        let english = match common.language {
            Some(tongue) => tongue == Tongue::En,
            None => language.is_some_and(|language| language.starts_with("en")),
        };
        let words = if english { &*ENGLISH } else { &*DANISH };
        let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        Self { common, words, now: system_now(), terminal }
    }

    /// A sentence in the language of this console.
    pub(super) fn text(&self, sentence: &Sentence) -> String {
        let mut values = FluentArgs::new();
        sentence.values.iter().for_each(|(name, value)| values.set(*name, value.as_str()));
        sentence.counts.iter().for_each(|(name, count)| values.set(*name, *count));
        self.words.with(sentence.key, &values)
    }

    pub(super) fn say(&self, sentence: &Sentence) {
        self.line(&self.text(sentence));
    }

    /// A line. Nobody is left to tell if it cannot be printed, as when a pager is closed.
    pub(super) fn line(&self, line: &str) {
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    /// On stderr: what is no result.
    pub(super) fn tell(&self, sentence: &Sentence) {
        let _ = writeln!(std::io::stderr(), "{}", self.text(sentence));
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
        let passphrase = match &self.common.passphrase_file {
            Some(file) => from_file(file)?,
            None => self.hidden("ask-passphrase")?,
        };
        Ok(OfficeFile::open(&self.common.office, &Passphrase::typed(passphrase))?)
    }

    /// A passphrase to seal with: from a file, or typed twice.
    pub(super) fn choose(&self, file: Option<&Path>) -> Result<Passphrase, Sentence> {
        if let Some(file) = file {
            return Ok(Passphrase::chosen(from_file(file)?)?);
        }
        self.say(&Sentence::of("passphrase-advice").count("length", Passphrase::LENGTH));
        let chosen = Passphrase::chosen(self.hidden("ask-new-passphrase")?)?;
        if Passphrase::typed(self.hidden("ask-passphrase-again")?) != chosen {
            return Err(Sentence::of("passphrases-differ"));
        }
        Ok(chosen)
    }

    fn hidden(&self, key: &'static str) -> Result<Zeroizing<String>, Sentence> {
        let prompt = format!("{} ", self.text(&Sentence::of(key)));
        rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|_| Sentence::of("passphrase-no-terminal"))
    }

    /// The next line that is typed; `None` at the end.
    pub(super) fn typed(&self) -> Result<Option<Zeroizing<String>>, Sentence> {
        let mut line = Zeroizing::new(String::new());
        let read = std::io::stdin().lock().take(LINE).read_line(&mut line);
        let read = read.map_err(|_| Sentence::of("input-unreadable"))?;
        Ok(Some(line).filter(|_| read > 0))
    }

    pub(super) fn prompt(&self, sentence: &Sentence) {
        let _ = write!(std::io::stdout(), "{} ", self.text(sentence));
        let _ = std::io::stdout().flush();
    }

    /// Whether it is to be done: said with `--yes`, or asked. Without a terminal it is not.
    pub(super) fn agreed(&self) -> Result<bool, Sentence> {
        if self.common.yes {
            return Ok(true);
        }
        if !self.terminal {
            self.say(&Sentence::of("dry-run"));
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

/// The first line of a file that nobody else may read.
fn from_file(path: &Path) -> Result<Zeroizing<String>, Sentence> {
    let unreadable = || Sentence::of("passphrase-file-unreadable").with("file", path.display());
    let file = File::open(path).map_err(|_| unreadable())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata().map_err(|_| unreadable())?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Sentence::of("passphrase-file-open").with("file", path.display()));
        }
    }
    let mut text = Zeroizing::new(String::new());
    file.take(LINE).read_to_string(&mut text).map_err(|_| unreadable())?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::web::check::{check_alike, keys};

    const DA: &str = include_str!("../../i18n/authority.da.ftl");
    const EN: &str = include_str!("../../i18n/authority.en.ftl");

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
        let quoted: BTreeSet<&str> = SOURCES.iter().flat_map(|source| source.split('"').skip(1)).collect();
        let unsaid: Vec<_> = keys(DA).into_iter().filter(|key| !quoted.contains(key)).collect();
        assert!(unsaid.is_empty(), "{unsaid:?}");
        let said = SOURCES.iter().flat_map(|source| source.split("Sentence::of(\"").skip(1));
        let said = said.filter_map(|rest| rest.split('"').next()).filter(|key| !key.contains('\\'));
        let missing: Vec<_> = said.filter(|key| !keys(DA).contains(key)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
