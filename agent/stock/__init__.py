"""Cup holders at this counter: the daily report, what is left of them, ordering more."""
