"""Makes a source folder runnable with the standard library alone. Nothing here may import a third-party package."""
