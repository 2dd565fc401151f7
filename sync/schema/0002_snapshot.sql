-- Members who were seen at this store, as the cloud's newest snapshot gave them. `lookup` is what this device computes
-- from a number that a customer types (sync.secrets.phone_lookup); `points` stood at `taken_ms`, by the cloud's clock.
CREATE TABLE member (
    lookup   TEXT PRIMARY KEY,
    masked   TEXT NOT NULL,
    points   INTEGER NOT NULL CHECK (points >= 0),
    taken_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The members of a snapshot that is still arriving, also over several tries; nobody reads them before it is whole.
CREATE TABLE member_arriving (
    lookup   TEXT PRIMARY KEY,
    masked   TEXT NOT NULL,
    points   INTEGER NOT NULL CHECK (points >= 0),
    taken_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Telemetry that waits for a quiet moment. Apart from the outbox: it has no order, and no operation ever waits for it.
-- Documents are uploaded from their own table, behind the row that the mark below names: capturing one writes no more
-- than before. What was captured before this version stays here.
CREATE TABLE upload (
    n          INTEGER PRIMARY KEY,
    upload_id  TEXT NOT NULL,
    kind       TEXT NOT NULL,
    body       TEXT NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
INSERT INTO meta (key, value) SELECT 'uploads.document', max(rowid) FROM document HAVING count(*) > 0;
