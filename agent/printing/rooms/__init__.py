"""The screen where a shop says which printers it has and which slips go where."""
