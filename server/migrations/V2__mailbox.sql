-- Where devices that nobody knows yet are enrolled: one sealed letter, one sealed answer. `expires` in Unix seconds.
CREATE TABLE mailbox (id BLOB PRIMARY KEY, expires INTEGER NOT NULL, letter BLOB, answer BLOB) WITHOUT ROWID;
