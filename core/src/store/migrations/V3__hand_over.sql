-- 0 until what this person has written about the child is on its way to a coordinator who came by a hand-over.
ALTER TABLE coordinator ADD COLUMN sent INTEGER NOT NULL DEFAULT 1;
-- This person coordinated the child and has handed it over: what still comes here about it is passed on. 2: and leaves its cases.
ALTER TABLE coordinator ADD COLUMN handed INTEGER NOT NULL DEFAULT 0;
