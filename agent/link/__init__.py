"""Online or offline, and whose shop this is."""
