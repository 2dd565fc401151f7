"""Owns the way to the operating system's keyring: named backends only, tried out first, never waited for long."""

from __future__ import annotations

import importlib
import logging
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sync.errors import VaultUnavailable

log = logging.getLogger("sync")

SERVICE = "WithFoM Agent"
ANSWER_WITHIN_S = 5.0  # a locked keyring waits for a person, for ever
_PROBE = "self-test"
# Chosen here and not by the keyring package: its configuration file and environment can name any module, also one
# that drops what it is given.
_ALLOWED = {
    "win32": ("keyring.backends.Windows.WinVaultKeyring",),
    "darwin": ("keyring.backends.macOS.Keyring",),
    "linux": ("keyring.backends.SecretService.Keyring", "keyring.backends.kwallet.DBusKeyring"),
}
T = TypeVar("T")


class KeyringBox:
    """One keyring backend; every call has a time limit and raises VaultUnavailable instead of hanging."""

    def __init__(self, backend: Any, *, answer_within_s: float = ANSWER_WITHIN_S) -> None:
        self._backend = backend
        self._answer_within_s = answer_within_s

    def read(self, entry: str) -> str | None:
        found = self._ask(lambda: self._backend.get_password(SERVICE, entry))
        return None if found is None else str(found)

    def write(self, entry: str, text: str) -> None:
        self._ask(lambda: self._backend.set_password(SERVICE, entry, text))

    def remove(self, entry: str) -> None:
        """Removing what is not there is fine."""
        if self.read(entry) is not None:
            self._ask(lambda: self._backend.delete_password(SERVICE, entry))

    def works(self) -> bool:
        """Writes, reads and deletes a probe: some backends only pretend."""
        try:
            self.write(_PROBE, "ok")
            kept = self.read(_PROBE) == "ok"
            self.remove(_PROBE)
            return kept and self.read(_PROBE) is None
        except VaultUnavailable as problem:
            log.info("keyring_not_usable reason=%s", problem)
            return False

    def _ask(self, question: Callable[[], T]) -> T:
        return ask(question, self._answer_within_s)


def ask(question: Callable[[], T], within_s: float) -> T:
    """Runs ``question`` on a thread of its own; raises VaultUnavailable when it fails or takes too long.

    A thread that hangs in the keyring cannot be ended; it is left behind as a daemon and its answer ignored.
    """
    answers: list[T] = []
    problems: list[Exception] = []

    def run() -> None:
        try:
            answers.append(question())
        except Exception as problem:  # backends raise anything, from D-Bus errors to NameError
            problems.append(problem)

    thread = threading.Thread(target=run, name="keyring", daemon=True)
    thread.start()
    thread.join(within_s)
    if answers:
        return answers[0]
    if problems:
        raise VaultUnavailable(f"{type(problems[0]).__name__}: {problems[0]}") from problems[0]
    raise VaultUnavailable(f"no answer within {within_s:g} s")


def open_keyring(names: Sequence[str] | None = None, *, answer_within_s: float = ANSWER_WITHIN_S) -> KeyringBox | None:
    """The first allowed backend of this system that passes its self-test; None when there is none."""
    for name in _ALLOWED.get(sys.platform, ()) if names is None else names:
        try:
            backend = ask(lambda name=name: _load(name), answer_within_s)  # type: ignore[misc]
        except VaultUnavailable as problem:
            log.info("keyring_not_usable backend=%s reason=%s", name, problem)
            continue
        box = KeyringBox(backend, answer_within_s=answer_within_s)
        if box.works():
            return box
    return None


def _load(name: str) -> Any:
    module_name, _, class_name = name.rpartition(".")
    backend_class = getattr(importlib.import_module(module_name), class_name)
    backend_class.priority  # noqa: B018  raises when the backend cannot work here
    return backend_class()


def require(box: KeyringBox | None) -> KeyringBox:
    """Raises VaultUnavailable when there is no keyring now although the keys were put into one."""
    if box is None:
        raise VaultUnavailable("the keyring that holds the keys is not available")
    return box
