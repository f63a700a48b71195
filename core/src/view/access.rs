//! The access log, as far as it is here: all of it for a log controller, one's own for everybody else.

use rusqlite::types::Value;
use tvaers_wire::ids::{ChildId, DeviceId, PersonId, RecordId};

use crate::client::{ClientError, Device};
use crate::kinds::{Access, ChildRef, Kind};
use crate::store::{StoreError, access};

/// After this time without a word from a device its log is said to be missing, in milliseconds: twice what a device on which nothing
/// is done keeps silent for, so that one week without a network accuses nobody.
pub const SILENT: i64 = 2 * crate::client::QUIET;

/// What is looked for; what is not given is not asked about.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AccessFilter {
    /// About this child.
    pub child: Option<ChildId>,
    /// By this person.
    pub person: Option<PersonId>,
    /// This was done.
    pub access: Option<Access>,
    /// Not before, Unix milliseconds by the clock of the device it was done on.
    pub from: Option<i64>,
    /// Before, likewise.
    pub before: Option<i64>,
}

/// One thing that was done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccessRow {
    /// When, by the clock of the device it was done on, Unix milliseconds.
    pub at: i64,
    /// Whose device signed it.
    pub person: PersonId,
    /// Which.
    pub device: DeviceId,
    /// What was done.
    pub access: Access,
    /// The child.
    pub child: Option<ChildId>,
    /// The record.
    pub record: Option<RecordId>,
    /// The record's kind.
    pub kind: Option<Kind>,
    /// When the relay had it, by the relay's clock; `None` for what has not left this device.
    pub received_at: Option<i64>,
}

/// A device whose log there should be, and what there is of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoggingDevice {
    /// Whose.
    pub person: PersonId,
    /// Which.
    pub device: DeviceId,
    /// When the relay last had something of its log, by the relay's clock.
    pub received_at: Option<i64>,
    /// Everything done on it before this is said to be in its log, by its own clock.
    pub until: Option<i64>,
    /// Numbered events that are not here although a later one is.
    pub missing: u64,
    /// Events that bear a number which another one of the same installation bears.
    pub twice: u64,
    /// Nothing has come for longer than [`SILENT`], or never. It may be withheld, or the device lies in a drawer: the log cannot tell.
    pub silent: bool,
}

impl Device {
    /// What was done, newest first, at most so much.
    ///
    /// # Errors
    /// A store error.
    pub fn access_log(&self, filter: &AccessFilter, limit: usize) -> Result<Vec<AccessRow>, ClientError> {
        let (mut terms, mut values): (Vec<&str>, Vec<Value>) = (Vec::new(), Vec::new());
        let mut term = |sql: &'static str, value: Option<Value>| {
            if let Some(value) = value {
                terms.push(sql);
                values.push(value);
            }
        };
        let blob = |bytes: &[u8]| Value::Blob(bytes.to_vec());
        term("access_done.child = ?", filter.child.as_ref().map(|child| blob(child.as_bytes())));
        term("access_done.person = ?", filter.person.as_ref().map(|person| blob(person.as_bytes())));
        term("access_done.access = ?", filter.access.map(|access| Value::Integer(access.code().into())));
        term("access_done.at >= ?", filter.from.map(Value::Integer));
        term("access_done.at < ?", filter.before.map(Value::Integer));
        terms.push("1");
        values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        let sql = format!(
            "SELECT at, access_done.person, access_event.device, access, child, access_done.record, kind, \
             (SELECT min(received_at) FROM chunk WHERE chunk.record = access_event.record) \
             FROM access_done JOIN access_event ON access_event.record = access_done.event \
             WHERE {} ORDER BY at DESC, access_done.id DESC LIMIT ?",
            terms.join(" AND ")
        );
        self.store().read(|conn| {
            let mut query = conn.prepare_cached(&sql)?;
            let mut rows = query.query(rusqlite::params_from_iter(values))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let damaged = StoreError::Damaged { what: "the access log" };
                let (child, record): (Option<[u8; 16]>, Option<[u8; 32]>) = (row.get(4)?, row.get(5)?);
                found.push(AccessRow {
                    at: row.get(0)?,
                    person: PersonId::new(row.get(1)?),
                    device: DeviceId::new(row.get(2)?),
                    access: Access::from_code(row.get(3)?).ok_or(damaged)?,
                    child: child.map(ChildId::new),
                    record: record.map(RecordId::new),
                    kind: row.get::<_, Option<u8>>(6)?.and_then(Kind::from_code),
                    received_at: row.get(7)?,
                });
            }
            Ok(found)
        })
    }

    /// The children in the log, as the devices that looked them up knew them, by name.
    ///
    /// # Errors
    /// A store error.
    pub fn access_children(&self) -> Result<Vec<ChildRef>, ClientError> {
        self.store().read(|conn| {
            let sql = "SELECT child, given_name, family_name, birth_date FROM access_child ORDER BY 2, 3, 4, 1";
            let mut query = conn.prepare_cached(sql)?;
            let mut rows = query.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(access::child_of(row)?);
            }
            Ok(found)
        })
    }

    /// Every device in use, as far as its certificate is known here, and what is here of its log; first those that something is wrong with. `now`
    /// by this device's clock.
    ///
    /// # Errors
    /// A store error.
    pub fn logging_devices(&self, now: i64) -> Result<Vec<LoggingDevice>, ClientError> {
        let devices: Vec<_> = {
            let known = self.known();
            known.vouched.certified().filter(|(device, _)| !known.vouched.is_out(device)).collect()
        };
        let own = self.installation().device;
        self.store().read(|conn| {
            let mut ends = conn.prepare_cached(
                "SELECT max(until), (SELECT max(received_at) FROM access_event AS event JOIN chunk ON chunk.record = event.record \
                 WHERE event.device = ?1) FROM access_event WHERE device = ?1",
            )?;
            let mut chains = conn.prepare_cached(
                "SELECT max(number) - count(DISTINCT number), count(*) - count(DISTINCT number) FROM access_event \
                 WHERE device = ?1 GROUP BY nonce",
            )?;
            let mut found = Vec::with_capacity(devices.len());
            for (device, person) in devices {
                let (until, received_at) = ends.query_row([device.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
                let (mut missing, mut twice) = (0, 0);
                let mut rows = chains.query([device.as_bytes()])?;
                while let Some(row) = rows.next()? {
                    missing += u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default();
                    twice += u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default();
                }
                let heard: Option<i64> = if device == own { until } else { received_at };
                let silent = heard.is_none_or(|heard| now.saturating_sub(heard) > SILENT);
                found.push(LoggingDevice { person, device, received_at, until, missing, twice, silent });
            }
            found.sort_by_key(|one| (!one.silent && one.missing == 0 && one.twice == 0, one.received_at, one.device));
            Ok(found)
        })
    }
}
