"""The page about people: who works here, what they may take back, what the owner has to know."""
