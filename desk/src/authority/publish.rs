//! `publish`: sends the relay what it lacks of what the authority has stated.

use clap::Args as ClapArgs;
use tvaers_core::authority::By;
use tvaers_core::rng;
use tvaers_core::sync::Failure;

use super::console::Console;
use super::relay;
use super::say::Sentence;

#[derive(ClapArgs, Clone, Debug)]
pub(super) struct Args {
    /// The relay's address; kept, for enrolments from now on
    #[arg(long, value_name = "URL")]
    relay: Option<String>,
    /// The one-time code that a new relay printed
    #[arg(long, value_name = "CODE")]
    claim_code: Option<String>,
    /// Send everything again: the relay is new, or was restored from a backup
    #[arg(long)]
    again: bool,
}

pub(super) fn run(console: &Console<'_>, args: &Args) -> Result<(), Sentence> {
    let operator = console.operator()?;
    let (file, mut office) = console.open()?;
    let address = args.relay.clone().unwrap_or_else(|| office.relay().to_owned());
    let relay = relay::at(&address)?;
    let due = office.to_publish(args.again);
    if args.claim_code.is_some() {
        console.say(&Sentence::of("would-claim").with("relay", &address));
    } else if due.is_empty() && address == office.relay() {
        console.say(&Sentence::of("nothing-to-publish"));
        return Ok(());
    }
    console.say(&Sentence::of("would-publish").count("n", due.len()).with("relay", &address));
    if due.iter().any(|statement| office.is_of_directory(statement)) {
        console.say(&Sentence::of("would-bring-directory").count("n", office.directory_readers().len()));
    }
    if !console.agreed()? {
        return Ok(());
    }
    let by = By { operator: &operator, now: console.now };
    office.name_relay(&address, by)?;
    let (taken, failed) = relay::runtime()?.block_on(async {
        if let Some(code) = &args.claim_code
            && let Err(failure) = relay.claim(code.trim(), office.authority()).await
        {
            return (0, Some(unclaimed(failure)));
        }
        let (taken, failed) = relay::send(&relay, &mut office, &due, by).await;
        (taken, failed.map(|why| relay::why_not_sent(why, "relay-unreachable")))
    });
    office.published(&due[..taken], by)?;
    // Also after a failure: what the relay has taken is not sent twice.
    file.write(&office, &mut rng::system())?;
    console.say(&Sentence::of("published").count("n", taken));
    match failed {
        None => Ok(()),
        Some(sentence) => Err(sentence.count("left", due.len() - taken)),
    }
}

fn unclaimed(failure: Failure) -> Sentence {
    let key =
        if failure == Failure::Forbidden { "claim-refused" } else { relay::why_not(&failure, "relay-unreachable") };
    Sentence::of(key)
}
