"""Pictures of the counter: sample shop, scenes, checks."""
