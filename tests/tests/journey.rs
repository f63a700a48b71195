//! One observation, all the way: phone → sealed relay → caseworker, and the answer back.

use tvaers_core::audience::Audience;
use tvaers_core::client::Device;
use tvaers_core::kinds::{Content, Reply, Text};
use tvaers_core::moment::Moment;
use tvaers_core::net::{Relay, sync_once};
use tvaers_core::rng;
use tvaers_core::store::Store;
use tvaers_core::view::Delivery;
use tvaers_tests::relay::RunningRelay;
use tvaers_tests::town::{Town, child, observation};

fn sync(device: &Device, url: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let relay = Relay::new(url).unwrap();
    let contacted = runtime.block_on(sync_once(device, &relay, &mut rng::system())).unwrap();
    assert_eq!(contacted.failed, None);
}

/// An observation written offline reaches the caseworker word for word; the writer sees each state in turn and hears back.
#[test]
fn a_note_reaches_its_reader_and_the_answer_its_writer() {
    let rng = &mut rng::system();
    let mut town = Town::new(&[0, 0, 1], rng);
    let dir = tempfile::tempdir().unwrap();
    let relay = RunningRelay::start(dir.path(), 0, town.authority());
    let url = relay.url();
    let stores = (0..3).map(|person| (person, Store::in_memory().unwrap())).collect();
    let devices = town.enrol(stores, &url, rng);
    for _ in 0..3 {
        devices.iter().for_each(|device| sync(device, &url));
    }
    let (phone, colleague, desk) = (&devices[0], &devices[1], &devices[2]);
    let about = child(1);
    let text = "Sad under bordet med <b>rygsækken</b> på 🎒";
    let moment = |at| at;
    let note = phone
        .submit(&observation(&about, text, 5), &[Audience::Line(desk.person())], &mut Moment::new(moment(10), rng))
        .unwrap();
    assert_eq!(phone.delivery(&note).unwrap().0, Delivery::OnThisDevice { stuck: None });
    sync(phone, &url);
    assert_eq!(phone.delivery(&note).unwrap().0, Delivery::WithRelay);
    sync(desk, &url);
    assert_eq!(desk.inbox(10).unwrap().len(), 1);
    let Content::Observation(read) = desk.envelope(&note).unwrap().content else { panic!("an observation") };
    assert_eq!(read.seen_heard.as_str(), text);
    sync(phone, &url);
    assert_eq!(phone.delivery(&note).unwrap().0, Delivery::Received);
    assert!(desk.mark_read(&note, &Moment::new(20, rng)).unwrap());
    let reply =
        Reply { to: note, answer: None, back_by: None, text: Some(Text::new("Tak. Jeg ringer i dag.").unwrap()) };
    let mut envelope = observation(&about, "", 30);
    envelope.content = Content::Reply(reply);
    desk.submit(&envelope, &[Audience::Line(phone.person())], &mut Moment::new(30, rng)).unwrap();
    sync(desk, &url);
    sync(phone, &url);
    assert_eq!(phone.delivery(&note).unwrap().0, Delivery::Answered);
    assert_eq!(phone.inbox(10).unwrap()[0].headline, "Tak. Jeg ringer i dag.");
    sync(colleague, &url);
    assert_eq!(colleague.all_records().unwrap(), []);
    assert_eq!(desk.search("rygsæk", 10, &Moment::new(40, rng)).unwrap().len(), 1);
    assert_eq!(desk.set_aside().unwrap(), []);
}
