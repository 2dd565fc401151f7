-- The daily reports of used cup holders and the store's stock as the cloud says they are. What this counter has said and
-- the cloud has not answered stands in the outbox only.
CREATE TABLE cup_report (
    day        TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    pieces     INTEGER NOT NULL,
    late       INTEGER NOT NULL CHECK (late IN (0, 1)),
    actor      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row, with what the counter computes from on its own; rounds_json is the list as on the wire.
CREATE TABLE cup_stock (
    id                  INTEGER PRIMARY KEY CHECK (id = 1),
    generation          INTEGER NOT NULL,
    version             INTEGER NOT NULL,
    contracted          INTEGER NOT NULL,
    received            INTEGER NOT NULL,
    reported            INTEGER NOT NULL,
    daily_average       INTEGER,
    expected_daily      INTEGER NOT NULL,
    cycle_days          INTEGER NOT NULL,
    rounding            TEXT NOT NULL,
    threshold_percent   INTEGER NOT NULL,
    stock_after_receipt INTEGER NOT NULL,
    rounds_json         TEXT NOT NULL
) STRICT;

-- What the cloud did not take of what was typed here, until somebody has seen it. day is empty for an order.
CREATE TABLE cup_refused (
    op_id  TEXT PRIMARY KEY,
    day    TEXT NOT NULL,
    pieces INTEGER NOT NULL,
    code   TEXT NOT NULL,
    at_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A program that did not know them passed their rows over, and a feed brings no row twice: a device that already reads
-- one takes a snapshot, which has all of it, and the opening hours.
INSERT INTO meta (key, value)
SELECT 'sync.snapshot_due', 'rebuilt'
WHERE EXISTS (SELECT 1 FROM inbox_cursor) AND NOT EXISTS (SELECT 1 FROM meta WHERE key = 'sync.snapshot_due');
