"""Cup holders of a store: the daily report of what was used, rounds that were ordered and received."""
