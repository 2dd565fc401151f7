"""Owns leaving the store from the settings page: blocked while anything is unsent, and nothing runs meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from sync.leaving import Blocked, Left, Unsent, leave, unsent
from sync.secrets import DeviceVault
from sync.store import Store

__all__ = ["Blocked", "LeaveService", "Left", "Unsent"]


class LeaveService:
    """``stop`` ends what works on the store's behalf, ``go_on`` starts it again when something came in between.
    ``farewell`` prepares what tells the cloud afterwards; without a line nobody hears it, and leaving is done."""

    def __init__(
        self,
        *,
        store: Store,
        vault: DeviceVault,
        stop: Callable[[], None],
        go_on: Callable[[], None],
        farewell: Callable[[], Callable[[], bool]] = lambda: lambda: False,
    ) -> None:
        self._store = store
        self._vault = vault
        self._stop = stop
        self._go_on = go_on
        self._farewell = farewell

    def unsent(self) -> Unsent:
        with self._store.read() as conn:
            return unsent(conn)

    def leave(self) -> Left | Blocked:
        """Raises StoreError or SecretError; then the device still belongs to its store, or its keys are to be removed
        by hand."""
        waiting = self.unsent()
        if waiting.count:
            return Blocked(waiting)
        tell_cloud = self._farewell()
        self._stop()
        done = leave(self._store, self._vault)
        if isinstance(done, Blocked):
            self._go_on()
        else:
            tell_cloud()
        return done
