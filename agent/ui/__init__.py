"""The look shared by every screen: tokens, type, icons, controls."""
