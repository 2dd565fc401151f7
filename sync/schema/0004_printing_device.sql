-- The one device whose printer the slip of a request comes out of, as the cloud named it.
ALTER TABLE request ADD COLUMN print_device TEXT;
