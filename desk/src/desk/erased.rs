//! A desk that the municipality has had erased: what is left to say, and to whom.

use std::path::Path;

use tokio::runtime::Runtime;
use tvaers_core::client::Erasure;
use tvaers_core::net::bring_receipt;

use super::key;
use crate::terminal::Sentence;
use crate::web::in_denmark;

/// What was erased here, if anything was, after telling the municipality if it has not been told.
pub(super) fn find(store: &Path, runtime: &Runtime) -> Result<Option<Erasure>, Sentence> {
    let Some(mut erasure) = Erasure::find(store)? else { return Ok(None) };
    // Once more, should it have been cut short before.
    key::forget(store);
    // If it cannot be told now, the sentence says so.
    let _ = runtime.block_on(bring_receipt(&mut erasure));
    Ok(Some(erasure))
}

/// What happened, what was lost, and whether the municipality knows.
pub(super) fn sentence(erasure: &Erasure) -> Sentence {
    let key = match (erasure.confirmed().is_some(), erasure.unsent()) {
        (true, Some(_)) => "erased-told",
        (true, None) => "erased-told-uncounted",
        (false, Some(_)) => "erased-untold",
        (false, None) => "erased-untold-uncounted",
    };
    let unsent = usize::try_from(erasure.unsent().unwrap_or_default()).unwrap_or(usize::MAX);
    Sentence::of(key).with("at", in_denmark(erasure.at()).strftime("%d.%m.%Y %H:%M")).count("n", unsent)
}
