# The common commands. `just` lists them; everything is also in README.md.

_default:
    @just --list --unsorted

# Replay a municipality's months, then serve a caseworker's desk
demo *args:
    cargo run --release -- demo {{args}}

# A relay on this machine
relay *args:
    cargo run --release -- relay {{args}}

# Every check; --fast for the quick ones, --mutants to test the tests
test *args:
    ./test {{args}}

# Format, then lint
tidy:
    cargo fmt --all
    cargo clippy --release --workspace --all-targets -- -D warnings

# One crate's tests: just one tvaers-core outbox
one crate *args:
    cargo test --release -p {{crate}} {{args}}

# Lives through seeded worlds in memory: just worlds --seeds 100000, or --seed 17 to see one
worlds *args:
    cargo run --release -p tvaers-tests --bin tvaers-world -- {{args}}

# Kills of relay and devices under load: just kills --rounds 1000
kills *args:
    cargo run --release -p tvaers-tests --bin tvaers-kill-loop -- {{args}}

# Crash images, more than the tests open: just images 100000
images count="100000":
    TVAERS_IMAGES={{count}} cargo test --release -p tvaers-tests --test faults power_cut

# Measure: just bench A B C --json
bench *args:
    cargo run --release -p tvaers-tests --bin tvaers-bench -- {{args}}

# The protocol, read by a program that shares no code
interop:
    tests/interop/run.sh
