//! What waits to leave: all unsent changes of one document are one chunk, and a chunk that exists is never changed.

use tvaers_core::audience::Audience;
use tvaers_core::client::Device;
use tvaers_core::kinds::{Content, Draft, Envelope, Text};
use tvaers_core::moment::Moment;
use tvaers_core::net::{Relay, sync_once};
use tvaers_core::rng;
use tvaers_core::store::Store;
use tvaers_core::wire::ids::RecordId;
use tvaers_tests::relay::RunningRelay;
use tvaers_tests::town::{Town, child, observation};

struct Pair {
    phone: Device,
    desk: Device,
    url: String,
    _relay: RunningRelay,
    _dir: tempfile::TempDir,
}

/// Two devices whose circles are settled.
fn pair() -> Pair {
    let rng = &mut rng::system();
    let mut town = Town::new(&[0, 1], rng);
    let dir = tempfile::tempdir().unwrap();
    let relay = RunningRelay::start(dir.path(), 0, town.authority());
    let stores = (0..2).map(|person| (person, Store::in_memory().unwrap())).collect();
    let devices = town.enrol(stores, &relay.url(), rng);
    for _ in 0..3 {
        devices.iter().for_each(|device| sync(device, &relay.url()));
    }
    let [phone, desk]: [Device; 2] = devices.try_into().unwrap();
    Pair { phone, desk, url: relay.url(), _relay: relay, _dir: dir }
}

fn sync(device: &Device, url: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let contacted = runtime.block_on(sync_once(device, &Relay::new(url).unwrap(), &mut rng::system())).unwrap();
    assert_eq!(contacted.failed, None);
}

fn draft(text: &str) -> Envelope {
    let mut envelope = observation(&child(1), "", 1);
    envelope.content = Content::Draft(Draft { seen_heard: Text::new(text).unwrap(), ..Draft::empty() });
    envelope
}

fn write(device: &Device, record: &RecordId, more: &str, at: i64) {
    let edit = |envelope: &mut Envelope| {
        if let Content::Draft(draft) = &mut envelope.content {
            draft.seen_heard = Text::new(format!("{}{more}", draft.seen_heard.as_str())).unwrap();
        }
        Ok(())
    };
    device.edit(record, &mut Moment::new(at, &mut rng::system()), edit).unwrap();
}

fn text(device: &Device, record: &RecordId) -> String {
    let Content::Draft(draft) = device.envelope(record).unwrap().content else { panic!("a draft") };
    draft.seen_heard.as_str().to_owned()
}

#[test]
fn all_changes_made_offline_are_one_body() {
    let Pair { phone, desk, url, .. } = &pair();
    let to = [Audience::Line(desk.person()), Audience::Own];
    let record = phone.submit(&draft("0"), &to, &mut Moment::new(5, &mut rng::system())).unwrap();
    for change in 1..=9 {
        write(phone, &record, &change.to_string(), 5 + change);
    }
    assert_eq!(phone.outbox().unwrap().0, 2, "one body for each circle");
    sync(phone, url);
    sync(desk, url);
    assert_eq!(text(desk, &record), "0123456789");
    assert_eq!(desk.inbox(9).unwrap()[0].recorded_at, 5, "written when it was begun");
    assert_eq!((phone.outbox().unwrap().0, desk.set_aside().unwrap()), (0, vec![]));
}

#[test]
fn a_chunk_that_may_have_left_is_not_changed_by_a_later_edit() {
    let Pair { phone, desk, url, .. } = &pair();
    let rng = &mut rng::system();
    let record = phone.submit(&draft("før "), &[Audience::Line(desk.person())], &mut Moment::new(5, rng)).unwrap();
    // Sealed and sent; the answer is lost.
    let sent = phone.next_push(&mut Moment::new(6, rng)).unwrap().unwrap();
    write(phone, &record, "efter ", 7);
    write(phone, &record, "og til sidst", 8);
    assert_eq!(phone.outbox().unwrap().0, 2, "the sealed one, and one for both changes since");
    let again = phone.next_push(&mut Moment::new(9, rng)).unwrap().unwrap();
    assert!(again.request.len() > sent.request.len());
    sync(phone, url);
    sync(desk, url);
    assert_eq!(text(desk, &record), "før efter og til sidst");
}

#[test]
fn an_edit_joins_no_update_that_one_of_its_circles_has() {
    let Pair { phone, desk, url, .. } = &pair();
    let rng = &mut rng::system();
    let record = phone.submit(&draft("a"), &[Audience::Own], &mut Moment::new(5, rng)).unwrap();
    sync(phone, url);
    write(phone, &record, "b", 6);
    phone.share(&record, &Audience::Line(desk.person()), &mut Moment::new(7, rng)).unwrap();
    write(phone, &record, "c", 8);
    // Own: one update with b and c. Line: the founding one, which has left, and the same update.
    assert_eq!(phone.outbox().unwrap().0, 3);
    sync(phone, url);
    write(phone, &record, "d", 9);
    assert_eq!(phone.outbox().unwrap().0, 2);
    sync(phone, url);
    sync(desk, url);
    assert_eq!(text(desk, &record), "abcd");
}

#[test]
fn two_writers_changes_meet_though_one_has_not_sent_all() {
    let Pair { phone, desk, url, .. } = &pair();
    let rng = &mut rng::system();
    let record = phone.submit(&draft("x"), &[Audience::Line(desk.person())], &mut Moment::new(5, rng)).unwrap();
    sync(phone, url);
    sync(desk, url);
    write(desk, &record, "D", 6);
    write(phone, &record, "1", 6);
    sync(desk, url);
    // Comes between two changes that are one update.
    let relay = Relay::new(url).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use tvaers_core::client::Request;
        use tvaers_core::wire::codec::Canonical;
        let challenge = relay.call(&Request::Challenge).await.unwrap();
        let challenge = tvaers_core::wire::message::Challenge::from_bytes(&challenge).unwrap();
        relay.call(&Request::Session(phone.session_request(&challenge).to_bytes())).await.unwrap();
        let (after, seen) = phone.tokens().unwrap();
        let page = relay.call(&Request::Pull { after, seen, wait: false }).await.unwrap();
        phone.absorb_page(&page, 7).unwrap();
    });
    phone.process().unwrap();
    write(phone, &record, "2", 8);
    assert_eq!(phone.outbox().unwrap().0, 1);
    for device in [phone, desk, phone] {
        sync(device, url);
    }
    assert_eq!(text(phone, &record), text(desk, &record));
    let mut letters: Vec<char> = text(desk, &record).chars().collect();
    letters.sort_unstable();
    assert_eq!(letters, ['1', '2', 'D', 'x']);
}
