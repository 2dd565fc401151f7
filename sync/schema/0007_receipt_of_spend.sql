-- The receipt that followed a spend: whether staff keyed the discount into the POS is seen once.
ALTER TABLE spend ADD COLUMN document_id TEXT;
