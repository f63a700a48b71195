//! What the shim recorded, with every file under one number for its whole life.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

/// A file's number, from its creation to the end of the trace, under whatever name.
pub type FileId = usize;

/// One operation that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// A new, empty file of this name.
    Create {
        /// Relative to the recorded directory.
        name: String,
        /// Its number.
        file: FileId,
    },
    /// A new directory.
    MakeDir {
        /// Relative to the recorded directory.
        name: String,
    },
    /// Bytes at an offset.
    Write {
        /// Into which file.
        file: FileId,
        /// In bytes.
        offset: u64,
        /// What was written.
        data: Vec<u8>,
    },
    /// A new length.
    Truncate {
        /// Of which file.
        file: FileId,
        /// In bytes.
        len: u64,
    },
    /// Everything written into this file before is durable.
    Sync {
        /// Which file.
        file: FileId,
    },
    /// A flush failed; Linux then forgets what it could not write, and the next flush answers success without it.
    SyncFailed {
        /// Which file.
        file: FileId,
    },
    /// Names created, moved and removed in this directory before are durable.
    SyncDir {
        /// Relative to the recorded directory; empty for itself.
        name: String,
    },
    /// A file takes another name, replacing what had it.
    Rename {
        /// Old name.
        from: String,
        /// New name.
        to: String,
    },
    /// A name goes away.
    Unlink {
        /// Which.
        name: String,
    },
    /// The program acknowledged something here.
    Mark {
        /// What it said.
        id: String,
    },
}

/// All operations in the order in which they happened.
#[derive(Debug, Default)]
pub struct Trace {
    /// The operations.
    pub ops: Vec<Op>,
    /// How many of them only say what was there, durably, when the recording began.
    pub start: usize,
}

impl Trace {
    /// Reads what the shim recorded, after what was there `before`.
    ///
    /// # Errors
    /// If it is cut short or does not fit what was there.
    pub fn parse(before: Vec<Op>, recorded: &[u8]) -> io::Result<Self> {
        Parser::starting_with(before).parse(recorded)
    }

    /// How many operations of this kind there are, to make each fail in turn.
    pub fn count(&self, kind: &str) -> usize {
        let of_kind = |op: &&Op| match op {
            Op::Write { .. } => kind == "write",
            Op::Truncate { .. } => kind == "truncate",
            Op::Sync { .. } | Op::SyncDir { .. } => kind == "sync",
            Op::Rename { .. } => kind == "rename",
            Op::Unlink { .. } => kind == "unlink",
            Op::Create { .. } => kind == "open",
            _ => false,
        };
        self.ops[self.start..].iter().filter(of_kind).count()
    }

    /// The marks, in order.
    pub fn marks(&self) -> Vec<&str> {
        self.marks_before(self.ops.len())
    }

    /// The marks made before the operation with this index.
    pub fn marks_before(&self, cut: usize) -> Vec<&str> {
        self.ops[..cut]
            .iter()
            .filter_map(|op| if let Op::Mark { id } = op { Some(id.as_str()) } else { None })
            .collect()
    }
}

/// What is in a directory, as operations that made it durable.
///
/// # Errors
/// If it cannot be read.
pub fn prelude(dir: &Path, acknowledged: &[&str]) -> io::Result<Vec<Op>> {
    let mut ops = Vec::new();
    add_directory(dir, "", &mut 0, &mut ops)?;
    ops.extend(acknowledged.iter().map(|id| Op::Mark { id: (*id).to_owned() }));
    Ok(ops)
}

fn add_directory(dir: &Path, prefix: &str, next: &mut FileId, ops: &mut Vec<Op>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            ops.push(Op::MakeDir { name: name.clone() });
            add_directory(&entry.path(), &format!("{name}/"), next, ops)?;
        } else if !is_index(&name) {
            let file = *next;
            *next += 1;
            ops.push(Op::Create { name, file });
            ops.push(Op::Write { file, offset: 0, data: fs::read(entry.path())? });
            ops.push(Op::Sync { file });
        }
    }
    ops.push(Op::SyncDir { name: prefix.trim_end_matches('/').to_owned() });
    Ok(())
}

/// The index of SQLite's log: mapped, not written, and rebuilt after a power loss.
fn is_index(name: &str) -> bool {
    name.ends_with("-shm")
}

const HEADER: usize = 24;

#[derive(Default)]
struct Parser {
    ops: Vec<Op>,
    start: usize,
    next: FileId,
    /// Names as the running program sees them.
    names: HashMap<String, FileId>,
    /// Open handles by process and number.
    handles: HashMap<(u32, u32), Handle>,
}

#[derive(Clone)]
enum Handle {
    File(FileId),
    Dir(String),
    /// See [`is_index`].
    Ignored,
}

impl Parser {
    fn starting_with(before: Vec<Op>) -> Self {
        let mut parser = Self { start: before.len(), ..Self::default() };
        for op in &before {
            if let Op::Create { name, file } = op {
                parser.names.insert(name.clone(), *file);
                parser.next = parser.next.max(file + 1);
            }
        }
        parser.ops = before;
        parser
    }

    fn parse(mut self, mut bytes: &[u8]) -> io::Result<Trace> {
        let cut = || io::Error::other("the trace is cut short");
        while !bytes.is_empty() {
            let (header, rest) = bytes.split_at_checked(HEADER).ok_or_else(cut)?;
            let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
            let offset = u64::from(word(16)) | u64::from(word(20)) << 32;
            let (data, rest) = rest.split_at_checked(word(12) as usize).ok_or_else(cut)?;
            self.step(word(0), (word(4), word(8)), offset, data)?;
            bytes = rest;
        }
        Ok(Trace { ops: self.ops, start: self.start })
    }

    fn step(&mut self, op: u32, handle: (u32, u32), offset: u64, data: &[u8]) -> io::Result<()> {
        let text = || String::from_utf8_lossy(data).into_owned();
        match op {
            1 => return self.open(handle, &text(), offset == 1),
            5 => {
                let both = text();
                let (from, to) = both.split_once('\0').ok_or_else(|| io::Error::other("a rename out of sight"))?;
                if let Some(file) = self.names.remove(from) {
                    self.names.insert(to.to_owned(), file);
                }
                self.ops.push(Op::Rename { from: from.to_owned(), to: to.to_owned() });
                return Ok(());
            }
            6 => {
                if self.names.remove(&text()).is_some() {
                    self.ops.push(Op::Unlink { name: text() });
                }
                return Ok(());
            }
            7 => {
                self.ops.push(Op::Mark { id: text() });
                return Ok(());
            }
            9 => {
                self.ops.push(Op::MakeDir { name: text() });
                return Ok(());
            }
            _ => {}
        }
        let handle = self.handles.get(&handle).cloned().ok_or_else(|| io::Error::other("an unknown handle"))?;
        self.ops.extend(match (op, handle) {
            (2, Handle::File(file)) => Some(Op::Write { file, offset, data: data.to_vec() }),
            (3, Handle::File(file)) => Some(Op::Sync { file }),
            (3, Handle::Dir(name)) => Some(Op::SyncDir { name }),
            (4, Handle::File(file)) => Some(Op::Truncate { file, len: offset }),
            (8, Handle::File(file)) => Some(Op::SyncFailed { file }),
            _ => None,
        });
        Ok(())
    }

    fn open(&mut self, handle: (u32, u32), name: &str, created: bool) -> io::Result<()> {
        let opened = if is_index(name) {
            Handle::Ignored
        } else if created {
            let file = self.next;
            self.next += 1;
            self.names.insert(name.to_owned(), file);
            self.ops.push(Op::Create { name: name.to_owned(), file });
            Handle::File(file)
        } else if let Some(file) = self.names.get(name) {
            Handle::File(*file)
        } else if name.is_empty() || self.ops.iter().any(|op| matches!(op, Op::MakeDir { name: made } if made == name))
        {
            Handle::Dir(name.to_owned())
        } else {
            return Err(io::Error::other("a file that was not there before"));
        };
        self.handles.insert(handle, opened);
        Ok(())
    }
}
