//! Rounds of the loop, and its end.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::process::{Process, Queue, Said};
use super::verdict::{Told, Verdict, judge};
use super::{Options, broken, command};
use crate::dice::Dice;
use crate::faults::people::{People, START};
use crate::faults::relay_data::listening;

/// Notes that a device submits in one batch.
const BATCH: u32 = 4;
/// How far time goes on between batches once all are to come online: every rest is over then. Milliseconds.
const LATER: i64 = 1_000_000;
/// Batches without a note after which everything must have arrived everywhere.
const PATIENCE: u32 = 40;

/// Runs the loop with this executable for the children.
///
/// # Errors
/// If a child ends by itself or the machine fails; what is lost is in the verdict.
pub fn run(program: &Path, options: Options) -> io::Result<Verdict> {
    let people = People::enrolled(usize::from(options.devices))?;
    let begun = Instant::now();
    let mut world = World::start(program, &people, options)?;
    for _ in 0..options.rounds {
        world.round()?;
    }
    let load = begun.elapsed();
    world.come_online()?;
    let (told, kills) = (std::mem::take(&mut world.told), world.kills);
    drop(world);
    let mut verdict = judge(&people, &told)?;
    (verdict.options, verdict.kills, verdict.load) = (Some(options), kills, load);
    Ok(verdict)
}

struct World<'a> {
    program: PathBuf,
    people: &'a People,
    dice: Dice,
    queue: Queue,
    relay: Process,
    url: String,
    devices: Vec<Process>,
    /// Lines of a life that was ended are still worth reading, as they were said; the life tells which `done` is current.
    told: Told,
    next_number: u32,
    now: i64,
    kills: [u32; 2],
}

impl<'a> World<'a> {
    fn start(program: &Path, people: &'a People, options: Options) -> io::Result<Self> {
        let queue = Queue::default();
        let count = people.persons.len();
        let mut relay = relay(program, people, &queue, 0)?;
        let mut told = Told { acknowledged: Vec::new(), saved: BTreeMap::new() };
        let url = bound(&queue, &mut relay, count, &mut told)?;
        let devices = (0..count).map(|who| device(program, people, &queue, who, 0)).collect::<io::Result<_>>()?;
        let dice = Dice(options.seed);
        let (program, now) = (program.to_owned(), START);
        let mut world =
            Self { program, people, dice, queue, relay, url, devices, told, next_number: 0, now, kills: [0, 0] };
        (0..count).try_for_each(|who| world.go(who, BATCH))?;
        Ok(world)
    }

    /// Listens to a number of lines, then kills somebody and starts it again.
    fn round(&mut self) -> io::Result<()> {
        for _ in 0..1 + self.dice.below(60) {
            let said = self.queue.next()?;
            self.hear(&said)?;
        }
        for _ in 0..self.dice.below(200_000) {
            // Somewhere between two lines.
            std::hint::spin_loop();
        }
        let count = self.devices.len();
        if self.dice.below(3) == 0 {
            self.kills[0] += 1;
            self.relay.kill()?;
            self.relay = relay(&self.program, self.people, &self.queue, self.relay.life + 1)?;
            self.url = bound_later(self)?;
            return Ok(());
        }
        let who = self.dice.below(count);
        self.kills[1] += 1;
        self.devices[who].kill()?;
        let life = self.devices[who].life + 1;
        self.devices[who] = device(&self.program, self.people, &self.queue, who, life)?;
        self.go(who, BATCH)
    }

    fn go(&mut self, who: usize, notes: u32) -> io::Result<()> {
        self.now += 1;
        let until = self.next_number + notes;
        let order = format!("go {} {} {} {until}", self.url, self.now, self.next_number);
        self.next_number = until;
        self.devices[who].order(&order)
    }

    /// Takes a line in; a device that is done gets its next batch.
    fn hear(&mut self, said: &Said) -> io::Result<()> {
        if self.note(said)?.is_some() { self.go(said.who, BATCH) } else { Ok(()) }
    }

    /// Remembers what a line says. `Some` if a living device is done with its batch.
    fn note(&mut self, said: &Said) -> io::Result<Option<u32>> {
        let current = |process: &Process| process.life == said.life;
        let living = self.devices.get(said.who).map_or_else(|| current(&self.relay), current);
        let Some(line) = &said.line else {
            let who = said.who;
            return if living { Err(broken(format!("child {who} ended by itself"))) } else { Ok(None) };
        };
        let done = self.told.hear(line);
        Ok(done.filter(|_| living && said.who < self.devices.len()))
    }

    /// Everybody finishes its batch, syncs in step with the others until nothing waits anywhere, and closes.
    fn come_online(&mut self) -> io::Result<()> {
        self.all_done()?;
        let (mut quiet, mut rounds) = (0, 0);
        // In step: only a contact that began after the last note had left is sure to fetch it. One round more for the
        // receipts, and one in which nothing happens.
        while quiet < 3 && rounds < PATIENCE {
            self.now += LATER;
            (0..self.devices.len()).try_for_each(|who| self.go(who, 0))?;
            let waiting = self.all_done()?;
            (quiet, rounds) = (if waiting == 0 { quiet + 1 } else { 0 }, rounds + 1);
        }
        for device in &mut self.devices {
            device.order("quit")?;
        }
        for device in &mut self.devices {
            device.wait()?;
        }
        // The relay goes as everything here goes.
        self.relay.kill()
    }

    /// Waits until each device is done with what it was told. Answers how many items wait, all in all.
    fn all_done(&mut self) -> io::Result<u32> {
        let (mut left, mut all) = (self.devices.len(), 0);
        while left > 0 {
            let said = self.queue.next()?;
            if let Some(waiting) = self.note(&said)? {
                (left, all) = (left - 1, all + waiting);
            }
        }
        Ok(all)
    }
}

fn device(program: &Path, people: &People, queue: &Queue, who: usize, life: u32) -> io::Result<Process> {
    let mut command = command(program, "device");
    // Everybody writes to the first one, who writes to the second.
    let to = people.persons[usize::from(who == 0)];
    command.arg(people.device(who).join("store")).arg(to.to_hex());
    Process::start(&mut command, queue, who, life)
}

fn relay(program: &Path, people: &People, queue: &Queue, life: u32) -> io::Result<Process> {
    let mut command = command(program, "relay");
    command.args(["--listen", "127.0.0.1:0", "--authority", &people.authority_hex(), "--data"]).arg(people.relay());
    Process::start(&mut command, queue, people.persons.len(), life)
}

/// The address of the first relay.
fn bound(queue: &Queue, relay: &mut Process, who: usize, told: &mut Told) -> io::Result<String> {
    loop {
        let said = queue.next()?;
        let line = said.line.unwrap_or_default();
        if said.who == who && said.life == relay.life {
            return listening(&line).ok_or_else(|| broken("the relay does not start"));
        }
        told.hear(&line);
    }
}

/// The address of a relay that was started again, while devices go on talking.
fn bound_later(world: &mut World<'_>) -> io::Result<String> {
    loop {
        let said = world.queue.next()?;
        if said.who == world.devices.len() && said.life == world.relay.life {
            return said.line.as_deref().and_then(listening).ok_or_else(|| broken("the relay does not start again"));
        }
        world.hear(&said)?;
    }
}
