-- A log is read by its circle; with thousands of circles a look at every entry for each of them took seconds.
CREATE INDEX entry_circle ON entry (circle, id);
