//! A relay in a process of its own, and phones that talk to it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tvaers_core::client::{Device, NewDevice, Opened, open};
use tvaers_core::moment::{Moment, system_now};
use tvaers_core::net::{Relay, sync_once};
use tvaers_core::rng;
use tvaers_core::store::{Store, StoreKey};
use tvaers_core::sync::Failure;

use super::office::Place;

/// A new relay, which nobody has claimed.
pub(crate) struct NewRelay {
    child: Child,
    pub(crate) url: String,
    pub(crate) code: String,
    _dir: tempfile::TempDir,
}

impl NewRelay {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tvaers"))
            .args(["relay", "--listen", "127.0.0.1:0", "--data"])
            .arg(dir.path())
            .env_remove("TVAERS_RELAY_AUTHORITY")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let field = |text: &str, name: &str| {
            let value: Option<serde_json::Value> = serde_json::from_str(text).ok();
            value.and_then(|value| value.get(name)?.as_str().map(str::to_owned))
        };
        let mut errors = BufReader::new(child.stderr.take().unwrap()).lines();
        let code = errors.find_map(|line| field(&line.unwrap(), "claim_code")).unwrap();
        // Read on, so that the relay never waits for room in the pipe.
        std::thread::spawn(move || errors.for_each(drop));
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = format!("http://{}", field(&line, "listening").unwrap());
        Self { child, url, code, _dir: dir }
    }
}

impl Drop for NewRelay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A phone that has not been enrolled.
pub(crate) fn phone(place: &Place, name: &str) -> NewDevice {
    let store = Store::create(&place.path(name), &StoreKey::new([7; 32])).unwrap();
    match open(store, &mut Moment::new(system_now(), &mut rng::system())).unwrap() {
        Opened::New(device) => *device,
        Opened::Enrolled(_) => panic!("a new store holds a device"),
    }
}

/// One contact. Answers what ended it early.
pub(crate) fn contact(device: &Device, url: &str) -> Option<Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(sync_once(device, &Relay::new(url).unwrap(), &mut rng::system())).unwrap().failed
}
