//! Mailboxes. What has expired is not there, whether or not its row is still to be dropped.

use rusqlite::{Connection, OptionalExtension};
use tvaers_wire::mailbox::{Mailbox, MailboxId};

use crate::storage::{MailboxChange, MailboxChanged, StorageError};

pub(super) fn change(
    connection: &Connection,
    id: &MailboxId,
    change: &MailboxChange,
    now: u64,
) -> Result<MailboxChanged, StorageError> {
    let done = |rows: usize| if rows > 0 { MailboxChanged::Done } else { MailboxChanged::Gone };
    match change {
        MailboxChange::Open { expires } => {
            connection.execute("DELETE FROM mailbox WHERE expires <= ?1", [now])?;
            connection.execute("INSERT OR IGNORE INTO mailbox (id, expires) VALUES (?1, ?2)", (id.0, expires))?;
            Ok(MailboxChanged::Done)
        }
        MailboxChange::Letter(letter) => {
            let sql = "UPDATE mailbox SET letter = ?3 WHERE id = ?1 AND expires > ?2 AND letter IS NULL";
            if connection.execute(sql, (id.0, now, letter))? > 0 {
                return Ok(MailboxChanged::Done);
            }
            // The same letter again is as good as the first time: its sender may never have had the answer.
            Ok(match read(connection, id, now)? {
                None => MailboxChanged::Gone,
                Some(Mailbox { letter: Some(first), .. }) if first.0 == *letter => MailboxChanged::Done,
                Some(_) => MailboxChanged::Taken,
            })
        }
        MailboxChange::Answer(letter) => {
            let sql = "UPDATE mailbox SET answer = ?3 WHERE id = ?1 AND expires > ?2";
            Ok(done(connection.execute(sql, (id.0, now, letter))?))
        }
        MailboxChange::Close => Ok(done(connection.execute("DELETE FROM mailbox WHERE id = ?1", [id.0])?)),
    }
}

pub(super) fn read(connection: &Connection, id: &MailboxId, now: u64) -> Result<Option<Mailbox>, StorageError> {
    let sql = "SELECT letter, answer FROM mailbox WHERE id = ?1 AND expires > ?2";
    let bytes = |bytes: Option<Vec<u8>>| bytes.map(Into::into);
    let found = connection
        .query_row(sql, (id.0, now), |row| Ok(Mailbox { letter: bytes(row.get(0)?), answer: bytes(row.get(1)?) }));
    Ok(found.optional()?)
}
