//! The relay of a world: the real one, with its real database on a file system in memory, and snapshots of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tvaers_core::client::Request;
use tvaers_core::sync::Failure;
use tvaers_relay::Config;
use tvaers_relay::config::Clock;
use tvaers_relay::local::LocalRelay;
use tvaers_wire::codec::Canonical;
use tvaers_wire::message::SessionAnswer;
use tvaers_wire::statement::Authority;

/// A relay with a clock of its own and the backups that were taken of it.
pub(crate) struct Backend {
    dir: tempfile::TempDir,
    config: Config,
    clock: Arc<AtomicU64>,
    relay: Option<LocalRelay>,
    snapshots: usize,
}

impl Backend {
    /// A new relay.
    pub(crate) fn new(authority: Authority) -> Self {
        let shm = PathBuf::from("/dev/shm");
        let dir = if shm.is_dir() { tempfile::tempdir_in(shm) } else { tempfile::tempdir() }.unwrap();
        let clock = Arc::new(AtomicU64::new(0));
        let mut config = Config::new("127.0.0.1:0".parse().unwrap(), dir.path().join("relay"));
        config.authority = Some(authority);
        let told = Arc::clone(&clock);
        config.clock = Clock::new(move || told.load(Ordering::Relaxed));
        let relay = Some(LocalRelay::open(&config).unwrap());
        Self { dir, config, clock, relay, snapshots: 0 }
    }

    /// Sends a request under a session, which is renewed where the relay says so.
    pub(crate) fn call(&self, now: i64, session: &mut Option<String>, request: &Request) -> Result<Vec<u8>, Failure> {
        self.clock.store(now.unsigned_abs(), Ordering::Relaxed);
        let relay = self.relay.as_ref().unwrap();
        let (post, path, body) = match request {
            Request::Challenge => (true, "/v1/challenge".to_owned(), Vec::new()),
            Request::Session(body) => (true, "/v1/session".to_owned(), body.clone()),
            Request::Push(body) => (true, "/v1/push".to_owned(), body.clone()),
            Request::Frontier(body) => (true, "/v1/frontier".to_owned(), body.clone()),
            Request::Pull { after, seen, .. } => {
                (false, format!("/v1/pull?after={}&seen={}", hex(&after.0), hex(&seen.0)), Vec::new())
            }
            Request::Backlog(body) => (true, "/v1/backlog".to_owned(), body.clone()),
            Request::Word(body) => (true, "/v1/wipe".to_owned(), body.clone()),
            Request::Receipt(body) => (true, "/v1/wipe/receipt".to_owned(), body.clone()),
            Request::Directory(head) => (false, format!("/v1/directory?head={}", hex(&head.0)), Vec::new()),
        };
        let answer = relay.call(post, &path, session.as_deref(), body);
        if answer.renewed.is_some() {
            session.clone_from(&answer.renewed);
        }
        let retry_after = answer.retry_after.map(|seconds| i64::try_from(seconds).unwrap() * 1000);
        match answer.status {
            200 => {}
            401 => return Err(Failure::Unauthorized),
            403 => return Err(Failure::Forbidden),
            409 => return Err(Failure::Restored),
            408 | 429 | 500.. => return Err(Failure::Unreachable { retry_after }),
            _ => return Err(Failure::Incompatible),
        }
        if matches!(request, Request::Session(_)) {
            *session = Some(SessionAnswer::from_bytes(&answer.body).map_err(|_| Failure::Incompatible)?.token);
        }
        Ok(answer.body)
    }

    /// Sends anything, and answers with the status and the body as they came.
    pub(crate) fn raw(&self, post: bool, path: &str, session: Option<&str>, body: Vec<u8>) -> (u16, Vec<u8>) {
        let answer = self.relay.as_ref().unwrap().call(post, path, session, body);
        (answer.status, answer.body)
    }

    /// Takes a backup. Returns its number.
    pub(crate) fn snapshot(&mut self) -> usize {
        self.relay.take().unwrap().close().unwrap();
        std::fs::copy(self.database(), self.backup(self.snapshots)).unwrap();
        self.relay = Some(LocalRelay::open(&self.config).unwrap());
        self.snapshots += 1;
        self.snapshots - 1
    }

    /// Puts a backup back: everything since is forgotten.
    pub(crate) fn restore(&mut self, snapshot: usize) {
        self.relay.take().unwrap().close().unwrap();
        for end in ["-wal", "-shm"] {
            let mut beside = self.database().into_os_string();
            beside.push(end);
            let _ = std::fs::remove_file(beside);
        }
        std::fs::copy(self.backup(snapshot), self.database()).unwrap();
        self.relay = Some(LocalRelay::open(&self.config).unwrap());
    }

    /// Sets the relay up anew, without a backup: with its key or without. Returns the key that it had.
    pub(crate) fn set_up_anew(&mut self, key: Option<&[u8]>) -> Vec<u8> {
        self.relay.take().unwrap().close().unwrap();
        let file = self.config.data.join("stamp.key");
        let had = std::fs::read(&file).unwrap();
        for file in std::fs::read_dir(&self.config.data).unwrap() {
            std::fs::remove_file(file.unwrap().path()).unwrap();
        }
        self.relay = Some(self.opened_with(key));
        had
    }

    /// Puts a key in, and starts the relay again.
    pub(crate) fn put_key(&mut self, key: &[u8]) {
        self.relay.take().unwrap().close().unwrap();
        self.relay = Some(self.opened_with(Some(key)));
    }

    fn opened_with(&self, key: Option<&[u8]>) -> LocalRelay {
        if let Some(key) = key {
            std::fs::write(self.config.data.join("stamp.key"), key).unwrap();
        }
        LocalRelay::open(&self.config).unwrap()
    }

    /// How many backups there are.
    pub(crate) fn snapshots(&self) -> usize {
        self.snapshots
    }

    /// Every file that the relay and its backups consist of, with its path.
    pub(crate) fn read_in_full(&self) -> Vec<(String, Vec<u8>)> {
        let (mut out, mut waiting) = (Vec::new(), vec![self.dir.path().to_owned()]);
        while let Some(dir) = waiting.pop() {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    waiting.push(path);
                } else {
                    out.push((path.display().to_string(), std::fs::read(&path).unwrap()));
                }
            }
        }
        out
    }

    fn database(&self) -> PathBuf {
        self.config.data.join("relay.db")
    }

    fn backup(&self, number: usize) -> PathBuf {
        self.dir.path().join(format!("backup-{number}"))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
