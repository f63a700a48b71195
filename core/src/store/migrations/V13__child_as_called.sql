-- How whoever wrote the record called the child. Otherwise a document is opened for each child that an event names.
ALTER TABLE access ADD COLUMN given_name TEXT;
ALTER TABLE access ADD COLUMN family_name TEXT;
ALTER TABLE access ADD COLUMN birth_date TEXT;
