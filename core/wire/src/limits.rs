//! Every limit of the protocol, with its reason. A limit is checked before anything of that size is allocated; lists are
//! counted while they are read. Lists of bare ids take no more room than their encoding and are bounded by that.

use std::time::Duration;

/// The only version of chunks, entries, statements and messages that this build speaks. There is no negotiation, so there is
/// nothing to downgrade (attack 18).
pub const VERSION: u64 = 1;

/// One sealed chunk. A field of a note holds 256 KiB and a note has five of them; attachments are cut into chunks below this.
pub const CHUNK: usize = 2 * 1024 * 1024;
/// A chunk's header: about 260 bytes, and up to 16 declared refusals.
pub const CHUNK_HEADER: usize = 1024;
/// The highest counter. Databases count in 64 bits with a sign, and the one after the last must be a number too (attack 29).
pub const LAST_COUNTER: u64 = i64::MAX as u64 - 1;
/// Refused counters that one chunk declares. More are declared by further chunks.
pub const REFUSALS: usize = 16;
/// A content key sealed for an epoch: 32 bytes and the tag.
pub const SEALED_KEY: usize = 48;

/// Public part of a control entry: 512 changes (50 bytes), their wraps' hashes (110), as many certificates (1.4 KB) or the
/// charters of a municipality of 5,000, and a KEM key.
pub const ENTRY_PUBLIC: usize = 800 * 1024;
/// Sealed part of a control entry: a reason and names.
pub const ENTRY_SEALED: usize = 16 * 1024;
/// Changes in one entry. A municipality of 400 units is one circle.
pub const ENTRY_CHANGES: usize = 512;
/// Parents of an entry: one, or the two heads of a merge.
pub const ENTRY_PARENTS: usize = 2;
/// Installations that one removal leaves something of: a team of 200 with two each.
pub const ENTRY_CUTS: usize = 512;
/// Statements of the authority carried by one entry.
pub const ENTRY_VOUCHERS: usize = 512;
/// Entries in one batch: three hundred cases with their lines, and as much again.
pub const BATCH_LEAVES: usize = 4_096;
/// Steps from a leaf to the root of the largest batch's tree.
pub const BATCH_PATH: usize = 12;
/// What is common to the entries of a batch: a few changes, their wraps' hashes, a device's worth of statements.
pub const BATCH_COMMON: usize = 32 * 1024;
/// One leaf as it is signed: two ids and a sealed root.
pub const BATCH_LEAF: usize = 128;
/// One wrap: X-Wing encapsulation (1,120), sealed root (32) and tag (16), with room for CBOR.
pub const WRAP: usize = 1_280;
/// A whole entry with all its wraps, as pushed.
pub const ENTRY: usize = 1536 * 1024;

/// One statement of the authority: a certificate (1.4 KB) or a charter of up to [`CHARTER_PERSONS`] persons.
pub const STATEMENT: usize = 64 * 1024;
/// Persons in one team. The largest municipal school has about 200 staff.
pub const CHARTER_PERSONS: usize = 1_024;
/// X-Wing public key (draft-connolly-cfrg-xwing-kem): ML-KEM-768 (1,184) and X25519 (32).
pub const KEM_PUBLIC: usize = 1_216;

/// Answer to a push of as many entries, each with its stamp.
pub const PUSH_ANSWER: usize = 256 * 1024;
/// Items in one push.
pub const PUSH_ITEMS: usize = 2_048;
/// Body of one push: four of the largest chunks, or some thousand notes.
pub const PUSH_BODY: usize = 8 * 1024 * 1024;
/// Bytes of items after which a page of a pull is full. A page holds at least one item whatever its size.
pub const PAGE_BYTES: usize = 2 * 1024 * 1024;
/// Items in one page.
pub const PAGE_ITEMS: usize = 4_096;
/// The longest answer a client accepts: a full page and one more of the largest items.
pub const PAGE_MAX: usize = PAGE_BYTES + ENTRY + CHUNK;
/// Circles asked about in one request, for where they stand or for their pasts. Whoever takes over hundreds of cases asks for all of
/// them in a few round trips.
pub const ASKED_CIRCLES: usize = 512;
/// Installations answered for in one frontier.
pub const FRONTIER_INSTALLATIONS: usize = 16_384;
/// Body of a request that carries no chunks (session, frontier, claim).
pub const SMALL_BODY: usize = 128 * 1024;
/// A device's letter in a mailbox: its keys (1,250 bytes), its name, salt and tag.
pub const MAILBOX_LETTER: usize = 2 * 1024;
/// The authority's answer: the largest enrolment, a wrap and a tag.
pub const MAILBOX_ANSWER: usize = 4 * 1024 * 1024 + 2 * 1024;
/// The longest that a mailbox is kept: a person on holiday comes back to the invite.
pub const MAILBOX_LIFE: Duration = Duration::from_secs(31 * 24 * 3600);
/// Entries made with two sheets in one push: each is some 8 KB with what the authority has said of those who are gone.
pub const RECOVERY_ENTRIES: usize = 512;
/// Body of such a push, which whoever reaches the relay may begin to send: no more than the largest answer of a mailbox.
pub const RECOVERY_BODY: usize = 4 * 1024 * 1024;
/// Entries of one circle, and wraps for the recovery key, that are served for it: a change a week for a childhood.
pub const RECOVERY_LOG: usize = 4_096;
/// The longest that an order to restore access is followed: clocks differ, and a push may be tried again.
pub const RECOVERY_LIFE: Duration = Duration::from_secs(3600);
/// Statements that a revoked device is shown: every key that the municipality had, its revocation, and a wish.
pub const WORD_STATEMENTS: usize = 256;
/// Receipts of erasures asked for at once: more devices than a municipality loses in a year.
pub const WIPE_RECEIPTS: usize = 256;
/// A sealed directory: the largest (2 MiB) with its signature, padded, and a tag.
pub const DIRECTORY_SEALED: usize = 2 * 1024 * 1024 + 64 * 1024 + 16;
/// Wraps in one part of a directory: about 1.2 MB, so that the relay is never busy with one for long.
pub const DIRECTORY_WRAPS: usize = 1_024;
/// Devices that one directory is sealed for: three for each of 10,000 people. The relay keeps about 40 MB of wraps then.
pub const DIRECTORY_DEVICES: usize = 32_768;
/// Boxes kept for one chunk beside its signer's own, one per supplier: enough that one honest member gets through (attack 59).
pub const BOXES_PER_CHUNK: usize = 8;

/// Boxes that travel with one chunk: those, and its signer's own.
pub const BOXES: usize = BOXES_PER_CHUNK + 1;

/// The smallest padded body of a chunk.
pub const PAD_FLOOR: usize = 256;

/// The longest a pull waits for something new. Below the 60 s after which mobile networks drop silent connections.
pub const PULL_WAIT: Duration = Duration::from_secs(50);
/// A session token's life. Long enough for a working day off line; access is asked of the table at every request anyway.
pub const SESSION: Duration = Duration::from_secs(24 * 3600);
/// How long a challenge may be answered: one round trip on a poor network.
pub const CHALLENGE: Duration = Duration::from_secs(60);
/// One frame of the live stream, in bytes.
pub const LIVE_FRAME: usize = PAGE_MAX;
