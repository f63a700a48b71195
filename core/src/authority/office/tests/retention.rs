use super::*;
use crate::directory::Retention;
use crate::kinds::Kind;

fn rules(office: &Office) -> Option<Vec<Retention>> {
    Directory::from_bytes(&office.state.directory.body).unwrap().policy.map(|policy| policy.retention)
}

#[test]
fn a_rule_is_set_changed_and_ended_and_the_directory_says_so() {
    let Town { mut office, .. } = town();
    assert_eq!(rules(&office), None);
    office.set_retention(Kind::Observation, Some(60), BY).unwrap();
    office.set_retention(Kind::Draft, Some(6), BY).unwrap();
    office.set_retention(Kind::Observation, Some(72), BY).unwrap();
    let rule = |kind: Kind, months| Retention { kind: kind.code(), months };
    let expected = vec![rule(Kind::Draft, 6), rule(Kind::Observation, 72)];
    assert_eq!((rules(&office), office.retention()), (Some(expected.clone()), &expected[..]));
    let last = Entry::from_bytes(&office.journal().last().unwrap().body).unwrap().act;
    assert_eq!(last, Act::RetentionSet { kind: Kind::Observation.code(), months: Some(72) });
    for kind in [Kind::Draft, Kind::Observation] {
        office.set_retention(kind, None, BY).unwrap();
    }
    assert_eq!((rules(&office), office.retention()), (Some(vec![]), &[][..]));
    let again = State::from_bytes(&office.state.to_bytes()).unwrap();
    assert_eq!(again, office.state);
}

#[test]
fn nothing_is_kept_for_no_time_or_for_ever_and_the_log_by_no_rule() {
    let Town { mut office, .. } = town();
    for (kind, months) in [
        (Kind::Observation, Some(0)),
        (Kind::Observation, Some(1_201)),
        (Kind::AccessEvent, Some(60)),
        (Kind::AccessEvent, None),
    ] {
        let set = |office: &mut Office| office.set_retention(kind, months, BY);
        assert_eq!(refused(&mut office, set), OfficeError::Retention);
    }
}
