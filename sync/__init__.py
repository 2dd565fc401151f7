"""The local store, the outbox and everything that moves operations and feed rows between agent and cloud."""
