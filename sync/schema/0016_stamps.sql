-- What the cloud says of members besides their points: the grade's code, and stamps on their card of this shop.
ALTER TABLE member ADD COLUMN grade TEXT;
ALTER TABLE member ADD COLUMN stamps INTEGER NOT NULL DEFAULT 0;
ALTER TABLE member_arriving ADD COLUMN grade TEXT;
ALTER TABLE member_arriving ADD COLUMN stamps INTEGER NOT NULL DEFAULT 0;

-- Stamps of an earn: NULL where the shop gives points. `stamp_lookup` counts what a member got here today.
ALTER TABLE earn ADD COLUMN stamps INTEGER;
ALTER TABLE earn ADD COLUMN posted_stamps INTEGER;
ALTER TABLE earn ADD COLUMN stamp_lookup TEXT;
