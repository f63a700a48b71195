-- Changes whose answer was lost are looked for before every push.
CREATE INDEX entry_unanswered ON entry (id) WHERE state = 3;
