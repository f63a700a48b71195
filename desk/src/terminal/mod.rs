//! What commands at a terminal have in common: sentences in two languages, passphrases, what is typed.

mod sentence;

use std::fs::File;
use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::Path;

use clap::ValueEnum;
use fluent::FluentArgs;
use tvaers_core::passphrase::Passphrase;
use zeroize::Zeroizing;

pub(crate) use sentence::Sentence;

use crate::web::Words;

/// The longest line that is read: a sheet's words typed in one go, an invite, or a long passphrase.
const LINE: u64 = 4_096;

/// A language, as it is asked for.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tongue {
    /// Dansk
    Da,
    /// English
    En,
}

impl Tongue {
    /// The one asked for, or the system's; Danish unless that is English.
    pub(crate) fn spoken(asked: Option<Self>) -> Self {
        asked.unwrap_or_else(|| {
            let language = ["LC_ALL", "LC_MESSAGES", "LANG"]
                .into_iter()
                .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
            if language.is_some_and(|language| language.starts_with("en")) { Self::En } else { Self::Da }
        })
    }
}

/// Where a command is typed and answered.
pub(crate) struct Terminal {
    words: &'static Words,
    /// True if somebody sits there, to be asked.
    pub(crate) attended: bool,
}

impl Terminal {
    /// This process' terminal, which speaks these words.
    pub(crate) fn new(words: &'static Words) -> Self {
        Self { words, attended: std::io::stdin().is_terminal() && std::io::stdout().is_terminal() }
    }

    /// A sentence in the language of this terminal.
    pub(crate) fn text(&self, sentence: &Sentence) -> String {
        let mut values = FluentArgs::new();
        sentence.values.iter().for_each(|(name, value)| values.set(*name, value.as_str()));
        sentence.counts.iter().for_each(|(name, count)| values.set(*name, *count));
        self.words.with(sentence.key, &values)
    }

    pub(crate) fn say(&self, sentence: &Sentence) {
        self.line(&self.text(sentence));
    }

    /// A line. Nobody is left to tell if it cannot be printed, as when a pager is closed.
    pub(crate) fn line(&self, line: &str) {
        let _ = writeln!(std::io::stdout(), "{line}");
        let _ = std::io::stdout().flush();
    }

    /// On stderr: what is no result.
    pub(crate) fn tell(&self, sentence: &Sentence) {
        let _ = writeln!(std::io::stderr(), "{}", self.text(sentence));
    }

    /// A passphrase that opens: from a file, or typed.
    pub(crate) fn passphrase(&self, file: Option<&Path>) -> Result<Passphrase, Sentence> {
        Ok(Passphrase::typed(match file {
            Some(file) => from_file(file)?,
            None => self.hidden("ask-passphrase")?,
        }))
    }

    /// A passphrase to seal with: from a file, or typed twice.
    pub(crate) fn choose(&self, file: Option<&Path>) -> Result<Passphrase, Sentence> {
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
    pub(crate) fn typed(&self) -> Result<Option<Zeroizing<String>>, Sentence> {
        let mut line = Zeroizing::new(String::new());
        let read = std::io::stdin().lock().take(LINE).read_line(&mut line);
        let read = read.map_err(|_| Sentence::of("input-unreadable"))?;
        Ok(Some(line).filter(|_| read > 0))
    }

    /// A line that must come.
    pub(crate) fn answer(&self, question: &Sentence) -> Result<Zeroizing<String>, Sentence> {
        self.prompt(question);
        self.typed()?.ok_or_else(|| Sentence::of("input-ended"))
    }

    pub(crate) fn prompt(&self, sentence: &Sentence) {
        let _ = write!(std::io::stdout(), "{} ", self.text(sentence));
        let _ = std::io::stdout().flush();
    }
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

/// What is asked of every file of sentences that is said at a terminal.
#[cfg(test)]
pub(crate) mod check {
    use std::collections::BTreeSet;

    use crate::web::check::keys;

    /// What both kinds of commands say.
    const SHARED: [&str; 2] = [include_str!("mod.rs"), include_str!("sentence.rs")];

    /// Every sentence is said somewhere in these sources, and every key there has its sentence. A sentence of the shared sources that
    /// only other commands say may be missing.
    pub(crate) fn check_said(danish: &str, sources: &[&str]) {
        let all = || sources.iter().chain(&SHARED);
        let quoted: BTreeSet<&str> = all().flat_map(|source| source.split('"').skip(1)).collect();
        let unsaid: Vec<_> = keys(danish).into_iter().filter(|key| !quoted.contains(key)).collect();
        assert!(unsaid.is_empty(), "{unsaid:?}");
        let said = all().flat_map(|source| source.split("Sentence::of(\"").skip(1));
        let said = said.filter_map(|rest| rest.split('"').next()).filter(|key| !key.contains('\\'));
        let missing: Vec<_> = said.filter(|key| !keys(danish).contains(key)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
