"""The screen that finds a printer and learns from one strip of paper what it can do."""
