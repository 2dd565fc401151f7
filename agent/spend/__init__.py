"""Points that a customer spends at this counter's own tablet."""
