"""The people of a store: who they are, what they may take back, and what they did."""
