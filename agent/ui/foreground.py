"""Owns giving the keyboard back: who had it before a pop-up asked for a typed reason gets it again (Windows)."""

from __future__ import annotations

import sys


class Foreground:
    """Remembers the window in front. Elsewhere than on Windows the window manager does this by itself."""

    def __init__(self) -> None:
        self._window = 0

    def remember(self) -> None:
        if sys.platform == "win32":
            import ctypes

            self._window = ctypes.windll.user32.GetForegroundWindow()

    def give_back(self) -> None:
        if sys.platform == "win32" and self._window:
            import ctypes

            ctypes.windll.user32.SetForegroundWindow(self._window)
        self._window = 0
