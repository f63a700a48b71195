-- What a circle continues, as its founding entry says, and when that was signed: CBOR.
ALTER TABLE circle ADD COLUMN continues BLOB;
-- What a circle's log says of where it goes on; counts once that circle is known here and says the same.
CREATE TABLE goes_on (
    circle INTEGER NOT NULL REFERENCES circle (id),
    entry BLOB NOT NULL,
    next BLOB NOT NULL,
    PRIMARY KEY (circle, entry)
) WITHOUT ROWID;
-- Cases that are to go on in a new circle, made at the next contact.
CREATE TABLE continuation (
    id INTEGER PRIMARY KEY,
    child BLOB NOT NULL,
    -- CBOR: who joins, which records they are to see, the record that says why
    wanted BLOB NOT NULL,
    -- the new circle, once the log of an old one names it
    circle INTEGER REFERENCES circle (id)
);
-- Founding entries that were made for one: if the answer to a push is lost, any of them may be the one that a log names.
CREATE TABLE continuation_founding (
    circle BLOB PRIMARY KEY,
    continuation INTEGER NOT NULL REFERENCES continuation (id),
    bytes BLOB NOT NULL,
    wraps BLOB NOT NULL,
    root BLOB NOT NULL
) WITHOUT ROWID;
-- The record whose text a living record began with, and who had founded that.
ALTER TABLE record ADD COLUMN carries BLOB;
ALTER TABLE record ADD COLUMN carries_author BLOB;
CREATE INDEX record_carries ON record (carries) WHERE carries IS NOT NULL;
