"""Work that is due at a time of day: each job once, however many processes serve one database."""
