-- What the cloud told this store, each as it is now; the newest two hundred are kept. `acked`: the cloud says that
-- somebody has seen it; `acked_count`: it was seen here when it had happened so often, and the cloud may not know yet.
CREATE TABLE notice (
    notice_id   TEXT PRIMARY KEY,
    generation  INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    priority    TEXT NOT NULL,
    for_owner   INTEGER NOT NULL CHECK (for_owner IN (0, 1)),
    count       INTEGER NOT NULL,
    details     TEXT NOT NULL,
    created_ms  INTEGER NOT NULL,
    at_ms       INTEGER NOT NULL,
    expires_ms  INTEGER NOT NULL,
    acked       INTEGER NOT NULL CHECK (acked IN (0, 1)),
    acked_count INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX notice_newest ON notice (at_ms);

-- What was there before had no ids that anybody could acknowledge: it stays as history.
INSERT INTO notice (notice_id, generation, version, kind, priority, for_owner, count, details, created_ms, at_ms,
                    expires_ms, acked)
SELECT 'before ' || notice_id, 0, 0, kind, 'low', 1, 1,
       json_object('employee_id', employee_id, 'name', name, 'own_day', count, 'own_week', count,
                   'store_week', of_count),
       created_ms, created_ms, created_ms, 1
FROM owner_notice;

DROP TABLE owner_notice;

-- What the store does not want in its bell.
CREATE TABLE notice_setting (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    generation   INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    switched_off TEXT NOT NULL
) STRICT;
