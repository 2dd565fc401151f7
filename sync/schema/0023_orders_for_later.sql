-- When the customer of an order comes for it; NULL: as soon as it is made.
ALTER TABLE customer_order ADD COLUMN due_ms INTEGER;
CREATE INDEX customer_order_due ON customer_order (due_ms) WHERE due_ms IS NOT NULL;
