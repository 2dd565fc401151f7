"""What a Korean receipt means: its kind and its amounts, or honestly nothing."""
