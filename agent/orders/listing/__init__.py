"""The list of orders and its filters."""
