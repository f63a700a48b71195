use tvaers_wire::directory::{DirectoryAnswer, DirectoryUpload, DirectoryWraps, PartKind};
use tvaers_wire::ids::Fixed;

use super::*;

/// Which directory everybody is told of.
fn stated(office: &Office) -> Fixed<32> {
    vouched(office).directory().unwrap().1
}

/// True if the relay is still to be told of the directory in force.
fn is_due(office: &Office) -> bool {
    office.to_publish(false).iter().any(|statement| office.is_of_directory(statement))
}

fn publish(office: &mut Office) -> Vec<DirectoryUpload> {
    let uploads = office.directory_uploads(BY, &mut system()).unwrap();
    let due = office.to_publish(false);
    office.published(&due, BY).unwrap();
    uploads
}

/// What the relay would answer a device, as far as anything was brought for it.
fn answer(office: &Office, uploads: &[DirectoryUpload], device: &DeviceSecret) -> Option<DirectoryAnswer> {
    let (mut wraps, mut sealed) = (Vec::new(), None);
    for upload in uploads {
        match office.authority().check_directory_order(&upload.order).unwrap().kind {
            PartKind::Wraps => wraps.extend(DirectoryWraps::from_bytes(&upload.part).unwrap().wraps),
            PartKind::Sealed => sealed = Some(upload.part.clone()),
        }
    }
    let wrap = wraps.into_iter().find(|wrap| wrap.device == device.id())?.bytes;
    Some(DirectoryAnswer { sealed: sealed?, wrap })
}

#[test]
fn every_change_of_a_name_states_the_directory_anew() {
    let Town { mut office, .. } = town();
    assert!(is_due(&office), "a new office has told nobody yet");
    publish(&mut office);
    let mut before = stated(&office);
    assert_eq!(before, office.state.directory.head());
    let renamed = [Row { name: "Ida Krogh".to_owned(), ..row(&office, "1", "-", "Solsikken", &[]) }];
    let acts: [AnAct; 4] = [
        Box::new(|office| office.rename_unit("solsikken", "Børnehuset Solsikken", BY).unwrap()),
        Box::new(|office| office.add_unit("Nordskolen", "skole", None, BY, &mut system()).unwrap()),
        Box::new(move |office| office.import(&renamed, Missing::Stay, BY, &mut system()).unwrap()),
        Box::new(|office| {
            let new = [row(office, "3", "Kim", "Vestskolen", &[])];
            office.import(&new, Missing::Stay, BY, &mut system()).unwrap();
        }),
    ];
    for mut act in acts {
        act(&mut office);
        assert_ne!(stated(&office), before);
        assert!(is_due(&office));
        assert!(office.is_of_directory(office.to_publish(false).last().unwrap()), "told last, when it lies there");
        publish(&mut office);
        assert!(!is_due(&office));
        before = stated(&office);
    }
    assert_eq!(office.unit("børnehuset solsikken").unwrap().team, office.units()[0].team);
    // Nothing that changes no name does.
    office.certify("2", &keys(), BY).unwrap();
    office.suspend("2", BY).unwrap();
    office.leave("2", BY).unwrap();
    assert!(!is_due(&office) && stated(&office) == before);
}

#[test]
fn the_directory_is_sealed_for_the_devices_in_use_of_people_at_work() {
    let Town { mut office, .. } = town();
    let [kept, lost, suspended] = [(); 3].map(|()| DeviceSecret::generate(&mut system()).unwrap());
    office.certify("1", kept.keys(), BY).unwrap();
    office.certify("1", lost.keys(), BY).unwrap();
    office.certify("2", suspended.keys(), BY).unwrap();
    office.revoke_device("1/2", BY).unwrap();
    office.suspend("2", BY).unwrap();
    assert_eq!(office.directory_readers().into_iter().collect::<Vec<_>>(), [kept.id()]);
    let uploads = publish(&mut office);
    assert!(answer(&office, &uploads, &lost).is_none() && answer(&office, &uploads, &suspended).is_none());

    let held = Staff::verified(&office.key.sign_directory(&older(&office)), office.lineage()).unwrap();
    let opens = |office: &Office, uploads: &[DirectoryUpload], device: &DeviceSecret, number: &str| {
        let answer = answer(office, uploads, device).unwrap();
        let held = (&held, &office.person(number).unwrap().person);
        SignedDirectory::open(&answer, &stated(office), office.lineage(), device, held).unwrap().1
    };
    assert_eq!(opens(&office, &uploads, &kept, "1").head, office.state.directory.head());
    // Who comes back is due the same directory, which is sealed anew for that, under a serial that counts more.
    office.reinstate("2", BY).unwrap();
    assert!(is_due(&office));
    let again = publish(&mut office);
    assert_eq!(opens(&office, &again, &suspended, "2").head, office.state.directory.head());
    let serial = |upload: &DirectoryUpload| office.authority().check_directory_order(&upload.order).unwrap().serial;
    assert!(serial(&again[0]) > serial(&uploads[0]));
}

/// The directory as somebody holds it who has been away.
fn older(office: &Office) -> Directory {
    Directory { serial: 0, ..Directory::from_bytes(&office.state.directory.body).unwrap() }
}

#[test]
fn an_enrolment_brings_the_directory_and_tells_nobody() {
    let Town { mut office, .. } = town();
    let device = office.certify("1", &keys(), BY).unwrap();
    let checked = office.enrolment(&device).unwrap().check(&device).unwrap();
    assert_eq!(checked.staff.head, office.state.directory.head());
    assert_eq!(checked.vouched.directory(), None, "the relay could have been told before the directory lies there");
}

#[test]
fn an_office_of_before_states_its_directory_with_the_next_act() {
    let Town { mut office, .. } = town();
    office.state.statements.retain(|kept| kept.about != About::Directory);
    office.add_profession("Musikterapeut", BY).unwrap();
    assert_eq!(stated(&office), office.state.directory.head());
}
