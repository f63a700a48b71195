//! Frozen vectors: what every client of this protocol must read, and what it must refuse.
//!
//! The files in `tests/vectors/` are made from fixed seeds and compared byte by byte, so that a change of the wire or of the
//! seal cannot go unseen. `UPDATE_VECTORS=1 cargo test --release -p tvaers-tests the_wire_is` writes them anew; a
//! difference in them is a new version of the protocol. One exception: a new release of the compressor or of Automerge may
//! write the same record in other bytes; then the old files must open with the new code before they are replaced.
//! `tests/interop/reader.py` reads the same files without any of this code.

mod behind;
mod cases;
mod continued;
mod directory;
mod document;
mod erasure;
mod heads;
mod later;
mod malformed;
mod opener;
mod succession;
mod tampered;
mod tests;
mod wipe;
mod world;
