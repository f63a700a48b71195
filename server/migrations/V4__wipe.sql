-- Receipts of devices that have erased themselves, as they signed them; `received` in Unix milliseconds. The first of each stays.
CREATE TABLE wipe_receipt (device BLOB PRIMARY KEY, received INTEGER NOT NULL, bytes BLOB NOT NULL) WITHOUT ROWID;
