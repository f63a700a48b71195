//! A person's further devices: the authority certifies them, and only a device that the person has lets them in.

use tvaers_core::audience::Audience;
use tvaers_core::client::{ClientError, Device, Exchange, Input, Output, Request};
use tvaers_core::directory::device_code;
use tvaers_core::moment::Moment;
use tvaers_core::net::Relay;
use tvaers_core::rng;
use tvaers_core::store::Store;
use tvaers_core::sync::Mode;
use tvaers_core::view::Delivery;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::message::{Page, TOKEN_START, Token};
use tvaers_tests::hostile;
use tvaers_tests::scene::{Scene, block};
use tvaers_tests::town::{child, observation};

/// One person's phone with a note on it, somebody else's, and another device that is certified for the first person.
fn scene() -> (Scene, tvaers_core::wire::ids::RecordId) {
    let mut scene = Scene::new(&[0, 1]);
    let note = scene.writes(0, "Før", &[1]);
    scene.meet();
    let url = scene.relay.url();
    let store = Store::in_memory().unwrap();
    let mut more = scene.town.enrol(vec![(0, store)], &url, &mut rng::system());
    let device = more.remove(0);
    let statement = device.certificate().clone();
    scene.devices.push(device);
    scene.publish(&statement);
    scene.meet();
    (scene, note)
}

#[test]
fn a_second_device_reads_nothing_until_the_first_lets_it_in_and_then_the_past_as_well() {
    let (mut scene, note) = scene();
    let second = scene.id(2);
    assert!(!scene.reads(2, &note), "a certificate alone makes nobody's device");
    assert_eq!(scene.devices[0].knocking().unwrap(), [second]);
    assert_eq!(scene.devices[1].knocking().unwrap(), [], "only its owner is asked");
    scene.devices[0].admit(&second, &scene.devices[2].code()).unwrap();
    scene.meet();
    assert!(scene.reads(2, &note));
    assert_eq!(scene.devices[0].knocking().unwrap(), []);
    let own = scene.writes(2, "Fra den nye", &[1]);
    scene.meet();
    assert!(scene.reads(0, &own) && scene.reads(1, &own));
}

#[test]
fn a_device_is_not_let_in_with_another_ones_code_nor_by_somebody_else() {
    let (mut scene, note) = scene();
    let second = scene.id(2);
    let not_allowed = Err(ClientError::NotAllowed);
    assert_eq!(scene.devices[0].admit(&second, &device_code(&scene.id(1))), not_allowed);
    assert_eq!(scene.devices[0].admit(&scene.id(1), &device_code(&scene.id(1))), not_allowed);
    assert_eq!(scene.devices[1].admit(&second, &device_code(&second)), not_allowed);
    scene.meet();
    assert!(!scene.reads(2, &note));
}

/// A contact that lasts, by hand: what comes on its stream, and when, is the test's to say.
struct Live<'a> {
    device: &'a Device,
    relay: Relay,
    exchange: Exchange,
    /// Where the stream is, while there is one.
    stream: Option<Token>,
    out: Vec<Request>,
}

impl<'a> Live<'a> {
    fn begin(device: &'a Device, relay: Relay) -> Self {
        let (exchange, stream, out) = (Exchange::new(Mode::Live), None, Vec::new());
        let mut live = Self { device, relay, exchange, stream, out };
        live.hand_in(Input::Start);
        live.goes_on();
        live
    }

    fn hand_in(&mut self, input: Input) {
        for output in self.exchange.handle(self.device, &mut Moment::new(20, &mut rng::system()), input).unwrap() {
            match output {
                // An open stream goes on by itself.
                Output::Send(Request::Pull { after, wait: true, .. }) => self.stream = self.stream.or(Some(after)),
                Output::Send(request) => self.out.push(request),
                Output::Disconnect => (self.stream, self.out) = (None, Vec::new()),
                Output::Changed(_) | Output::WakeAt(_) | Output::Finished => {}
            }
        }
    }

    /// What has been asked is answered, until nothing is.
    fn goes_on(&mut self) {
        while !self.out.is_empty() {
            let request = self.out.remove(0);
            let answer = block(self.relay.call(&request));
            self.hand_in(Input::Answer(request, answer));
        }
    }

    /// What is new comes on the stream.
    fn hears(&mut self) {
        let Some(after) = self.stream else { return };
        let answer = block(self.relay.call(&Request::Pull { after, seen: TOKEN_START, wait: false }));
        self.stream = answer.as_ref().ok().map(|page| Page::from_bytes(page).unwrap().next);
        self.hand_in(Input::Answer(Request::Pull { after, seen: TOKEN_START, wait: true }, answer));
    }
}

/// Its stream is open when it is let in, and brings what others write before it could ask for the past.
#[test]
fn a_device_that_is_let_in_while_it_is_in_contact_reads_the_past_whatever_comes_meanwhile() {
    let (mut scene, note) = scene();
    let new = scene.devices.remove(2);
    let mut contact = Live::begin(&new, Relay::new(&scene.relay.url()).unwrap());
    scene.devices[0].admit(&new.installation().device, &new.code()).unwrap();
    scene.sync(0);
    contact.hears();
    assert!(contact.out.iter().any(|request| matches!(request, Request::Frontier(_))), "it is let in");
    let later = scene.writes(1, "Imens", &[0]);
    scene.sync(1);
    contact.hears();
    for _ in 0..4 {
        contact.goes_on();
        contact.hears();
        scene.sync(0);
    }
    assert!(new.envelope(&note).is_ok() && new.envelope(&later).is_ok());
}

#[test]
fn a_device_that_is_revoked_before_the_next_contact_is_not_let_in() {
    let (mut scene, note) = scene();
    let second = scene.id(2);
    scene.devices[0].admit(&second, &device_code(&second)).unwrap();
    let revoked = scene.town.authority.revoke(second);
    scene.publish(&revoked);
    scene.these_meet(&[0, 1]);
    scene.hands_over(0, 2);
    assert!(!scene.reads(2, &note));
    let next = scene.writes(0, "Efter", &[1]);
    scene.these_meet(&[0, 1]);
    assert!(scene.reads(1, &next));
}

/// Its owner's first device has not been in contact yet: that founds the circle, with both.
#[test]
fn a_further_device_waits_for_the_first_one_and_says_so() {
    let mut scene = hostile::Scene::unmet(&[0, 0, 1]);
    for device in [2, 1, 1] {
        scene.sync(device);
    }
    let note = scene.submits(1, &observation(&child(1), "Fra den nye", scene.now), Audience::Own);
    assert_eq!(scene.pushes(1), 0);
    assert_eq!(scene.devices[1].delivery(&note).unwrap().0, Delivery::NotLetIn);
    for device in [0, 1, 0, 2] {
        scene.sync(device);
    }
    assert!(scene.reads(0, &note));
}

/// The relay has forgotten everything of her, and hears first from a device that has never heard of it: that founds nothing beside it.
#[test]
fn a_further_device_founds_no_second_circle_when_the_relay_has_forgotten_the_first() {
    let mut scene = hostile::Scene::unmet(&[0, 1]);
    scene.sync(1);
    let backup = scene.relay.snapshot();
    for device in [0, 1, 0, 1] {
        scene.sync(device);
    }
    let note = scene.writes(0, "Før", &[1]);
    for device in [0, 1, 0] {
        scene.sync(device);
    }
    scene.relay.restore(backup);
    let new = scene.joins(0, 1);
    for device in [new, new, 0, 1, 0] {
        scene.sync(device);
    }
    let id = scene.devices[new].installation().device;
    assert_eq!(scene.devices[0].knocking().unwrap(), [id]);
    scene.devices[0].admit(&id, &device_code(&id)).unwrap();
    for device in [0, new, 1, new, 0] {
        scene.sync(device);
    }
    assert!(scene.reads(new, &note));
    assert_eq!([0, 1, new].map(|device| scene.pushes(device)), [0; 3], "nothing is offered in vain");
}

/// The first one was lost before it was ever in contact.
#[test]
fn a_further_device_founds_the_circle_once_the_first_is_out() {
    let mut scene = hostile::Scene::unmet(&[0, 0, 1]);
    scene.sync(2);
    scene.loses(0, 2);
    for device in [1, 2, 1] {
        scene.sync(device);
    }
    let note = scene.writes(1, "Fra den nye", &[2]);
    for device in [1, 2] {
        scene.sync(device);
    }
    assert!(scene.reads(2, &note));
}
