"""The screen on which an owner changes what slips say."""
