//! `invite` and `enrol`: devices come in by a QR code, one by one with a code that is compared, or a whole unit in an afternoon.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use askama::Template;
use clap::Args as ClapArgs;
use qrcode::render::unicode;
use qrcode::{EcLevel, QrCode};
use tvaers_core::authority::{By, Invited, Office, OfficeError, OfficeFile};
use tvaers_core::directory::{Invite, device_code};
use tvaers_core::net::Relay;
use tvaers_core::rng;
use tvaers_core::sync::Failure;
use tvaers_wire::ids::{DeviceId, PersonId};
use tvaers_wire::mailbox::{MailboxAct, MailboxId};
use tvaers_wire::statement::Standing;

use super::console::Console;
use super::say::{Sentence, minute};
use super::{output, relay};

const DAY: i64 = 24 * 3600 * 1000;
/// Between two looks into the mailboxes.
const PAUSE: Duration = Duration::from_secs(2);

#[derive(ClapArgs, Clone, Debug)]
pub(super) struct Args {
    /// Employee numbers; each gets an invite for one device
    #[arg(required_unless_present = "unit")]
    person: Vec<String>,
    /// Everybody of this unit who has neither a device nor an open invite
    #[arg(long, value_name = "NAME")]
    unit: Option<String>,
    /// Days that the invites are good for
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(i64).range(1..=30))]
    days: i64,
    /// The relay's address; without it the office's
    #[arg(long, value_name = "URL")]
    relay: Option<String>,
    /// Write a page for each person to this file instead of showing the codes here
    #[arg(long, value_name = "FILE")]
    print: Option<PathBuf>,
}

#[derive(ClapArgs, Clone, Debug)]
pub(super) struct Enrol {
    /// Go on until every invite has been answered or is over
    #[arg(long)]
    watch: bool,
}

/// One page of paper.
struct Page {
    name: String,
    until: String,
    text: String,
    qr: String,
}

#[derive(Template)]
#[template(path = "invite.html")]
struct Pages<'a> {
    municipality: &'a str,
    pages: Vec<Page>,
}

pub(super) fn invite(console: &Console<'_>, args: &Args) -> Result<(), Sentence> {
    if let Some(file) = args.print.as_ref().filter(|file| file.exists()) {
        return Err(Sentence::of("out-exists").with("file", file.display()));
    }
    let (mut made, until): (Vec<(PersonId, Invite)>, i64) = (Vec::new(), console.now + args.days * DAY);
    let of_person =
        |why: &OfficeError| matches!(why, OfficeError::UnknownPerson | OfficeError::HasLeft | OfficeError::IsSuspended);
    let mut refused = None;
    let office = console.change_then(|office, by| {
        let mut numbers = args.person.clone();
        if let Some(unit) = &args.unit {
            numbers.extend(without_device(office, office.unit(unit).ok_or(OfficeError::UnknownUnit)?.team));
        }
        let relay = args.relay.clone().unwrap_or_else(|| office.relay().to_owned());
        for number in numbers {
            let invited = office.invite(&number, &relay, until, by, &mut rng::system());
            let invite = invited.inspect_err(|why| refused = of_person(why).then(|| number.clone()))?;
            made.push((office.person(&number)?.person, invite));
        }
        Ok(())
    });
    // Of many at once: which.
    let office = office.map_err(|why| match refused {
        Some(number) => Sentence::of("invite-refused").with("number", number).with("why", console.text(&why)),
        None => why,
    })?;
    let Some(office) = office.filter(|_| !made.is_empty()) else { return Ok(()) };
    let runtime = relay::runtime()?;
    let opened = runtime.block_on(async {
        for (_, invite) in &made {
            let relay = relay::at(&invite.relay)?;
            let order = office.mailbox_order(invite.mailbox(), MailboxAct::Open { expires: invite.expires });
            // It knows the mailbox no more: by the relay's clock the invite is over.
            if !relay.order(&order).await.map_err(|_| Sentence::of("invite-not-open"))? {
                return Err(Sentence::of("invite-over"));
            }
        }
        Ok::<_, Sentence>(())
    });
    let name = |person: &PersonId| office.person_of(person).map_or("", |person| person.name.as_str());
    match &args.print {
        Some(file) => {
            let pages =
                made.iter().map(|(person, invite)| page(name(person), until, invite)).collect::<Result<_, _>>()?;
            let html = Pages { municipality: office.name(), pages }.render().map_err(|_| Sentence::of("sheet-code"))?;
            let failed = |why| Sentence::of("invites-failed").with("file", file.display()).with("why", why);
            output::create(file).and_then(|file| output::fill(file, html.as_bytes())).map_err(failed)?;
            console.say(&Sentence::of("invites-written").with("file", file.display()).count("n", made.len()));
        }
        None => {
            for (person, invite) in &made {
                console.say(&Sentence::of("invite-for").with("person", name(person)).with("until", minute(until)));
                let drawn = drawn(invite)?.render::<unicode::Dense1x2>().build();
                console.line(&drawn);
                console.line(&invite.text());
            }
        }
    }
    console.say(&Sentence::of("invite-advice"));
    opened
}

/// Numbers of those in a unit who have neither a device nor an invite.
fn without_device(office: &Office, team: tvaers_wire::ids::TeamId) -> Vec<String> {
    let there = office.people().iter().filter(|person| person.unit == team && person.standing == Standing::Active);
    let without = there.filter(|person| {
        office.devices_of(&person.person).all(|device| device.revoked.is_some())
            && office.invites().iter().all(|invited| invited.person != person.person)
    });
    without.map(|person| person.number.clone()).collect()
}

fn drawn(invite: &Invite) -> Result<QrCode, Sentence> {
    output::qr(&invite.text(), EcLevel::M)
}

fn page(name: &str, until: i64, invite: &Invite) -> Result<Page, Sentence> {
    let qr = output::picture(&drawn(invite)?);
    Ok(Page { name: name.to_owned(), until: minute(until), text: invite.text().to_string(), qr })
}

pub(super) fn enrol(console: &Console<'_>, args: &Enrol) -> Result<(), Sentence> {
    let operator = console.operator()?;
    let (file, office) = console.open()?;
    let runtime = relay::runtime()?;
    if console.common.yes {
        console.say(&Sentence::of("enrol-unseen"));
    }
    let mut round = Round {
        console,
        operator,
        file,
        office,
        relays: BTreeMap::new(),
        opened: BTreeSet::new(),
        told: BTreeSet::new(),
    };
    let mut told = None;
    loop {
        // Each device is certified at the time at which it came.
        let now = tvaers_core::moment::system_now();
        let open = round.office.invites().iter().filter(|invited| !invited.invite.is_over(now));
        let open: Vec<Invited> = open.cloned().collect();
        if open.is_empty() {
            console.say(&Sentence::of("enrol-none-open"));
            return Ok(());
        }
        let done = runtime.block_on(round.all(&open, now));
        if !args.watch {
            if round.told.is_empty() && done.is_ok() {
                console.say(&Sentence::of("enrol-nobody").count("n", open.len()));
            }
            return done;
        }
        // The relay is away for a while: said once, and the afternoon goes on.
        if let Err(sentence) = done
            && told != Some(sentence.key)
        {
            console.tell(&sentence);
            told = Some(sentence.key);
        }
        // A timer is made inside the runtime.
        runtime.block_on(async { tokio::time::sleep(PAUSE).await });
    }
}

/// Looks into the mailboxes, one after the other.
struct Round<'a> {
    console: &'a Console<'a>,
    operator: String,
    file: OfficeFile,
    office: Office,
    relays: BTreeMap<String, Relay>,
    /// Mailboxes that the relay has been told of in this run: one that was restored may have forgotten them.
    opened: BTreeSet<MailboxId>,
    /// Letters that something was said about.
    told: BTreeSet<MailboxId>,
}

impl Round<'_> {
    async fn all(&mut self, open: &[Invited], now: i64) -> Result<(), Sentence> {
        for invited in open {
            self.one(invited, now).await?;
        }
        Ok(())
    }

    async fn one(&mut self, invited: &Invited, now: i64) -> Result<(), Sentence> {
        let (invite, mailbox) = (&invited.invite, invited.invite.mailbox());
        if !self.opened.contains(&mailbox) {
            self.order(invite, MailboxAct::Open { expires: invite.expires }).await?;
            self.opened.insert(mailbox);
        }
        let found = self.relay(invite)?.mailbox(&mailbox).await.map_err(away)?;
        let Some(letter) = found.and_then(|found| found.letter) else { return Ok(()) };
        let person = self.office.person_of(&invited.person);
        let person = person.map(|person| format!("{} ({})", person.name, person.number)).unwrap_or_default();
        let Ok(asking) = invite.open_letter(&letter) else {
            if self.told.insert(mailbox) {
                self.console.tell(&Sentence::of("letter-unreadable").with("person", &person));
            }
            return Ok(());
        };
        let device = asking.keys.device();
        if invited.device != Some(device) && !self.confirmed(invited, &person, &asking.name, &device, now).await? {
            return Ok(());
        }
        let taken = self.office.take_in(&mailbox, &asking.keys, By { operator: &self.operator, now });
        if let Err(refused) = taken {
            if self.told.insert(mailbox) {
                self.console.tell(&refused.into());
            }
            return Ok(());
        }
        // On the disk before anybody else knows.
        self.file.write(&self.office, &mut rng::system())?;
        self.publish(invite, now).await?;
        let answer = self.office.answer(&mailbox, &asking.keys, &mut rng::system())?;
        self.order(invite, answer).await?;
        self.office.answered(&mailbox);
        self.file.write(&self.office, &mut rng::system())?;
        self.told.insert(mailbox);
        self.console.say(&Sentence::of("enrolled").with("person", person));
        Ok(())
    }

    /// Whether the device is let in. One that is not ends its invite: somebody else may have had the code.
    async fn confirmed(
        &mut self,
        invited: &Invited,
        person: &str,
        name: &str,
        device: &DeviceId,
        now: i64,
    ) -> Result<bool, Sentence> {
        let mailbox = invited.invite.mailbox();
        if self.told.contains(&mailbox) {
            return Ok(false);
        }
        self.told.insert(mailbox);
        let asks = Sentence::of("enrol-asks").with("person", person).with("device", name);
        self.console.say(&asks.with("code", device_code(device)));
        if !self.console.common.yes && !self.console.attended {
            self.console.tell(&Sentence::of("dry-run"));
            return Ok(false);
        }
        if self.console.agreed()? {
            return Ok(true);
        }
        self.office.end_invite(&mailbox, By { operator: &self.operator, now })?;
        self.file.write(&self.office, &mut rng::system())?;
        self.console.say(&Sentence::of("enrol-declined"));
        self.order(&invited.invite, MailboxAct::Close {}).await?;
        Ok(false)
    }

    /// The person's other devices must hear of it, or they could not let it in.
    async fn publish(&mut self, invite: &Invite, now: i64) -> Result<(), Sentence> {
        let due = self.office.to_publish(false);
        let by = By { operator: &self.operator, now };
        let relay = relay::at(&invite.relay)?;
        let (taken, failed) = relay::send(&relay, &mut self.office, &due, by).await;
        self.office.published(&due[..taken], by)?;
        let left = due.len() - taken;
        failed.map_or(Ok(()), |why| Err(relay::why_not_sent(why, "enrol-unreachable").count("left", left)))
    }

    async fn order(&mut self, invite: &Invite, act: MailboxAct) -> Result<(), Sentence> {
        let order = self.office.mailbox_order(invite.mailbox(), act);
        self.relay(invite)?.order(&order).await.map(drop).map_err(away)
    }

    fn relay(&mut self, invite: &Invite) -> Result<&Relay, Sentence> {
        if !self.relays.contains_key(&invite.relay) {
            self.relays.insert(invite.relay.clone(), relay::at(&invite.relay)?);
        }
        self.relays.get(&invite.relay).ok_or_else(|| Sentence::of("refused-relay-address"))
    }
}

fn away(failure: Failure) -> Sentence {
    Sentence::of(relay::why_not(&failure, "enrol-unreachable"))
}
