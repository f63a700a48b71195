//! The limits on documents, each with its reason. Writers keep them, readers enforce them.

/// Bytes of one change: five texts of the largest size and everything else.
pub(crate) const MAX_CHANGE: usize = MAX_UPDATE;
/// Bytes of all changes in one update. With its header of 64 KiB, what frames 1,024 changes, the summary and the padding it
/// fits a chunk of 2 MiB, also where nothing can be compressed: what can be saved can be sealed.
pub(crate) const MAX_UPDATE: usize = 1_900 * 1024;
/// Changes in one update.
pub(in crate::document) const MAX_CHANGES: usize = crate::record::UPDATE_CHANGES;
/// Operations in one change and in one update: 184 bytes can claim 2,000,000 (measured).
pub(in crate::document) const MAX_OPS: u64 = 50_000;
/// Operations in a living document over its whole life: ten full updates.
pub(in crate::document) const MAX_DOCUMENT_OPS: u64 = 500_000;
/// Bytes of a saved living document, in the device's own store.
pub(in crate::document) const MAX_SNAPSHOT: usize = 32 * 1024 * 1024;
/// Bytes of one value.
pub(in crate::document) const MAX_FIELD: usize = 256 * 1024;
/// Bytes of one text that several people have written in: each within the limit of a value.
pub(in crate::document) const MAX_MERGED_TEXT: usize = 4 * MAX_FIELD;
/// Concurrent values of one field: far more people than ever write in one record at once.
pub(in crate::document) const MAX_CONCURRENT: usize = 64;
/// Objects inside each other, the document itself counted: agenda, item, its minutes.
pub(in crate::document) const MAX_DEPTH: usize = 4;
/// Different keys.
pub(in crate::document) const MAX_KEYS: usize = 1_024;
/// Bytes of one key: names of fields and hexadecimal ids are far shorter.
pub(in crate::document) const MAX_KEY: usize = 64;
/// Actors named in one change or document: installations that have written in one record.
pub(in crate::document) const MAX_ACTORS: u64 = 1_024;
/// Heads or dependencies named in one change or document.
pub(in crate::document) const MAX_DEPS: u64 = 1_024;
/// Highest operation counter; Automerge keeps 32 bits, and a co-member must not use them up.
pub(in crate::document) const MAX_COUNTER: u64 = 100_000_000;
