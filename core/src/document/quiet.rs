//! Containing a parser that panics on foreign bytes.
//!
//! A panic's message can quote what was parsed: slicing a text in the middle of a letter prints the text. It must not reach
//! the log of a phone, so nothing is printed while a panic is contained.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use super::error::Rejected;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Runs what parses foreign bytes. Automerge panics on some of them; every value it touched is dropped and nothing is printed.
pub(super) fn contained<T>(parse: impl FnOnce() -> Result<T, Rejected>) -> Result<T, Rejected> {
    silence();
    let before = QUIET.replace(true);
    let parsed = catch_unwind(AssertUnwindSafe(parse));
    QUIET.set(before);
    parsed.unwrap_or(Err(Rejected::Crashed))
}

/// Puts a hook before the one there is, once. An application that sets a hook of its own sets it before, or calls this one.
fn silence() {
    // A thread that is panicking may not change hooks; it will not be here for long either.
    if std::thread::panicking() {
        return;
    }
    HOOK.call_once(|| {
        let loud = take_hook();
        set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                loud(panic);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const WORDS: &str = "Liva ville ikke tage flyverdragten af";

    /// Not a test: what the one below runs in a process of its own, to read everything that it prints.
    #[test]
    #[ignore = "run by nothing_is_printed_of_a_contained_panic"]
    fn panics_inside_and_outside() {
        let quoted: Result<(), _> = contained(|| {
            let _ = &WORDS[..usize::MAX];
            Ok(())
        });
        assert_eq!(quoted, Err(Rejected::Crashed));
        let loud = catch_unwind(|| panic!("printed as ever"));
        assert!(loud.is_err());
        // Also a second time, and on another thread.
        let other = std::thread::spawn(|| contained::<()>(|| panic!("{WORDS}")));
        assert_eq!(other.join().unwrap(), Err(Rejected::Crashed));
    }

    #[test]
    fn nothing_is_printed_of_a_contained_panic() {
        let name = "document::quiet::tests::panics_inside_and_outside";
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--ignored", "--nocapture"])
            .output()
            .unwrap();
        let printed = [child.stdout, child.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(child.status.success(), "{printed}");
        assert!(printed.contains("printed as ever"), "the child ran: {printed}");
        assert!(!printed.contains("flyverdragten"), "{printed}");
    }
}
