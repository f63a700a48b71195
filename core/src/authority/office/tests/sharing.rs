use super::*;
use crate::directory::{Policy, Sharing, standard};
use crate::kinds::Kind;

fn rule(from: &str, basis: &str) -> Sharing {
    let (from, to) = (vec![from.to_owned()], vec!["ppr".to_owned()]);
    Sharing { from, to, kinds: vec![Kind::Concern.code()], basis: basis.to_owned() }
}

fn said(office: &Office) -> Option<Policy> {
    Directory::from_bytes(&office.state.directory.body).unwrap().policy
}

#[test]
fn rules_are_set_whole_and_the_directory_says_so() {
    let Town { mut office, .. } = town();
    assert_eq!((office.own_sharing(), office.sharing()), (None, standard()));
    let rules = vec![rule("skole", "Samtykke")];
    office.set_sharing(Some(rules.clone()), BY).unwrap();
    assert_eq!((office.sharing(), said(&office).unwrap().sharing), (&rules[..], Some(rules.clone())));
    let last = Entry::from_bytes(&office.journal().last().unwrap().body).unwrap().act;
    assert_eq!(last, Act::SharingSet { rules: Some(1) });

    let entries = office.journal().len();
    office.set_sharing(Some(rules), BY).unwrap();
    assert_eq!(office.journal().len(), entries, "nothing was changed");
    assert_eq!(State::from_bytes(&office.state.to_bytes()).unwrap(), office.state);

    office.set_sharing(Some(Vec::new()), BY).unwrap();
    assert_eq!((office.sharing(), said(&office).unwrap().sharing), (&[][..], Some(Vec::new())), "nothing is allowed");
    office.set_sharing(None, BY).unwrap();
    assert_eq!((office.sharing(), said(&office).unwrap().sharing), (standard(), None));
}

#[test]
fn a_rule_that_says_nothing_or_too_much_is_refused() {
    let Town { mut office, .. } = town();
    let unknown = Sharing { kinds: vec![250], ..rule("skole", "Samtykke") };
    let many = vec![rule("skole", "Samtykke"); 257];
    for rules in [
        vec![rule("rådhus", "Samtykke")],
        vec![rule("skole", "  ")],
        vec![rule("skole", &"x".repeat(161))],
        vec![rule("skole", "to\nlinjer")],
        vec![unknown],
        many,
    ] {
        assert_eq!(refused(&mut office, |office| office.set_sharing(Some(rules.clone()), BY)), OfficeError::Sharing);
    }
}
