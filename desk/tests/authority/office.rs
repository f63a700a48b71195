//! A directory with an office in it, and commands that are run there.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;

pub(crate) const PASSPHRASE: &str = "otte vilde ræve spiser kage";

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) good: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// It was refused with this sentence, and nothing else on stderr.
    pub(crate) fn refused(&self, sentence: &str) {
        assert!(!self.good, "{self:?}");
        assert_eq!(self.err.trim_end(), sentence);
    }

    /// It was done, and says so with these words.
    #[track_caller]
    pub(crate) fn did(&self, words: &str) {
        assert!(self.good && self.err.is_empty() && self.out.contains(words), "{self:?}");
    }

    /// What would be done is shown with these words, and beside it that nothing has changed.
    #[track_caller]
    pub(crate) fn planned(&self, words: &str) {
        let unchanged = [
            "Intet er ændret. Gentag med --yes for at gøre det.\n",
            "Nothing has changed. Repeat with --yes to do it.\n",
        ];
        assert!(self.good && unchanged.contains(&self.err.as_str()) && self.out.contains(words), "{self:?}");
        // Whoever sends the rest into a file sees it.
        assert!(unchanged.iter().all(|line| !self.out.contains(line.trim_end())), "{self:?}");
    }
}

/// Stretching takes its time on purpose: these are made once, and copied for each test.
static FOUNDED: LazyLock<(Vec<u8>, Vec<Paper>)> = LazyLock::new(|| {
    let (place, papers) = Place::elsewhere();
    (fs::read(place.path("office.sealed")).unwrap(), papers)
});

static STAFFED: LazyLock<(Vec<u8>, Vec<Paper>)> = LazyLock::new(|| {
    let (place, papers) = Place::founded();
    place.does(&["unit", "add", "Solsikken", "--kind", "dagtilbud"]).did("Solsikken");
    place.does(&["unit", "add", "Vestskolen", "--kind", "skole"]).did("Vestskolen");
    place.does(&["person", "import", "staff.csv"]).did("3 kommer til");
    (fs::read(place.path("office.sealed")).unwrap(), papers)
});

/// A place for an office.
pub(crate) struct Place {
    dir: TempDir,
}

impl Place {
    /// A place without an office.
    pub(crate) fn empty() -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap() };
        place.secret("pass", PASSPHRASE);
        place
    }

    /// A place with an office, and its sheets.
    pub(crate) fn founded() -> (Self, Vec<Paper>) {
        Self::copied(&FOUNDED)
    }

    /// A founded office with two units and three people, the first two of them managers.
    pub(crate) fn staffed() -> (Self, Vec<Paper>) {
        Self::copied(&STAFFED)
    }

    /// A municipality of its own.
    pub(crate) fn elsewhere() -> (Self, Vec<Paper>) {
        let place = Self::empty();
        let mut ceremony = place.begin();
        let papers = ceremony.papers();
        papers.iter().for_each(|paper| ceremony.types(&paper.words));
        ceremony.ends().did("Kommunen er oprettet");
        (place, papers)
    }

    fn copied((office, papers): &(Vec<u8>, Vec<Paper>)) -> (Self, Vec<Paper>) {
        let place = Self::empty();
        place.file("office.sealed", office);
        place.file("staff.csv", STAFF.as_bytes());
        (place, papers.clone())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, content: &[u8]) {
        fs::write(self.path(name), content).unwrap();
    }

    /// A file that only its owner may read.
    pub(crate) fn secret(&self, name: &str, content: &str) {
        self.file(name, format!("{content}\n").as_bytes());
        self.mode(name, 0o600);
    }

    pub(crate) fn mode(&self, name: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Runs a command that only shows what it would do.
    pub(crate) fn shows(&self, args: &[&str]) -> Said {
        self.run(args, &[], "")
    }

    /// Runs a command with `--yes`.
    pub(crate) fn does(&self, args: &[&str]) -> Said {
        self.run(args, &["--yes"], "")
    }

    /// Runs a command that is typed to.
    pub(crate) fn run(&self, args: &[&str], more: &[&str], typed: &str) -> Said {
        let mut child = self.spawn(args, more);
        // A command that is refused may have ended before it is typed to.
        let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { good: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
    }

    fn spawn(&self, args: &[&str], more: &[&str]) -> Child {
        let pass: &[&str] = if args.contains(&"--passphrase-file") { &[] } else { &["--passphrase-file", "pass"] };
        Command::new(env!("CARGO_BIN_EXE_tvaers"))
            .current_dir(self.dir.path())
            .env_remove("LC_ALL")
            .env_remove("LC_MESSAGES")
            .env("LANG", "da_DK.UTF-8")
            .arg("authority")
            .args(args)
            .args(pass)
            .args(["--operator", "Mads"])
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Begins the ceremony.
    pub(crate) fn begin(&self) -> Ceremony {
        self.ceremony(&INIT)
    }

    /// Begins a ceremony at which sheets are printed.
    pub(crate) fn ceremony(&self, args: &[&str]) -> Ceremony {
        let mut child = self.spawn(args, &["--yes"]);
        let out = BufReader::new(child.stdout.take().unwrap());
        Ceremony { sheets: self.path("sheets"), child, out, said: String::new() }
    }
}

pub(crate) const INIT: [&str; 13] = [
    "init",
    "Nordby",
    "--relay",
    "https://tvaers.nordby.example",
    "--holder",
    "Anne Berg",
    "--holder",
    "Bo Holm",
    "--holder",
    "Carla Lind",
    "--sheets",
    "sheets",
    "--stretch-memory=64",
];

pub(crate) const STAFF: &str = "Medarbejdernummer;Navn;Profession;Enhed;Rolle\n\
    0101;Ida Krogh;pædagog;Solsikken;forvalter\n\
    0102;Jo Østergård;lærer;Vestskolen;leder+forvalter\n\
    0103;Kim Bæk;pædagog;Solsikken;\n";

/// A sheet as its holder has it in hand.
#[derive(Clone)]
pub(crate) struct Paper {
    /// Five lines of eight words.
    pub(crate) words: String,
    /// The text of the QR code.
    pub(crate) code: String,
    /// The authority's fingerprint.
    pub(crate) authority: String,
}

impl Paper {
    /// Reads a page as a person does.
    pub(crate) fn of(path: &Path) -> Self {
        let page = fs::read_to_string(path).unwrap();
        let cells = page.split("<td").skip(1).map(|cell| cell.split(['>', '<']).nth(1).unwrap());
        let words: Vec<&str> = cells.collect();
        assert_eq!(words.len(), 40);
        let words: String = words.chunks(8).map(|line| line.join(" ") + "\n").collect();
        let code = page.split("TVAERS:ARK:").nth(1).unwrap().split('<').next().unwrap();
        let authority = page.split("Myndighedens fingeraftryk</dt><dd class=\"code\">").nth(1).unwrap();
        let authority = authority.split('<').next().unwrap().to_owned();
        assert_eq!(authority.len(), 19, "sixteen digits in fours");
        Self { words, code: format!("TVAERS:ARK:{code}\n"), authority }
    }

    /// With one word in the place of another.
    pub(crate) fn mistyped(&self, line: usize, word: usize) -> String {
        let mut lines: Vec<Vec<&str>> = self.words.lines().map(|line| line.split(' ').collect()).collect();
        let place = &mut lines[line - 1][word - 1];
        *place = if *place == "zebra" { "abandon" } else { "zebra" };
        lines.iter().map(|line| line.join(" ") + "\n").collect()
    }
}

/// A ceremony that is going on.
pub(crate) struct Ceremony {
    sheets: PathBuf,
    child: Child,
    out: BufReader<std::process::ChildStdout>,
    said: String,
}

impl Ceremony {
    /// Waits until the sheets are there, and takes them from the printer.
    pub(crate) fn papers(&mut self) -> Vec<Paper> {
        while !self.said.contains("læser nøgleark 1") {
            let before = self.said.len();
            self.out.read_line(&mut self.said).unwrap();
            assert!(self.said.len() > before, "the ceremony ended: {}", self.said);
        }
        (1..=3).map(|number| Paper::of(&self.sheets.join(format!("noegleark-{number}.html")))).collect()
    }

    pub(crate) fn types(&mut self, text: &str) {
        self.child.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// As when the power goes.
    pub(crate) fn cut_off(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Nothing more is typed.
    pub(crate) fn ends(mut self) -> Said {
        drop(self.child.stdin.take());
        self.out.read_to_string(&mut self.said).unwrap();
        let mut err = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        Said { good: self.child.wait().unwrap().success(), out: self.said, err }
    }
}
