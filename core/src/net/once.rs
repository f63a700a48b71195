//! One contact: exchange what there is, then stop.

use std::collections::VecDeque;

use super::Relay;
use crate::client::{ClientError, Device, Exchange, Input, Output, Processed, Request};
use crate::moment::{Moment, system_now};
use crate::rng::CryptoRng;
use crate::sync::{Failure, Mode};

/// What a contact came to.
#[derive(Debug, Default)]
pub struct Contacted {
    /// Why it ended early, if it did. What was not sent waits.
    pub failed: Option<Failure>,
    /// What has changed here.
    pub changed: Vec<Processed>,
}

/// Gets in contact once. Returns when nothing is left to do, or at the first failure.
///
/// # Errors
/// A store error; nothing is lost, and the next contact goes on from what is durable. [`crate::store::StoreError::Erased`] if the device
/// has erased itself at the authority's word.
pub async fn sync_once(device: &Device, relay: &Relay, rng: &mut dyn CryptoRng) -> Result<Contacted, ClientError> {
    let mut exchange = Exchange::new(Mode::Once);
    let mut contacted = Contacted::default();
    let mut inputs = VecDeque::from([Input::Start]);
    while let Some(input) = inputs.pop_front() {
        for output in exchange.handle(device, &mut Moment::new(system_now(), rng), input)? {
            match output {
                Output::Send(request) => {
                    let answer = relay.call(&request).await;
                    // A directory that does not come ends nothing: it is asked for again in another contact. What is asked after a
                    // refusal is no second one.
                    if !matches!(request, Request::Directory(_) | Request::Word(_)) {
                        contacted.failed = answer.as_ref().err().copied().or(contacted.failed);
                    }
                    inputs.push_back(Input::Answer(request, answer));
                }
                Output::Changed(processed) => contacted.changed.push(processed),
                Output::Disconnect => inputs.clear(),
                // Rests are for contacts that last.
                Output::WakeAt(_) => {}
                Output::Finished => return Ok(contacted),
            }
        }
    }
    Ok(contacted)
}
