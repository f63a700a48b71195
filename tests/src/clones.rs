//! Two clones of one phone (attack 28): the same device, keys, circle, installation and counters, as after a copy of its store,
//! and nothing to tell them apart but the dice.
//!
//! Every key seals one message with nonce zero (protocol §6.3), so no pair of key and nonce repeats if no key does. A content
//! key is drawn for its chunk; the key of a box is derived from the chunk's id.

use anyhow::{Context, Result, anyhow};
use tvaers_core::keys::{DeviceSecret, Root};
use tvaers_core::rng::{self, bytes};
use tvaers_core::seal::{Body, Item, Place, Receipt, make_box, seal};
use tvaers_core::wire::ids::{ChunkId, CircleId, EntryId, Fixed, Installation, InstallationNonce};
use tvaers_core::wire::limits;

/// Keys that were used, by as many of their bits as chance does not repeat: among 10⁷ once in 10²⁴ times.
#[derive(Default)]
pub struct Used {
    content: Vec<u128>,
    boxes: Vec<u128>,
}

impl Used {
    /// A chunk was sealed with this content key, or one with this commitment, and its box with the key of its id.
    pub fn add(&mut self, content: &[u8; 32], chunk: &ChunkId) {
        self.content.push(leading(content));
        self.boxes.push(leading(chunk.as_bytes()));
    }

    /// Chunks that were sealed.
    pub fn chunks(&self) -> usize {
        self.content.len()
    }

    /// Keys that were used more than once.
    pub fn repeats(&mut self) -> usize {
        let again = |keys: &mut Vec<u128>| {
            keys.sort_unstable();
            keys.windows(2).filter(|pair| pair[0] == pair[1]).count()
        };
        again(&mut self.content) + again(&mut self.boxes)
    }
}

fn leading(key: &[u8; 32]) -> u128 {
    key[..16].iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// Everything that both clones have.
struct Phone {
    secret: DeviceSecret,
    nonce: InstallationNonce,
    circle: CircleId,
    epoch: EntryId,
    root: Root,
}

impl Phone {
    fn new() -> Result<Self> {
        let rng = &mut rng::system();
        let (nonce, entry) = (InstallationNonce::new(bytes(rng)), bytes(rng));
        let (circle, epoch) = (CircleId::new(entry), EntryId::new(entry));
        Ok(Self { secret: DeviceSecret::generate(rng)?, nonce, circle, epoch, root: Root::random(rng) })
    }

    /// A clone goes on from where it was copied: chunk after chunk, each with its box.
    fn go_on(&self, chunks: usize) -> Result<Used> {
        let (mut used, rng) = (Used::default(), &mut rng::system());
        let receipt = Item::Receipt(Receipt::default());
        let body = Body { item: receipt, summary: None, directory: Fixed([1; 32]), basis: None };
        let mut previous = ChunkId::new([0; 32]);
        for counter in 1..=chunks as u64 {
            let place = Place {
                version: limits::VERSION,
                circle: self.circle,
                head: self.epoch,
                installation: Installation { device: self.secret.id(), nonce: self.nonce },
                counter,
                previous,
                key_commitment: Fixed([0; 32]),
                replaces: None,
                refused: Vec::new(),
            };
            let sealed = seal(&place, &body, &self.secret, rng)?;
            make_box(&sealed.content_key, &sealed.id, self.epoch, &self.root)?;
            used.add(sealed.content_key.expose(), &sealed.id);
            previous = sealed.id;
        }
        Ok(used)
    }
}

/// Two clones seal as many chunks, both at once; what they used is added to `used`.
///
/// # Errors
/// If something could not be sealed.
pub fn seal_twice(chunks: usize, used: &mut Used) -> Result<()> {
    let phone = Phone::new()?;
    let clones = std::thread::scope(|scope| {
        let clones = [(), ()].map(|()| scope.spawn(|| phone.go_on(chunks)));
        clones.map(|clone| clone.join().map_err(|_| anyhow!("a clone panicked")))
    });
    for clone in clones {
        let clone = clone?.context("a clone could not seal")?;
        used.content.extend(clone.content);
        used.boxes.extend(clone.boxes);
    }
    Ok(())
}
