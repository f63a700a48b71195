//! A newer directory on its way to devices that are enrolled: whatever the relay does with it, notes go on, and nothing but the
//! directory that the authority has stated is shown.

use tvaers_core::client::{Opened, Processed, Request, open};
use tvaers_core::directory::Directory;
use tvaers_core::moment::Moment;
use tvaers_core::net::{Listener, Relay, keep_in_contact};
use tvaers_core::rng;
use tvaers_core::sync::Failure;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::directory::DirectoryAnswer;
use tvaers_core::wire::statement::{Claim, Statement};
use tvaers_tests::hostile::Scene;
use tvaers_tests::scene::block;

/// Two people, a directory at the relay for both, and everybody's word that it is in force.
fn stated() -> (Scene, tvaers_core::wire::ids::Fixed<32>) {
    let mut scene = Scene::new(2);
    let newer = scene.renames(5, "Ny");
    scene.brings(&newer, &[0, 1]);
    scene.states(&newer);
    (scene, newer.head())
}

#[test]
fn names_change_with_the_next_contact_and_stay_after_a_restart() {
    let (mut scene, head) = stated();
    assert_eq!(scene.unit(0), "Hus 0");
    scene.meet();
    assert_eq!((scene.unit(0), scene.unit(1)), ("Ny".to_owned(), "Ny".to_owned()));
    let store = scene.devices.remove(0).into_store();
    let Opened::Enrolled(device) = open(store, &mut Moment::new(scene.now, &mut rng::system())).unwrap() else {
        panic!("an enrolled store holds a device")
    };
    assert_eq!(device.staff().head, head);
}

#[test]
fn whatever_the_relay_answers_nothing_is_replaced_and_notes_go_on() {
    type Spoil = fn(DirectoryAnswer, DirectoryAnswer) -> Result<Vec<u8>, Failure>;
    let spoils: [(&str, Spoil); 7] = [
        ("nothing", |_, _| Ok(Vec::new())),
        ("no such directory", |_, _| Err(Failure::Incompatible)),
        ("no answer", |_, _| Err(Failure::Unreachable { retry_after: None })),
        ("a lie about the device", |_, _| Err(Failure::Forbidden)),
        ("another device's", |_, other| Ok(other.to_bytes())),
        ("cut short", |mut own, _| {
            own.sealed.0.truncate(own.sealed.len() - 64);
            Ok(own.to_bytes())
        }),
        ("one bit of it", |mut own, _| {
            own.sealed.0[100] ^= 1;
            Ok(own.to_bytes())
        }),
    ];
    for (what, spoil) in spoils {
        let (mut scene, head) = stated();
        let answers = [0, 1].map(|device| {
            let answer = scene.ask(device, &Request::Directory(head)).unwrap();
            DirectoryAnswer::from_bytes(&answer).unwrap()
        });
        let [own, other] = answers;
        scene.relay.script(0, move |request, honest| match request {
            Request::Directory(_) => spoil(own.clone(), other.clone()),
            _ => honest(request),
        });
        let note = scene.writes(0, "Bliver sendt", &[1]);
        assert_eq!(scene.sync(0), None, "{what}");
        scene.sync(1);
        assert!(scene.reads(1, &note), "{what}");
        assert_eq!((scene.unit(0), scene.devices[0].wanted_directory()), ("Hus 0".to_owned(), Some(head)), "{what}");
        scene.relay.behave(0);
        scene.sync(0);
        assert_eq!(scene.unit(0), "Ny", "{what}: it is asked for again in the next contact");
    }
}

#[test]
fn one_contact_asks_once() {
    let (mut scene, _) = stated();
    let asked = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = std::rc::Rc::clone(&asked);
    scene.relay.script(0, move |request, honest| match request {
        Request::Directory(_) => {
            count.set(count.get() + 1);
            Err(Failure::Incompatible)
        }
        _ => honest(request),
    });
    scene.writes(0, "Et", &[1]);
    scene.sync(0);
    assert_eq!(asked.get(), 1);
    scene.sync(0);
    assert_eq!(asked.get(), 2);
    scene.relay.behave(0);
    scene.sync(0);
    scene.sync(0);
    assert_eq!((scene.unit(0), scene.devices[0].wanted_directory()), ("Ny".to_owned(), None));
}

#[test]
fn a_directory_that_the_relay_brings_unstated_is_never_asked_for() {
    let mut scene = Scene::new(2);
    let newer = scene.renames(5, "Ny");
    scene.brings(&newer, &[0, 1]);
    scene.meet();
    assert_eq!(scene.unit(0), "Hus 0");
    // Somebody else's word is none.
    let mut stranger = Scene::new(1);
    let forged = stranger.states(&newer);
    scene.relay.slips(0, vec![tvaers_core::wire::message::FeedItem::Statement { statement: forged }]);
    scene.sync(0);
    assert_eq!((scene.unit(0), scene.devices[0].wanted_directory()), ("Hus 0".to_owned(), None));
}

#[test]
fn a_relay_put_back_from_a_backup_hears_again_which_directory_is_in_force() {
    let mut scene = Scene::new(3);
    let backup = scene.relay.snapshot();
    let newer = scene.renames(5, "Ny");
    scene.brings(&newer, &[0, 1, 2]);
    scene.states(&newer);
    scene.sync(0);
    assert_eq!((scene.unit(0), scene.unit(1)), ("Ny".to_owned(), "Hus 0".to_owned()));
    scene.relay.restore(backup);
    scene.meet();
    assert_eq!(scene.devices[1].wanted_directory(), Some(newer.head()), "told by who had heard");
    assert_eq!(scene.unit(1), "Hus 0", "the directory itself is the office's to bring again");
    scene.brings(&newer, &[0, 1, 2]);
    scene.meet();
    assert_eq!((scene.unit(1), scene.unit(2)), ("Ny".to_owned(), "Ny".to_owned()));
}

/// Told by a contact's own thread.
struct Told(std::sync::mpsc::Sender<()>);

impl Listener for Told {
    fn changed(&self, _: &Processed) {
        let _ = self.0.send(());
    }

    fn connected(&self, _: bool) {}
}

#[test]
fn a_live_contact_that_begins_brings_the_names_and_says_so() {
    let mut scene = tvaers_tests::scene::Scene::new(&[0]);
    let device = std::sync::Arc::new(scene.devices.remove(0));
    let mut directory = Directory { serial: 5, ..scene.town.directory() };
    directory.teams[0].name = "Ny".to_owned();
    let signed = scene.town.authority.sign_directory(&directory);
    let certified = Statement::from_bytes(&device.certificate().body).unwrap();
    let Claim::Device { keys, .. } = certified.claim else { panic!("a certificate") };
    let sealed = signed.seal_for(&directory.municipality, [&*keys], &mut rng::system()).unwrap();
    let relay = Relay::new(&scene.relay.url()).unwrap();
    for upload in scene.town.authority.directory_uploads(&sealed) {
        assert!(block(relay.bring_directory(&upload)).unwrap());
    }
    let statement = scene.town.authority.state_directory(&signed);
    scene.publish(&statement);
    let (told, hears) = std::sync::mpsc::channel();
    let contact = keep_in_contact(std::sync::Arc::clone(&device), relay, std::sync::Arc::new(Told(told))).unwrap();
    while device.staff().head != signed.head() {
        hears.recv_timeout(std::time::Duration::from_secs(20)).expect("it is told");
    }
    contact.stop().unwrap();
}
