"""The door for devices: push of operations, pull and stream of feed rows."""
