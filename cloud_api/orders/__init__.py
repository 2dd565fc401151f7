"""Orders from intake to ready."""
