"""Print jobs and the state of printers."""
