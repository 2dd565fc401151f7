"""The page of the printers, and the screens that open in its place."""
