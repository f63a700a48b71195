//! Holiday cover: a colleague reads and writes in the coordinator's place until a day, and not after it, also without a network;
//! nothing that was written is lost by it, and no clock of a device destroys anything.

mod clocks;
mod ends;
mod lasts;
mod story;
