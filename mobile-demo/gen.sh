#!/bin/sh
# Builds the library, and the two programs that the tests start, and generates the bindings into mobile-demo/target.
set -eu
cd "$(dirname "$0")/.."
out=mobile-demo/target
case $(uname) in Darwin) library=libtvaers_bindings.dylib ;; *) library=libtvaers_bindings.so ;; esac

# All of it in one go, as `./test` builds it: each dependency is compiled once, with the features that all of them want.
cargo build -q --release --workspace --lib --bins
release=${CARGO_TARGET_DIR:-target}/release
case $release in /*) ;; *) release=$PWD/$release ;; esac

rm -rf "$out/generated" "$out/python" "$out/swift"
mkdir -p "$out"
generate() {
    "$release/tvaers-bindgen" generate "$release/$library" --language "$1" --no-format --out-dir "$out/$2"
}
generate kotlin generated
generate python python
generate swift swift
ln -sf "$release/$library" "$out/python/$library"
