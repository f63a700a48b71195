-- Numbers instead of hashes inside: `row` of an entry, a chunk and a statement is its sequence number in the order of commits.
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

-- The last sequence number of each commit and the commit's random nonce: what a token is compared with.
CREATE TABLE place (seq INTEGER PRIMARY KEY, nonce BLOB NOT NULL);

-- Certificates shown at a session. Those that came as vouchers are inside their entries.
CREATE TABLE statement (row INTEGER PRIMARY KEY, bytes BLOB NOT NULL);

CREATE TABLE device (row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE);

-- A circle is named by the row of its founding entry.
CREATE TABLE entry (row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, circle INTEGER NOT NULL, bytes BLOB NOT NULL);

CREATE TABLE wrap (
  entry INTEGER NOT NULL, member BLOB NOT NULL, n INTEGER NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY (entry, member, n)
) WITHOUT ROWID;

-- Where each installation stands in each circle. Never deleted, so a replaced range leaves no hole in the check of order.
CREATE TABLE installation (
  row INTEGER PRIMARY KEY, circle INTEGER NOT NULL, device BLOB NOT NULL, nonce BLOB NOT NULL,
  counter INTEGER NOT NULL, chunk BLOB NOT NULL,
  UNIQUE (circle, device, nonce)
);

-- `hash` is the first eight bytes of the id: a small index; the id itself is compared afterwards.
CREATE TABLE chunk (
  row INTEGER PRIMARY KEY, hash INTEGER NOT NULL, circle INTEGER NOT NULL, installation INTEGER NOT NULL,
  counter INTEGER NOT NULL, received INTEGER NOT NULL, id BLOB NOT NULL, bytes BLOB NOT NULL
);
CREATE INDEX chunk_hash ON chunk (hash);
CREATE INDEX chunk_circle ON chunk (circle);
CREATE INDEX chunk_counter ON chunk (installation, counter);

-- Content keys lie apart from the chunks, so that an erasure reaches them alone (with secure_delete).
CREATE TABLE box (
  chunk INTEGER NOT NULL, supplier INTEGER NOT NULL, epoch INTEGER NOT NULL, sealed BLOB NOT NULL,
  PRIMARY KEY (chunk, supplier)
) WITHOUT ROWID;

-- One index of the feed: everyone, the municipality, a person or a team.
CREATE TABLE feed_key (row INTEGER PRIMARY KEY, kind INTEGER NOT NULL, id BLOB NOT NULL, UNIQUE (kind, id));

-- kind: 0 chunk, 1 entry, 2 box (of chunk `ref` by device `extra`), 3 granted (circle `ref`).
CREATE TABLE feed (
  key INTEGER NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL, ref INTEGER NOT NULL, extra INTEGER NOT NULL,
  PRIMARY KEY (key, seq)
) WITHOUT ROWID;
