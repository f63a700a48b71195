//! Where randomness comes from. Everything below takes `&mut dyn Rng`, so a simulation can replay a seed.

use rand_core::UnwrapErr;
pub use rand_core::{CryptoRng, Rng};

/// The operating system's generator. A system without one cannot make keys; that ends the process.
pub fn system() -> UnwrapErr<getrandom::SysRng> {
    UnwrapErr(getrandom::SysRng)
}

/// `N` random bytes.
pub fn bytes<const N: usize>(rng: &mut dyn CryptoRng) -> [u8; N] {
    let mut out = [0; N];
    rng.fill_bytes(&mut out);
    out
}
