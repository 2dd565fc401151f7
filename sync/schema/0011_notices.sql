-- What the owner has to know about recoveries (APR-25, 28), as the cloud told it; the newest two hundred are kept.
CREATE TABLE owner_notice (
    notice_id   INTEGER PRIMARY KEY,
    kind        TEXT NOT NULL,
    employee_id TEXT,
    name        TEXT,
    count       INTEGER,
    of_count    INTEGER,
    created_ms  INTEGER NOT NULL
) STRICT;

-- The same notice may come again after a snapshot.
CREATE UNIQUE INDEX owner_notice_once ON owner_notice (created_ms, kind, coalesce(employee_id, ''));
