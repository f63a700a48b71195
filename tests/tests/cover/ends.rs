//! The end: on the day or before, what is then where, and who draws the key.

use tvaers_core::audience::Audience;
use tvaers_core::view::Delivery;
use tvaers_core::wire::chunk::ParsedChunk;
use tvaers_core::wire::entry::{Member, ParsedEntry};
use tvaers_core::wire::message::FeedItem;
use tvaers_tests::town::child;

use crate::story::*;

#[test]
fn on_the_day_the_device_shows_nothing_more_also_without_a_network_and_keeps_what_its_person_wrote() {
    let mut scene = scene();
    let (to_kim, to_anna) = (to(&scene, KIM), to(&scene, ANNA));
    let note = writes_to(&mut scene, ANNA, "Annas note", to_kim);
    let case = scene.writes(BO, "note i sagen", &[]);
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.meet();
    let answer = answers(&mut scene, VIKI, &note, to_anna);
    scene.meet();
    scene.now += 6 * DAY;
    assert!(shown(&scene, VIKI, &note) && shown(&scene, VIKI, &case));
    scene.now += DAY;
    assert!(!shown(&scene, VIKI, &note) && !shown(&scene, VIKI, &case), "no network was needed");
    assert!(shown(&scene, VIKI, &answer), "what they wrote stays theirs");
    let children = scene.devices[VIKI].children().unwrap();
    assert_eq!(children.iter().map(|row| row.records).sum::<usize>(), 1);
    assert_eq!(scene.devices[VIKI].standing().unwrap().unread, 0);
    // Nor is anything done with what is not shown.
    let (viki, now) = (&scene.devices[VIKI], scene.now);
    let dice = &mut tvaers_core::rng::system();
    let moment = &mut tvaers_core::moment::Moment::new(now, dice);
    assert!(viki.share(&note, &Audience::Own, moment).is_err() && viki.mark_read(&note, moment).is_err());
    for device in [ANNA, BO, KIM] {
        assert!(shown(&scene, device, &answer) || device == BO);
    }
}

#[test]
fn what_was_hidden_is_deleted_when_the_relay_has_told_that_it_is_over() {
    let mut scene = scene();
    scene.writes(ANNA, "Kanariefugl i sagen", &[]);
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.meet();
    let held = |scene: &tvaers_tests::hostile::Scene| {
        let device = &scene.devices[VIKI];
        let count = |sql: &str| {
            device
                .store()
                .read(|conn| Ok::<i64, tvaers_core::store::StoreError>(conn.query_row(sql, [], |row| row.get(0))?))
                .unwrap()
        };
        let roots = "SELECT count(*) FROM root WHERE circle IN (SELECT circle FROM circle WHERE child IS NOT NULL)";
        let wraps = "SELECT count(*) FROM entry WHERE length(wraps) > 1 \
                     AND circle IN (SELECT circle FROM circle WHERE child IS NOT NULL)";
        let texts = "SELECT (SELECT count(*) FROM record WHERE child IS NOT NULL) + \
                     (SELECT count(*) FROM record_item JOIN record ON record.id = record_item.record WHERE kind <> 18) + \
                     (SELECT count(*) FROM search WHERE search MATCH 'kanariefugl')";
        [count(roots), count(wraps), count(texts)]
    };
    assert!(held(&scene).iter().all(|count| *count > 0));
    scene.now += 7 * DAY;
    looks(&scene, VIKI);
    assert!(held(&scene)[0] > 0, "a clock deletes nothing");
    scene.sync(VIKI);
    assert_eq!(held(&scene), [0, 0, 0], "keys, what they could be opened from again, and texts");
    // Nor does anything come back, whatever the relay is asked for again.
    scene.devices[VIKI].begin_healing().unwrap();
    scene.meet();
    assert_eq!(held(&scene), [0, 0, 0]);
}

#[test]
fn after_the_day_the_coordinator_draws_a_key_unasked_and_nothing_written_then_opens_with_the_old_one() {
    let mut scene = scene();
    let before = scene.writes(ANNA, "note før", &[]);
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.meet();
    scene.now += 7 * DAY;
    scene.meet();
    assert!(!is_in(&scene, &before), "nobody had to ask for it");
    let after = scene.writes(ANNA, "note efter", &[]);
    scene.meet();
    assert!(shown(&scene, KIM, &after) && shown(&scene, KIM, &before));
    // A relay that hands everything over hands over nothing that opens.
    let feed = scene.feed(KIM);
    scene.relay.slips(VIKI, feed);
    scene.sync(VIKI);
    scene.relay.behave(VIKI);
    scene.meet();
    assert!(!scene.reads(VIKI, &after) && !scene.reads(VIKI, &before));
}

#[test]
fn the_relay_gives_and_takes_nothing_from_the_second_on() {
    let mut scene = scene();
    let to_kim = to(&scene, KIM);
    writes_to(&mut scene, ANNA, "note på linjen", to_kim);
    scene.meet();
    let until = in_days(&scene, 7);
    covers(&scene, VIKI, until).unwrap();
    scene.meet();
    let lent = |item: &FeedItem| match item {
        FeedItem::Entry { entry, .. } => {
            Some(ParsedEntry::from_bytes(entry).unwrap()).filter(|it| it.handed_over.is_some())
        }
        _ => None,
    };
    let circle = scene.feed(VIKI).iter().find_map(lent).unwrap().circle;
    let in_feed = |items: &[FeedItem]| {
        items.iter().any(|item| {
            matches!(item, FeedItem::Chunk { chunk, .. }
        if ParsedChunk::from_bytes(chunk).unwrap().header.circle == circle)
        })
    };
    scene.now = i64::try_from(until).unwrap() * 1000 - 200;
    assert!(in_feed(&scene.past(VIKI, circle)));
    assert!(in_feed(&scene.feed(VIKI)));
    scene.now = i64::try_from(until).unwrap() * 1000;
    assert_eq!(scene.past(VIKI, circle), [], "the past of a circle");
    let feed = scene.feed(VIKI);
    assert!(!in_feed(&feed), "the feed");
    let keys = feed.iter().any(|item| {
        matches!(item, FeedItem::Entry { entry, wraps, .. }
        if ParsedEntry::from_bytes(entry).unwrap().circle == circle && !wraps.is_empty())
    });
    assert!(!keys, "nor any key of it");
}

#[test]
fn notes_that_waited_reach_the_coordinator_after_the_end() {
    let mut scene = scene();
    let (to_kim, to_anna) = (to(&scene, KIM), to(&scene, ANNA));
    let note = writes_to(&mut scene, ANNA, "Annas note", to_kim);
    scene.writes(ANNA, "note i sagen", &[]);
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.meet();
    // Two hours before the end, in the forest.
    scene.now += 7 * DAY - 120 * MINUTE;
    let late = answers(&mut scene, VIKI, &note, to_anna);
    let in_case = scene.writes(VIKI, "note i skoven", &[]);
    scene.now += DAY;
    assert!(shown(&scene, VIKI, &late) && shown(&scene, VIKI, &in_case));
    assert_eq!(scene.devices[VIKI].unsent().unwrap().len(), 2, "shown as not sent");
    // The coordinator's device is away: nothing waits for it to take anybody out.
    for _ in 0..3 {
        scene.sync(VIKI);
    }
    assert!(scene.devices[VIKI].unsent().unwrap().is_empty());
    for _ in 0..3 {
        scene.meet();
    }
    for record in [late, in_case] {
        assert!(shown(&scene, KIM, &record), "the coordinator has it");
        assert!(matches!(scene.devices[VIKI].delivery(&record).unwrap().0, Delivery::Received | Delivery::Read));
    }
    assert!(scene.devices[VIKI].unsent().unwrap().is_empty());
    assert!(!shown(&scene, VIKI, &note), "and gets nothing in return");
}

#[test]
fn what_was_pushed_before_the_end_stays_for_everybody() {
    let mut scene = scene();
    let (to_kim, to_anna) = (to(&scene, KIM), to(&scene, ANNA));
    let note = writes_to(&mut scene, ANNA, "Annas note", to_kim);
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.meet();
    let answer = answers(&mut scene, VIKI, &note, to_anna);
    scene.sync(VIKI);
    // Everybody else is away until it is over.
    scene.now += 9 * DAY;
    scene.sync(KIM);
    scene.sync(KIM);
    scene.sync(ANNA);
    assert!(shown(&scene, ANNA, &answer) && shown(&scene, KIM, &answer));
    assert!(scene.aside(ANNA).is_empty() && scene.aside(KIM).is_empty());
}

#[test]
fn ended_early_it_is_over_with_the_next_contact() {
    let mut scene = scene();
    let case = scene.writes(ANNA, "note i sagen", &[]);
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.meet();
    assert!(shown(&scene, VIKI, &case));
    let viki = scene.devices[VIKI].person();
    scene.devices[KIM].end_cover(&child(1).id, &viki).unwrap();
    scene.meet();
    let after = scene.writes(ANNA, "note efter", &[]);
    let to_kim = to(&scene, KIM);
    let line = writes_to(&mut scene, ANNA, "note på en ny linje", to_kim);
    scene.meet();
    for record in [case, after, line] {
        assert!(!shown(&scene, VIKI, &record) && shown(&scene, KIM, &record));
    }
}

#[test]
fn ended_before_it_began_it_never_was() {
    let mut scene = scene();
    let case = scene.writes(ANNA, "note i sagen", &[]);
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    let viki = scene.devices[VIKI].person();
    scene.devices[KIM].end_cover(&child(1).id, &viki).unwrap();
    scene.meet();
    assert!(!scene.reads(VIKI, &case));
    assert!(!scene.devices[KIM].has_work(i64::MAX).unwrap());
}

#[test]
fn prolonged_it_lasts_and_what_came_between_is_there() {
    let mut scene = scene();
    let case = scene.writes(ANNA, "note i sagen", &[]);
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 14)).unwrap();
    scene.meet();
    scene.now += 8 * DAY;
    scene.meet();
    assert!(shown(&scene, VIKI, &case), "before the end");
    // And again, a day after it was over, before and after the coordinator's device has noticed.
    scene.now += 7 * DAY;
    scene.sync(VIKI);
    assert!(!shown(&scene, VIKI, &case));
    let between = scene.writes(ANNA, "note imens", &[]);
    scene.sync(ANNA);
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.meet();
    assert!(shown(&scene, VIKI, &case) && shown(&scene, VIKI, &between), "it is fetched again");
    scene.now += 8 * DAY;
    scene.meet();
    assert!(!shown(&scene, VIKI, &case));
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.meet();
    assert!(shown(&scene, VIKI, &case) && shown(&scene, VIKI, &between));
}

#[test]
fn who_is_in_it_otherwise_keeps_that() {
    let mut scene = scene();
    let case = scene.writes(ANNA, "note i sagen", &[VIKI]);
    let to_kim = to(&scene, KIM);
    let own = writes_to(&mut scene, VIKI, "Vikis egen note", to_kim.clone());
    let line = writes_to(&mut scene, ANNA, "Annas note", to_kim.clone());
    scene.meet();
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.meet();
    assert!(shown(&scene, VIKI, &line));
    scene.now += 8 * DAY;
    scene.meet();
    let after = scene.writes(ANNA, "note i sagen efter", &[VIKI]);
    let own_after = writes_to(&mut scene, VIKI, "Vikis næste note", to_kim);
    scene.meet();
    assert!(!shown(&scene, VIKI, &line), "what was lent goes");
    for record in [case, own, after, own_after] {
        assert!(shown(&scene, VIKI, &record) && shown(&scene, KIM, &record));
    }
}

#[test]
fn a_team_that_is_in_it_keeps_that() {
    let mut scene = scene();
    let team = Member::Team(scene.town.teams[VIKI]);
    let case = writes_to(&mut scene, ANNA, "note i sagen", Audience::Case(vec![team]));
    scene.meet();
    assert!(shown(&scene, VIKI, &case));
    covers(&scene, VIKI, in_days(&scene, 7)).unwrap();
    scene.meet();
    scene.now += 8 * DAY;
    assert!(shown(&scene, VIKI, &case));
    scene.meet();
    let after = writes_to(&mut scene, ANNA, "note efter", Audience::Case(vec![team]));
    scene.meet();
    assert!(shown(&scene, VIKI, &case) && shown(&scene, VIKI, &after));
}
