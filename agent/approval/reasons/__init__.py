"""The panel that asks why a request is rejected."""
