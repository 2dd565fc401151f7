"""What is left, the rounds, the order."""
