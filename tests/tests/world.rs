//! A fixed portion of worlds in memory. `TVAERS_SEEDS` says how many; `tvaers-world` lives through more.

use tvaers_tests::world::{Options, run, run_many};

/// Nothing acknowledged is lost, everybody converges, nobody reads what is not theirs, every writer hears back, and then there
/// is silence: whatever is dropped, repeated, delayed, crashes, is put back or shows the wrong time.
#[test]
fn every_world_keeps_every_promise() {
    let seeds = std::env::var("TVAERS_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(30);
    let (tally, broken) = run_many(1, seeds, &Options::default(), &|_| {});
    assert!(broken.is_empty(), "{} of {seeds} worlds broke a promise:\n{}", broken.len(), broken.join("\n"));
    let everything_happened = [tally.records, tally.crashes, tally.restores, tally.lost_devices, tally.standings]
        .into_iter()
        .chain([tally.hand_overs, tally.removals])
        .all(|count| count > 0);
    assert!(everything_happened || seeds < 20, "the worlds were too kind: {tally:?}");
}

/// Worlds that broke a promise once: a relay that could not start again after branches had been united within branches (1384), wishes
/// that waited in a circle that was given up (1295, 1550, 2912), cuts that did not know of what is erased (1529, 2394), a head that
/// nobody could unite (2707), a relay that was put back again before anything had been read from it (1576, 2560), a removal that a line
/// repeated (21, 876), a key whose only holder is lost (615), hand-overs that crossed (2315, 3372), a team of which only the writer is left
/// (2477), a chain with a hole that is erased (2543), a receipt that went with its circle (3044), branches
/// that come to nothing (1570, 1997) or whose uniter had come back (6143), keys that are lost (2987, 5036, 7087), a record that was passed on
/// again and again to where it was erased (6533), two who united the same heads (12233), a successor who was unheard of on the other branch
/// (12966), a box under a key of nobody (13295), what a lost phone wrote behind its cut (1332, 8382), an unsent edit behind one that is erased (13981), a line that was handed over
/// to somebody one of whose phones is lost (14509), a receipt that waited for an edit that nobody has (15374), a key that a colleague
/// had seen and its maker took for unsent (20006), a colleague whom a branch of the unit had brought in (2405), boxes that only a lost key
/// opens (2197, 31814), a head that the relay follows and does not show (31203), a device whose letting in the relay has forgotten (31779)
/// and a colleague who went on believing in it (31858), a device that was let in and lost, of which the relay had forgotten both (33349),
/// a hand-over that was heard of when its successor had left (35669), what was written while its reader was away, and read while its writer
/// was (35674), a receipt that waited for what is erased (35904), a head that a page on its way did not show yet (38422), a refusal that
/// comes after somebody else has brought what was refused (40354), what a lost phone was told to pass on (40939), a device whose letting
/// in was forgotten before it had read anything (1861, 4664), an edit that came twice (2098), a receipt behind an edit of what is erased (3140, 4883).
#[test]
fn what_was_broken_once_is_kept() {
    for seed in [
        21, 615, 876, 1295, 1384, 1529, 1550, 1570, 1576, 1997, 2315, 2394, 2477, 2543, 2560, 2707, 2912, 2987, 3044,
        3372, 5036, 6143, 6533, 7087, 1332, 8382, 12233, 12966, 13295, 13981, 14509, 15374, 20006, 2405, 2197, 31814,
        31203, 31779, 31858, 33349, 35669, 35674, 35904, 38422, 40354, 40939, 1861, 4664, 2098, 3140, 4883,
    ] {
        if let Err(broken) = run(seed, &Options::default()) {
            panic!("{broken}");
        }
    }
}

/// The same of small ones: a removal that hides a note which waits for a cut (93476), what is offered and nobody takes (97553), keys whose
/// wraps were forgotten (100778, 101449, 21535), what was signed as one of a unit that forgot its signer (9190), a hand-over on one of two
/// heads (21367).
#[test]
fn what_was_broken_once_in_a_small_world_is_kept() {
    let small = Options { devices: 3..=6, steps: 25, ..Options::default() };
    for seed in [9190, 21367, 21535, 25813, 28795, 40345, 42018, 29624, 93476, 97553, 100778, 101449] {
        if let Err(broken) = run(seed, &small) {
            panic!("{broken}");
        }
    }
}
