"""Devices: how they join a store, how their calls are proved, how they are shut out."""
