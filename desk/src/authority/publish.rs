//! `publish`: sends the relay what it lacks of what the authority has stated.

use clap::Args as ClapArgs;
use tvaers_core::authority::By;
use tvaers_core::net::Relay;
use tvaers_core::rng;
use tvaers_core::sync::Failure;
use tvaers_wire::statement::SignedStatement;

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
    if !console.agreed()? {
        return Ok(());
    }
    let by = By { operator: &operator, now: console.now };
    office.name_relay(&address, by)?;
    let (taken, failed) = relay::runtime()?.block_on(send(&relay, args, &office, &due));
    office.published(&due[..taken], by)?;
    // Also after a failure: what the relay has taken is not sent twice.
    file.write(&office, &mut rng::system())?;
    console.say(&Sentence::of("published").count("n", taken));
    match failed {
        None => Ok(()),
        Some(key) => Err(Sentence::of(key).count("left", due.len() - taken)),
    }
}

/// How many statements were taken, and why not all.
async fn send(
    relay: &Relay,
    args: &Args,
    office: &tvaers_core::authority::Office,
    due: &[SignedStatement],
) -> (usize, Option<&'static str>) {
    if let Some(code) = &args.claim_code
        && let Err(failure) = relay.claim(code.trim(), office.authority()).await
    {
        return (0, Some(if failure == Failure::Forbidden { "claim-refused" } else { sentence(failure) }));
    }
    for (taken, statement) in due.iter().enumerate() {
        if let Err(failure) = relay.publish(statement).await {
            return (taken, Some(sentence(failure)));
        }
    }
    (due.len(), None)
}

fn sentence(failure: Failure) -> &'static str {
    relay::why_not(&failure, "relay-unreachable")
}
