-- What was done with records here since the last access event was signed: one row for each thing done, however often in that time.
CREATE TABLE access (
    id INTEGER PRIMARY KEY,
    -- this device's clock, Unix ms
    at INTEGER NOT NULL,
    access INTEGER NOT NULL,
    child BLOB,
    record INTEGER REFERENCES record (id)
);
CREATE UNIQUE INDEX access_once ON access (access, coalesce(record, 0), coalesce(child, x''));
-- What access events say, taken out of them when they are opened.
CREATE TABLE access_event (
    record INTEGER PRIMARY KEY REFERENCES record (id),
    person BLOB NOT NULL,
    device BLOB NOT NULL,
    nonce BLOB NOT NULL,
    number INTEGER NOT NULL,
    until INTEGER NOT NULL
);
CREATE INDEX access_event_chain ON access_event (device, nonce, number);
CREATE TABLE access_done (
    id INTEGER PRIMARY KEY,
    event INTEGER NOT NULL REFERENCES access_event (record),
    person BLOB NOT NULL,
    at INTEGER NOT NULL,
    access INTEGER NOT NULL,
    child BLOB,
    record BLOB,
    kind INTEGER
);
CREATE INDEX access_done_at ON access_done (at);
CREATE INDEX access_done_child ON access_done (child, at) WHERE child IS NOT NULL;
CREATE INDEX access_done_person ON access_done (person, at);
-- Names of children as access events give them; the newest counts.
CREATE TABLE access_child (
    child BLOB PRIMARY KEY,
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    birth_date TEXT NOT NULL
) WITHOUT ROWID;
-- Own events that the log controllers do not have yet are looked for among own events only.
CREATE INDEX record_access ON record (device) WHERE kind = 18;
-- The count on every page does not walk through a controller's log.
CREATE INDEX record_unread ON record (id) WHERE read_at IS NULL AND state < 2 AND kind <> 18;
