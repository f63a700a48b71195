//! `tvaers-kill-loop --rounds 50 --seed 1`: see [`tvaers_tests::kill`].

use std::process::ExitCode;

fn main() -> ExitCode {
    tvaers_tests::kill::main()
}
