-- What a refused word about cup holders was, where it was neither a report nor an order.
ALTER TABLE cup_refused ADD COLUMN kind TEXT NOT NULL DEFAULT '';
