-- Who works at the store, as the cloud says. `pin_verifier` can be tried only with the store's key, which is not in this
-- file (rules.pin).
CREATE TABLE employee (
    employee_id     TEXT PRIMARY KEY,
    generation      INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    name            TEXT NOT NULL,
    role            TEXT NOT NULL,
    pin_salt        BLOB NOT NULL,
    pin_verifier    BLOB NOT NULL,
    may_recover     INTEGER NOT NULL CHECK (may_recover IN (0, 1)),
    suspended       INTEGER NOT NULL CHECK (suspended IN (0, 1)),
    counted_from_ms INTEGER NOT NULL,
    removed         INTEGER NOT NULL CHECK (removed IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Wrong PINs in a row. Kept over restarts: pulling the plug opens no door.
CREATE TABLE pin_try (
    employee_id  TEXT PRIMARY KEY,
    failures     INTEGER NOT NULL,
    last_wall_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who asked to take an approval back; the owner confirms, or it happens by itself.
ALTER TABLE request ADD COLUMN recovery_by TEXT;
