//! The summary that a person reads.

use tvaers_core::kinds::Text;

use super::outcome::Outcome;
use crate::scenario::Loaded;

/// Prints what happened, in Danish.
pub(super) fn print(loaded: &Loaded, outcome: &Outcome) {
    let story = &outcome.story;
    let name = loaded.scenario.municipality.name.as_str();
    println!();
    println!(
        "{name}: {} hændelser på {} enheder, afspillet på {:.1} s",
        outcome.events.total, outcome.devices, outcome.seconds
    );
    println!();
    println!("  {} registreringer skrevet, heraf {} uden net", outcome.records.values().sum::<usize>(), story.offline);
    for (kind, count) in &outcome.records {
        println!("    {count:>4}  {}", danish(kind));
    }
    println!();
    println!("  Hvem skrev, og hvem fik kvittering:");
    for (name, profession, written, offline, heard) in &story.people {
        let offline = if *offline > 0 { format!(" ({offline} uden net)") } else { String::new() };
        println!("    {name:<24} {profession:<20} {written:>3} skrevet{offline}, {heard} kvitteringer");
    }
    println!();
    println!(
        "  {} kvitteret af serveren · {} fremme hos modtagere · {} læst",
        outcome.acknowledged, outcome.delivered, outcome.receipts.read
    );
    println!(
        "  {} tabt · {}",
        outcome.lost,
        if outcome.converged { "alle enheder er enige" } else { "ENHEDERNE ER IKKE ENIGE" }
    );
    if outcome.events.deferred > 0 {
        println!("  {} hændelser ventede på noget, der var undervejs", outcome.events.deferred);
    }
    if story.kills > 0 {
        println!("  serveren blev slået ihjel og startet igen {} gange undervejs", story.kills);
    }
    println!();
    println!("  Serveren har {} forseglede stykker, {} kB.", outcome.relay.chunks, outcome.relay.bytes / 1000);
    println!(
        "  En angriber, der tager alle filer, leder efter {} navne, cpr-numre og sætninger i {} filer og finder {}.",
        story.terms,
        story.files,
        match outcome.plaintext_hits.relay + outcome.plaintext_hits.devices {
            0 => "ingen".to_owned(),
            hits => format!("{hits}"),
        }
    );
    if !outcome.events.refused.is_empty() {
        println!();
        println!("  {} hændelser blev afvist, hver for sig:", outcome.events.refused.len());
        for refusal in &outcome.events.refused {
            println!("    {}: {}", visible(&refusal.id), refusal.reason);
        }
    }
    println!();
}

/// An id from the file, without characters that could play tricks in a terminal.
fn visible(id: &str) -> String {
    Text::new(id).map_or_else(|_| "…".to_owned(), |_| id.chars().flat_map(char::escape_default).take(80).collect())
}

fn danish(kind: &str) -> &str {
    match kind {
        "observation" => "iagttagelser",
        "amendment" => "rettelser",
        "assessment" => "trivselsvurderinger",
        "concern" => "bekymringer",
        "reply" => "svar",
        "voice" => "perspektiver",
        "analysis" => "analyser",
        "intervention" => "indsatser",
        "measure" => "målinger",
        "meeting" => "møder",
        "consent" => "samtykker",
        "notification" => "underretninger",
        other => other,
    }
}
