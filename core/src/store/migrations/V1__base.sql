-- What a device remembers. Ids are the protocol's hashes; rows are joined by small integers.

-- Own keys, installation, enrolment, tokens.
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- Statements of the authority, so that they can be shown again as vouchers.
CREATE TABLE statement (
    id INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL UNIQUE
);

CREATE TABLE circle (
    id INTEGER PRIMARY KEY,
    circle BLOB NOT NULL UNIQUE,
    -- CBOR of the purpose, once the sealed part could be opened
    purpose BLOB,
    child BLOB,
    -- 1 while the circle's past is still to be fetched, from this sequence on
    backlog INTEGER NOT NULL DEFAULT 0,
    backlog_after INTEGER NOT NULL DEFAULT 0,
    -- own chain
    counter INTEGER NOT NULL DEFAULT 0,
    previous BLOB,
    -- refusals to declare with the next chunk: CBOR
    refused BLOB,
    -- the relay will not take chunks here for now: why, and when to ask again (Unix ms)
    held_reason TEXT,
    held_until INTEGER NOT NULL DEFAULT 0,
    -- records have arrived or were read since the last receipt
    receipt_due INTEGER NOT NULL DEFAULT 0,
    -- own chain of receipts
    receipt_counter INTEGER NOT NULL DEFAULT 0,
    receipt_previous BLOB
);
CREATE INDEX circle_child ON circle (child) WHERE child IS NOT NULL;
CREATE INDEX circle_due ON circle (id) WHERE receipt_due = 1;
CREATE INDEX circle_backlog ON circle (id) WHERE backlog = 1;

-- Control entries in the order in which they were accepted here.
CREATE TABLE entry (
    id INTEGER PRIMARY KEY,
    entry BLOB NOT NULL UNIQUE,
    circle BLOB NOT NULL,
    bytes BLOB NOT NULL,
    -- CBOR of the wraps that came with it, or of all of them if it was made here
    wraps BLOB NOT NULL,
    -- 0 waiting for something else, 1 accepted, 2 set aside, 3 made here and on its way
    state INTEGER NOT NULL,
    -- 1 until the relay has it, if made or to be restored by this device
    unsent INTEGER NOT NULL DEFAULT 0,
    reason TEXT
);
CREATE INDEX entry_waiting ON entry (id) WHERE state = 0;
CREATE INDEX entry_unsent ON entry (id) WHERE unsent = 1;

-- Changes of membership to be made at the next contact: entries beyond the founding one are signed on the head then in force.
CREATE TABLE intent (
    circle INTEGER NOT NULL REFERENCES circle (id),
    member BLOB NOT NULL,
    -- CBOR: rights to have, or to be gone and why
    wanted BLOB NOT NULL,
    PRIMARY KEY (circle, member)
) WITHOUT ROWID;

CREATE TABLE root (
    circle BLOB NOT NULL,
    epoch BLOB NOT NULL,
    root BLOB NOT NULL,
    PRIMARY KEY (circle, epoch)
) WITHOUT ROWID;

CREATE TABLE installation (
    id INTEGER PRIMARY KEY,
    device BLOB NOT NULL,
    nonce BLOB NOT NULL,
    UNIQUE (device, nonce)
);

CREATE TABLE chunk (
    id INTEGER PRIMARY KEY,
    chunk BLOB NOT NULL UNIQUE,
    circle INTEGER NOT NULL REFERENCES circle (id),
    installation INTEGER NOT NULL REFERENCES installation (id),
    counter INTEGER NOT NULL,
    -- counters that this chunk accounts for: its own with the refusals it declares, and the range it replaces
    lo INTEGER NOT NULL,
    replaces_lo INTEGER,
    replaces_hi INTEGER,
    -- relay's clock, Unix ms; null until the relay has it
    received_at INTEGER,
    -- 0 inbox, 1 listed, 2 opened, 3 waiting, 4 set aside, 5 own and not yet acknowledged
    state INTEGER NOT NULL,
    record INTEGER REFERENCES record (id),
    reason TEXT
);
-- Apart from the rest, which changes several times on a chunk's way: these are written once.
CREATE TABLE chunk_bytes (
    chunk INTEGER PRIMARY KEY REFERENCES chunk (id) ON DELETE CASCADE,
    bytes BLOB NOT NULL
);
CREATE INDEX chunk_work ON chunk (state, id) WHERE state IN (0, 1, 3, 5);
CREATE INDEX chunk_chain ON chunk (circle, installation, counter);
CREATE INDEX chunk_record ON chunk (record) WHERE record IS NOT NULL;

-- Content keys, sealed per epoch; one per supplier.
CREATE TABLE box (
    chunk BLOB NOT NULL,
    supplier BLOB NOT NULL,
    epoch BLOB NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (chunk, supplier, epoch)
) WITHOUT ROWID;

-- Counters that are accounted for beyond the contiguous ones: lo..hi, merged into reach when they meet it.
CREATE TABLE reach (
    circle INTEGER NOT NULL,
    installation INTEGER NOT NULL,
    counter INTEGER NOT NULL,
    chunk BLOB NOT NULL,
    PRIMARY KEY (circle, installation)
) WITHOUT ROWID;
CREATE TABLE ahead (
    circle INTEGER NOT NULL,
    installation INTEGER NOT NULL,
    lo INTEGER NOT NULL,
    hi INTEGER NOT NULL,
    chunk BLOB NOT NULL,
    PRIMARY KEY (circle, installation, lo)
) WITHOUT ROWID;

-- What leaves. A frozen record is sealed when it is put here, if nothing before it waits to be; edits and receipts when their
-- turn comes, since they may still grow. Counters are given in the order of leaving.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    circle INTEGER NOT NULL REFERENCES circle (id),
    -- null for a receipt
    record INTEGER REFERENCES record (id),
    -- the edit in the body, if it is one that was made here
    edit INTEGER REFERENCES edit (id),
    body BLOB NOT NULL,
    -- the chunk it became, until acknowledged
    chunk INTEGER REFERENCES chunk (id),
    -- after a refusal: when to try again (Unix ms), and why it failed
    not_before INTEGER NOT NULL DEFAULT 0,
    reason TEXT
);
CREATE INDEX outbox_circle ON outbox (circle, id);
CREATE INDEX outbox_unsealed ON outbox (circle, id) WHERE chunk IS NULL AND record IS NOT NULL;
CREATE INDEX outbox_edit ON outbox (edit) WHERE edit IS NOT NULL;

CREATE TABLE record (
    id INTEGER PRIMARY KEY,
    record BLOB NOT NULL UNIQUE,
    kind INTEGER NOT NULL,
    child BLOB,
    author BLOB NOT NULL,
    device BLOB NOT NULL,
    recorded_at INTEGER NOT NULL,
    received_at INTEGER,
    occurred_at INTEGER NOT NULL,
    headline TEXT NOT NULL,
    -- 0 listed from its summary, 1 opened, 2 set aside
    state INTEGER NOT NULL,
    -- first opened by a person on this device, Unix ms
    read_at INTEGER,
    -- the record this one answers, corrects or measures
    answers BLOB
);
-- The signed record of a frozen kind, written once and apart from what lists read.
CREATE TABLE record_item (
    record INTEGER PRIMARY KEY REFERENCES record (id) ON DELETE CASCADE,
    item BLOB NOT NULL
);
CREATE INDEX record_child ON record (child, occurred_at);
CREATE INDEX record_listed ON record (id) WHERE state = 0;
CREATE INDEX record_answers ON record (answers) WHERE answers IS NOT NULL;

-- Living records: the signed updates are the truth, the document is a cache that can be rebuilt.
CREATE TABLE edit (
    id INTEGER PRIMARY KEY,
    record INTEGER NOT NULL REFERENCES record (id),
    digest BLOB NOT NULL UNIQUE,
    item BLOB NOT NULL,
    -- the chunk that brought it first; null if it was made here
    chunk INTEGER REFERENCES chunk (id),
    -- 0 waiting for others, 1 applied, 2 set aside
    state INTEGER NOT NULL,
    -- 1 once a chunk carries it: its bytes are final. Until then further changes join it, so that all unsent changes of a
    -- document are one update
    sealed INTEGER NOT NULL
);
CREATE INDEX edit_record ON edit (record, id);
CREATE INDEX edit_waiting ON edit (id) WHERE state = 0;
CREATE TABLE document (
    record INTEGER PRIMARY KEY REFERENCES record (id),
    founder BLOB NOT NULL,
    nonce BLOB NOT NULL,
    saved BLOB NOT NULL,
    -- heads up to which own changes have been signed
    sent BLOB NOT NULL
);

-- Where a record shall also be readable; resolved into a circle as soon as the keys for it are known.
CREATE TABLE share (
    record INTEGER NOT NULL REFERENCES record (id),
    -- CBOR of the audience
    audience BLOB NOT NULL,
    PRIMARY KEY (record, audience)
) WITHOUT ROWID;
-- Where it already is, or is on its way to.
CREATE TABLE placed (
    record INTEGER NOT NULL REFERENCES record (id),
    circle INTEGER NOT NULL REFERENCES circle (id),
    -- 1 if this device brought it there: it then carries the edits of others across as well
    brought INTEGER NOT NULL,
    PRIMARY KEY (record, circle)
) WITHOUT ROWID;

-- The newest receipt of each other installation in each circle.
CREATE TABLE receipt (
    circle INTEGER NOT NULL,
    installation INTEGER NOT NULL,
    counter INTEGER NOT NULL,
    receipt BLOB NOT NULL,
    PRIMARY KEY (circle, installation)
) WITHOUT ROWID;

-- Who coordinates a child, as far as this device was told.
CREATE TABLE coordinator (
    child BLOB PRIMARY KEY,
    person BLOB NOT NULL
) WITHOUT ROWID;

-- Words of opened records. Contentless: the texts stand in the documents only.
CREATE VIRTUAL TABLE search USING fts5 (
    words, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 0", prefix = '2 3'
);

-- What came from the relay and is not even shaped like what it should be. Kept as evidence.
CREATE TABLE aside (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    bytes BLOB NOT NULL UNIQUE
);
