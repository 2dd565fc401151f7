"""The calendar of reports."""
