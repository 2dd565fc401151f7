"""Owns the one system-wide key for approval (Windows): held only while a card is on screen, given back after."""

from __future__ import annotations

import sys
from collections.abc import Callable

from PySide6.QtCore import QAbstractNativeEventFilter, QByteArray, QCoreApplication

_KEY_CODES = {"F9": 0x78, "F10": 0x79, "F11": 0x7A, "F12": 0x7B}
_OUR_ID = 0x5746  # any number below 0xC000, one key of ours
_WM_HOTKEY = 0x0312
_NO_REPEAT = 0x4000  # a key held down approves once, not a whole row of customers


def available() -> bool:
    """Only Windows lets a program that never has the keyboard hear one key."""
    return sys.platform == "win32"


class GlobalHotKey(QAbstractNativeEventFilter):
    """Elsewhere than on Windows it holds nothing."""

    def __init__(self, pressed: Callable[[], None]) -> None:
        super().__init__()
        self._pressed = pressed
        self._held = ""
        app = QCoreApplication.instance()
        if available() and app is not None:
            app.installNativeEventFilter(self)

    @property
    def held(self) -> str:
        return self._held

    def hold(self, key: str) -> None:
        """Take this key from now on, or give it back with an empty name. A key another program has stays theirs."""
        if key == self._held or not available():
            return
        if self._held:
            _release()
        self._held = key if key in _KEY_CODES and _take(_KEY_CODES[key]) else ""

    def nativeEventFilter(
        self, event_type: QByteArray | bytes | bytearray | memoryview, message: int
    ) -> tuple[bool, int]:
        if sys.platform == "win32" and event_type == b"windows_generic_MSG":
            import ctypes.wintypes

            words = ctypes.wintypes.MSG.from_address(int(message))
            if words.message == _WM_HOTKEY and words.wParam == _OUR_ID:
                self._pressed()
                return True, 0
        return False, 0


def _take(code: int) -> bool:
    if sys.platform == "win32":
        import ctypes

        return bool(ctypes.windll.user32.RegisterHotKey(None, _OUR_ID, _NO_REPEAT, code))
    return False


def _release() -> None:
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.user32.UnregisterHotKey(None, _OUR_ID)
