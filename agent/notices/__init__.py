"""What the cloud told this store: kept, shown by urgency, acknowledged here."""
