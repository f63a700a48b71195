//! Enrolment by invite: somebody between office and phone, a second phone, a thief of logs, somebody who guesses.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;
use tvaers_core::authority::{By, Founding, Missing, Office, RecoverySplit, Role, Row};
use tvaers_core::client::{ClientError, Device, NewDevice, Opened, open};
use tvaers_core::directory::{EnrolmentError, Invite, InviteError, device_code};
use tvaers_core::moment::{Moment, system_now};
use tvaers_core::net::{Joined, NotJoined, Relay, join};
use tvaers_core::rng;
use tvaers_core::store::Store;
use tvaers_core::sync::Failure;
use tvaers_core::wire::bytes::Bytes;
use tvaers_core::wire::ids::Fixed;
use tvaers_core::wire::limits;
use tvaers_core::wire::mailbox::{LetterAnswer, MailboxAct, SignedOrder};
use tvaers_relay::config::{Bounds, Clock};
use tvaers_tests::relay::RunningRelay;
use tvaers_tests::scene::block;

const HOUR: i64 = 3_600_000;

/// An office with one person, 4711, and its relay, whose clock is the test's.
struct Town {
    office: Office,
    relay: RunningRelay,
    /// Unix milliseconds.
    now: Arc<AtomicU64>,
    dir: TempDir,
}

fn by(now: i64) -> By<'static> {
    By { operator: "prøve", now }
}

fn office(relay: &str) -> Office {
    let rng = &mut rng::system();
    let recovery = RecoverySplit::draw(rng).unwrap();
    let (key, split) = (recovery.keys, recovery.split);
    let founding = Founding { name: "Prøveby", relay, recovery: key, split, holders: ["Anne", "Bo", "Carl"] };
    let mut office = Office::found(&founding, by(system_now()), rng).unwrap();
    office.add_unit("Solsikken", "dagtilbud", None, by(system_now()), rng).unwrap();
    let (number, name, profession) = ("4711".to_owned(), "Ida Krogh".to_owned(), "pædagog".to_owned());
    let unit = office.unit("Solsikken").unwrap().team;
    let row = Row { number, name, profession, unit, roles: vec![Role::Manager] };
    office.import(&[row], Missing::Stay, by(system_now()), rng).unwrap();
    office
}

impl Town {
    fn new() -> Self {
        let (mut office, dir) = (office("https://tvaers.example"), tempfile::tempdir().unwrap());
        let now = Arc::new(AtomicU64::new(u64::try_from(system_now()).unwrap()));
        let clock = Clock::new({
            let now = Arc::clone(&now);
            move || now.load(Ordering::Relaxed)
        });
        let relay = RunningRelay::clocked(dir.path(), office.authority(), clock);
        office.name_relay(&relay.url(), by(system_now())).unwrap();
        Self { office, relay, now, dir }
    }

    fn asked(&self) -> Relay {
        Relay::new(&self.relay.url()).unwrap()
    }

    /// An invite for 4711 whose mailbox is open.
    fn invite(&mut self) -> Invite {
        let (url, now) = (self.relay.url(), system_now());
        let invite = self.office.invite("4711", &url, now + HOUR, by(now), &mut rng::system()).unwrap();
        self.order(&invite, MailboxAct::Open { expires: invite.expires });
        // As a person gets it.
        Invite::read(&invite.text()).unwrap()
    }

    fn order(&self, invite: &Invite, act: MailboxAct) -> bool {
        block(self.asked().order(&self.office.mailbox_order(invite.mailbox(), act))).unwrap()
    }

    /// The office lets in whoever has written with this invite, and says which code it has compared.
    fn lets_in(&mut self, invite: &Invite) -> String {
        let found = block(self.asked().mailbox(&invite.mailbox())).unwrap().unwrap();
        let asking = invite.open_letter(&found.letter.unwrap()).unwrap();
        let device = self.office.take_in(&invite.mailbox(), &asking.keys, by(system_now())).unwrap();
        let answer = self.office.answer(&invite.mailbox(), &asking.keys, &mut rng::system()).unwrap();
        assert!(self.order(invite, answer));
        device_code(&device)
    }

    /// Everything that the relay has on its disk.
    fn disk(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.dir.path()).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.is_file()).flat_map(|path| std::fs::read(path).unwrap()).collect()
    }
}

fn phone() -> NewDevice {
    match open(Store::in_memory().unwrap(), &mut Moment::new(system_now(), &mut rng::system())).unwrap() {
        Opened::New(device) => *device,
        Opened::Enrolled(_) => panic!("a new store holds a device"),
    }
}

fn tries(device: NewDevice, invite: &Invite) -> Joined {
    block(join(device, invite, "Telefon"))
}

fn waits(device: NewDevice, invite: &Invite) -> NewDevice {
    match tries(device, invite) {
        Joined::Waiting(device) => device,
        other => panic!("{other:?}"),
    }
}

fn enrolled(device: NewDevice, invite: &Invite) -> Device {
    match tries(device, invite) {
        Joined::Enrolled(device) => *device,
        other => panic!("{other:?}"),
    }
}

/// Refused with this, and the device as it was.
fn refused(device: NewDevice, invite: &Invite, expected: InviteError) -> NewDevice {
    match tries(device, invite) {
        Joined::Not(device, NotJoined::Refused(ClientError::Invite(error))) if error == expected => device,
        other => panic!("{other:?}, not {expected:?}"),
    }
}

/// Stopped by `open_answer` in `core/src/directory/invite.rs`: the invite names another authority. What that one has signed, `signed`
/// in `core/wire/src/lineage.rs`; what it asks of the relay, `check_order` in `core/wire/src/mailbox.rs`.
pub(super) fn attack_02_authoritys_key_substituted_during_first_enrolment() {
    let mut town = Town::new();
    let invite = town.invite();
    let phone = waits(phone(), &invite);
    // Somebody who has seen the invite, and the relay with them, answers as an authority of their own.
    let mut other = office(&town.relay.url());
    other.certify("4711", phone.keys(), by(system_now())).unwrap();
    let forged = other.enrolment(&phone.keys().device()).unwrap();
    let letter = Bytes(invite.seal_answer(&forged, phone.keys(), &mut rng::system()).unwrap());
    // The relay takes none that its authority has not signed …
    let order = other.mailbox_order(invite.mailbox(), MailboxAct::Answer { letter: letter.clone() });
    assert_eq!(block(town.asked().order(&order)), Err(Failure::Forbidden));
    // … nor with the other one's signature on an order in this municipality's name …
    let true_order = town.office.mailbox_order(invite.mailbox(), MailboxAct::Answer { letter: letter.clone() });
    let named = SignedOrder { signature: order.signature, ..true_order };
    assert_eq!(block(town.asked().order(&named)), Err(Failure::Forbidden));
    // … and if it is itself hostile, the phone takes none that the invite does not name.
    assert!(town.order(&invite, MailboxAct::Answer { letter }));
    let phone = refused(phone, &invite, InviteError::OtherAuthority);
    // The right authority in front, the other one's signatures behind.
    let mixed = tvaers_core::directory::Enrolment { authority: town.office.authority(), ..forged };
    let letter = Bytes(invite.seal_answer(&mixed, phone.keys(), &mut rng::system()).unwrap());
    assert!(town.order(&invite, MailboxAct::Answer { letter }));
    let phone = match tries(phone, &invite) {
        Joined::Not(device, NotJoined::Refused(ClientError::Enrolment(EnrolmentError::Statement(_)))) => device,
        other => panic!("{other:?}"),
    };
    let code = phone.code();
    assert_eq!(town.lets_in(&invite), code, "both screens show the same");
    assert_eq!(enrolled(phone, &invite).code(), code);
}

/// Stopped by `change` in `server/src/storage/sqlite/mailbox.rs`: the first letter stays. At the office `take_in` in
/// `core/src/authority/office/invites.rs`.
pub(super) fn attack_38_invite_used_twice_raced_by_two_phones() {
    let mut town = Town::new();
    let invite = town.invite();
    let letters: Vec<(NewDevice, Vec<u8>)> = (0..8)
        .map(|_| {
            let phone = phone();
            let letter = phone.ask(&invite, "Telefon", system_now()).unwrap();
            (phone, letter)
        })
        .collect();
    // All at once, each over a connection of its own.
    let (url, mailbox) = (town.relay.url(), invite.mailbox());
    let leave = |letter: &[u8]| block(Relay::new(&url).unwrap().leave_letter(&mailbox, letter)).unwrap();
    let taken: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = letters.iter().map(|(_, letter)| scope.spawn(|| leave(letter))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(taken.iter().filter(|answer| **answer == Some(LetterAnswer::Stored {})).count(), 1, "{taken:?}");
    let won = taken.iter().position(|answer| *answer == Some(LetterAnswer::Stored {})).unwrap();
    let mut phones: Vec<NewDevice> = letters.into_iter().map(|(phone, _)| phone).collect();
    let winner = phones.remove(won);
    let loser = refused(phones.remove(0), &invite, InviteError::Used);
    assert_eq!(town.lets_in(&invite), winner.code());
    // With the code alone the answer, and the names in it, cannot be read; nor does the office certify a second one.
    let answer = block(town.asked().mailbox(&mailbox)).unwrap().unwrap().answer.unwrap();
    let second = town.office.take_in(&mailbox, loser.keys(), by(system_now()));
    assert_eq!(second, Err(tvaers_core::authority::OfficeError::InviteUsed));
    let loser = loser.enrol_by(&invite, &answer).unwrap_err();
    assert_eq!(loser.error, ClientError::Invite(InviteError::Seal));
    refused(loser.device, &invite, InviteError::Used);
    enrolled(winner, &invite);
    // Answered, the office has forgotten the secret: a letter that is shown again opens nothing.
    town.office.answered(&mailbox);
    assert!(town.office.invites().is_empty());
    assert!(town.office.take_in(&mailbox, phone().keys(), by(system_now())).is_err());
}

/// Stopped by `is_over` in `core/src/directory/invite.rs` on the phone and in the office, `read` and, for letters, `change` in
/// `server/src/storage/sqlite/mailbox.rs` at the relay. The relay is told nothing but `mailbox` in `core/src/directory/invite.rs`,
/// which is derived.
pub(super) fn attack_39_invite_expired_or_its_secret_in_a_relay_log() {
    let mut town = Town::new();
    let (over, good) = (town.invite(), town.invite());
    let early = waits(phone(), &good);
    town.lets_in(&good);
    // By the phone's clock, by the office's, and by the relay's, whatever the phone believes.
    let late = system_now() + HOUR;
    let phone = phone();
    assert_eq!(phone.ask(&over, "Telefon", late), Err(ClientError::Invite(InviteError::Expired)));
    let keys = phone.keys().clone();
    let office = town.office.take_in(&over.mailbox(), &keys, by(late));
    assert_eq!(office, Err(tvaers_core::authority::OfficeError::InviteOver));
    // And a second: the relay may have begun in the one before that of the invite.
    town.now.fetch_add(u64::try_from(HOUR).unwrap() + 1_000, Ordering::Relaxed);
    // A phone whose clock stands still asks all the same, and its letter is not taken.
    let letter = phone.ask(&over, "Telefon", system_now()).unwrap();
    assert_eq!(block(town.asked().leave_letter(&over.mailbox(), &letter)), Ok(None));
    let phone = refused(phone, &over, InviteError::Expired);
    refused(early, &good, InviteError::Expired);
    assert!(!town.order(&over, MailboxAct::Open { expires: over.expires }), "an old order opens nothing");
    let fresh = town.office.invite("4711", &town.relay.url(), late + HOUR, by(late), &mut rng::system()).unwrap();
    assert!(town.order(&fresh, MailboxAct::Open { expires: fresh.expires }));
    // One that was withdrawn is answered like one that never was.
    waits(phone, &fresh);
    town.order(&fresh, MailboxAct::Close {});
    refused(self::phone(), &fresh, InviteError::Expired);
    // Whoever has all that the relay ever wrote down has the name of a mailbox, and no secret, no key and no word.
    let (disk, name) = (town.disk(), "Ida Krogh".as_bytes());
    for invite in [&over, &good, &fresh] {
        let text = invite.text();
        // Version, head of the byte string, and then the secret.
        let digits = &text["TVAERS:INV:".len() + 6..][..32];
        let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        let secret: Vec<u8> = pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
        for leaked in [&secret[..], digits.as_bytes(), digits.to_lowercase().as_bytes()] {
            assert!(!disk.windows(leaked.len()).any(|window| window == leaked));
        }
    }
    assert!(!disk.windows(name.len()).any(|window| window == name));
}

/// Stopped by `take` in `server/src/limiter.rs`, and the length of the secret.
pub(super) fn attack_40_invite_guessed() {
    let mut town = Town::new();
    let invite = town.invite();
    let relay = town.asked();
    // The relay's clock stands still, so what an address may ask is counted exactly.
    let burst = u64::from(Bounds::default().mailbox_rate.burst);
    let answers = block(async {
        let mut answers = Vec::new();
        for guess in 0..burst + 20 {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&guess.to_be_bytes());
            answers.push(relay.mailbox(&Fixed(id)).await);
        }
        answers
    });
    let misses = answers.iter().filter(|answer| matches!(answer, Ok(None))).count() as u64;
    let limited = answers.iter().filter(|answer| matches!(answer, Err(Failure::Unreachable { .. }))).count() as u64;
    assert_eq!((misses, limited), (burst, 20), "and no guess was answered otherwise");
    // Also a right one is refused then: the limit tells nothing.
    assert!(matches!(block(relay.mailbox(&invite.mailbox())), Err(Failure::Unreachable { .. })));
    // At that rate a thousand addresses need more than 10²⁵ years for half of the secrets.
    let per_year = f64::from(Bounds::default().mailbox_rate.per_second) * 1e3 * 3.2e7;
    assert!(2_f64.powi(127) / per_year > 1e25);
    // Nor can a stranger fill the relay with mailboxes.
    let stranger = office(&town.relay.url());
    let order = stranger.mailbox_order(Fixed([1; 32]), MailboxAct::Open { expires: invite.expires });
    assert_eq!(block(relay.order(&order)), Err(Failure::Forbidden));
    let far = u64::try_from(system_now() / 1000).unwrap() + 2 * limits::MAILBOX_LIFE.as_secs();
    let order = town.office.mailbox_order(Fixed([1; 32]), MailboxAct::Open { expires: far });
    assert_eq!(block(relay.order(&order)), Err(Failure::Incompatible), "nor the authority for longer than a month");
}
