"""What consumers have to be told, in the order in which it happened."""
