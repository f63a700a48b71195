//! Forks at random: what they come to must not depend on who looks, from where and when.

use super::*;
use crate::log::merge::voided;

/// A linear congruential generator (Knuth, TAOCP 3.3.4): the same forks every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u8) -> u8 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(sides)) as u8
    }

    fn rights(&mut self) -> Rights {
        [Rights::Write, Rights::Manage, Rights::Manage][usize::from(self.roll(3))]
    }

    fn person(&mut self) -> u8 {
        1 + self.roll(5)
    }
}

/// Up to so many changes by anybody who may make them.
fn wander(log: &mut CircleLog, dice: &mut Dice, most: u8) -> Vec<ParsedEntry> {
    let mut made = Vec::new();
    for _ in 0..most {
        let (signer, other, rights, what) = (dice.person(), dice.person(), dice.rights(), dice.roll(5));
        let entry = entry_with(signer, Some(log), Subject::Shared, |public| match what {
            0 | 1 => public.changes = vec![add(member(other), rights)],
            2 | 3 => public.changes = vec![remove(member(other), vec![])],
            _ => {
                public.epoch = Some(NewEpoch {
                    root_commitment: Fixed([signer; 32]),
                    kem: None,
                    history: vec![Bytes(vec![1])],
                    leads_to: None,
                })
            }
        });
        if log.append(&entry, &people(), &Force::default()).is_ok() {
            made.push(entry);
        }
    }
    made
}

/// Everybody who was ever let in by somebody who was, with nothing that is void.
fn believed(known: &[ParsedEntry], void: &[EntryId]) -> HashSet<Member> {
    let void: HashSet<EntryId> = known.iter().flat_map(voided).chain(void.iter().copied()).collect();
    let mut believed = HashSet::new();
    for entry in known.iter().filter(|entry| !void.contains(&entry.id)) {
        let by = (1..=6).find(|seed| device(*seed) == entry.public.device).map(member);
        if entry.public.circle.is_none() || by.is_some_and(|by| believed.contains(&by)) {
            believed.extend(entry.public.changes.iter().filter_map(Change::member).copied());
        }
    }
    believed
}

/// Everything that anybody makes of these two heads, each found alike from both and after a restart.
fn unions(sides: &[CircleLog; 2], known: &[ParsedEntry]) -> Vec<(ParsedEntry, CircleLog)> {
    let heads = [sides[0].head(), sides[1].head()];
    let force = Force::default();
    let judged = [0, 1].map(|side| Branches::of(known).merging(&sides[side], heads, &people(), &force));
    let [Ok(merging), Ok(other)] = judged else { return Vec::new() };
    assert_eq!((&merging.void, &merging.log), (&other.void, &other.log));
    let void: Vec<EntryId> = merging.void.iter().copied().collect();
    let mut found = Vec::new();
    for signer in 1..=6 {
        let entry = uniting(signer, &sides[0], heads, &void);
        let all = || known.iter().chain([&entry]);
        let [one, two] = [0, 1].map(|side| Branches::of(all()).merge(&sides[side], &entry, &people(), &force));
        assert_eq!(one, two, "by {signer}");
        let Ok(log) = one else { continue };
        assert_eq!(CircleLog::replay(all()).as_ref(), Some(&log), "by {signer}");
        let [first, second] = &merging.sides;
        assert!(log.members.keys().all(|one| first.members.contains_key(one) || second.members.contains_key(one)));
        let believed = believed(known, &void);
        assert!(log.members.keys().all(|one| believed.contains(one)), "let in by what is void");
        // Whoever is void is believed less, and nobody else's word: a list that leaves one off, or adds one, is refused.
        for left in 0..void.len() {
            let less: Vec<EntryId> = void.iter().enumerate().filter(|(at, _)| *at != left).map(|(_, id)| *id).collect();
            let lie = uniting(signer, &sides[0], heads, &less);
            assert!(Branches::of(known.iter().chain([&lie])).merge(&sides[0], &lie, &people(), &force).is_err());
        }
        found.push((entry, log));
    }
    found
}

#[test]
fn whatever_two_branches_and_two_who_unite_them_do_everybody_finds_the_same() {
    let (mut united, mut crossed) = (0, 0);
    for seed in 0..80 {
        let dice = &mut Dice(seed);
        let others = [(BO, dice.rights()), (EVA, dice.rights())];
        let (base, mut known) = circle(&others);
        let mut sides = [base.clone(), base];
        for side in &mut sides {
            known.extend(wander(side, dice, 9));
        }
        let found = unions(&sides, &known);
        united += found.len();
        let [(one, first), .., (two, second)] = &found[..] else { continue };
        // A relay that was put back twice: two have united the same heads, and each has gone on.
        let mut sides = [first.clone(), second.clone()];
        known.extend([one.clone(), two.clone()]);
        for side in &mut sides {
            known.extend(wander(side, dice, 4));
        }
        crossed += unions(&sides, &known).len();
    }
    assert!(united > 50 && crossed > 20, "{united}, {crossed}");
}
