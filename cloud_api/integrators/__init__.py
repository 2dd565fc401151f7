"""Keys and repeatable calls of consumer apps and POS vendors."""
