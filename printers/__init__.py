"""Printing and reading of receipts: documents, ESC/POS, devices, capture. Knows nothing of points or of the agent."""
