"""The API for tablets and tools on the shop's own network."""
