//! Colleagues whose devices are out: what can still be read there, in plain words.

use tvaers_core::view::{OutDevices, WhyOut};
use tvaers_core::wire::ids::ChildId;

use super::frame::Frame;

/// What is said of one person's devices: what happened, what can be read there, and what is known of an erasure.
pub(super) fn sentences(frame: &Frame, child: Option<&ChildId>) -> Vec<String> {
    frame.device().devices_out(child).iter().map(|out| sentence(frame, out)).collect()
}

fn sentence(frame: &Frame, out: &OutDevices) -> String {
    let key = match (out.why, frame.is_me(&out.person)) {
        (WhyOut::Lost, false) => "out-lost",
        (WhyOut::Lost, true) => "out-lost-own",
        (WhyOut::Suspended, _) => "out-suspended",
        (WhyOut::Left, _) => "out-left",
    };
    let said = frame.v(key, frame.teller().person(&out.person));
    let erasure = match (out.why, out.asked) {
        (WhyOut::Suspended, 0) => return said,
        (_, 0) => "out-not-asked",
        (_, _) => "out-asked",
    };
    format!("{said} {}", frame.t(erasure))
}
