-- The menu as the cloud says it is, of the brand and of the store, and what is sold out here. What this counter has said
-- of an item and the cloud has not answered stands in the outbox only.
CREATE TABLE menu_category (
    category_id TEXT PRIMARY KEY,
    generation  INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    name        TEXT NOT NULL,
    visible     INTEGER NOT NULL CHECK (visible IN (0, 1)),
    position    INTEGER NOT NULL,
    removed     INTEGER NOT NULL CHECK (removed IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE menu_item (
    menu_id         TEXT PRIMARY KEY,
    generation      INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    category_id     TEXT NOT NULL,
    name            TEXT NOT NULL,
    name_en         TEXT NOT NULL,
    price_won       INTEGER NOT NULL,
    visible         INTEGER NOT NULL CHECK (visible IN (0, 1)),
    position        INTEGER NOT NULL,
    sale_times_json TEXT NOT NULL,
    removed         INTEGER NOT NULL CHECK (removed IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE menu_here (
    menu_id     TEXT PRIMARY KEY,
    generation  INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    available   INTEGER NOT NULL CHECK (available IN (0, 1)),
    sold_out    TEXT,
    sold_out_ms INTEGER
) STRICT, WITHOUT ROWID;

-- What an order is paid with beside money, and its sold-out message.
ALTER TABLE customer_order ADD COLUMN coupon_won INTEGER NOT NULL DEFAULT 0;
ALTER TABLE customer_order ADD COLUMN points INTEGER NOT NULL DEFAULT 0;
ALTER TABLE customer_order ADD COLUMN sold_out TEXT;
ALTER TABLE customer_order ADD COLUMN sold_out_ms INTEGER;
