"""What people may set on this device."""
