"""Pure business rules: no I/O, no clock, no randomness. The agent and the cloud compute with the same code."""
