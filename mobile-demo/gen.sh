#!/bin/sh
# Builds the library, and the two programs that the tests start, and generates the bindings into mobile-demo/target.
set -eu
cd "$(dirname "$0")/.."
out=mobile-demo/target
case $(uname) in Darwin) library=libtvaers_bindings.dylib ;; *) library=libtvaers_bindings.so ;; esac

# In one go, so that each dependency is compiled once, with the features that all of them want.
cargo build -q --release -p tvaers-bindings -p tvaers-relay -p tvaers-tests \
    --lib --bin tvaers-relay --bin tvaers-test-authority
release=${CARGO_TARGET_DIR:-target}/release
case $release in /*) ;; *) release=$PWD/$release ;; esac

rm -rf "$out/generated" "$out/python" "$out/swift"
mkdir -p "$out"
generate() {
    cargo run -q --release -p tvaers-bindgen -- generate "$release/$library" --language "$1" --no-format --out-dir "$out/$2"
}
generate kotlin generated
generate python python
generate swift swift
ln -s "$release/$library" "$out/python/$library"
