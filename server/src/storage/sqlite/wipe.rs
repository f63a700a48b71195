//! Receipts of erasures. The first of a device stays: whoever took its key before it was destroyed could write another.

use rusqlite::{Connection, OptionalExtension};
use tvaers_wire::codec::Canonical;
use tvaers_wire::ids::DeviceId;
use tvaers_wire::wipe::{ReceivedReceipt, SignedWipeReceipt};

use crate::storage::StorageError;

pub(super) fn store(
    connection: &Connection,
    device: &DeviceId,
    receipt: &SignedWipeReceipt,
    now_ms: u64,
) -> Result<(), StorageError> {
    let sql = "INSERT OR IGNORE INTO wipe_receipt (device, received, bytes) VALUES (?1, ?2, ?3)";
    connection.execute(sql, (device.as_bytes(), now_ms, receipt.to_bytes()))?;
    Ok(())
}

pub(super) fn read(connection: &Connection, devices: &[DeviceId]) -> Result<Vec<ReceivedReceipt>, StorageError> {
    let mut query = connection.prepare_cached("SELECT received, bytes FROM wipe_receipt WHERE device = ?1")?;
    let mut found = Vec::new();
    for device in devices {
        let row = query.query_row([device.as_bytes()], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)));
        if let Some((received_at, bytes)) = row.optional()? {
            let receipt = SignedWipeReceipt::from_bytes(&bytes).map_err(|_| StorageError::Damaged("a receipt"))?;
            found.push(ReceivedReceipt { receipt, received_at });
        }
    }
    Ok(found)
}
