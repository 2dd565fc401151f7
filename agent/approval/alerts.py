"""Owns how this counter tells of a new order: as the store says, or in a way of its own (AGT-01, AGT-02)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from agent.dispatch import Listeners
from rules.alerts import AlertMode, mode_in_force, pops_up
from sync.profile import read_store_profile
from sync.store import Store, get_meta, set_meta

SETTING = "approval.alert_mode"  # meta: this counter's own way; empty: the store's


class OrderAlerts:
    """Thread-safe. While the printer is in trouble an order is always shown: paper that stays inside tells nobody."""

    def __init__(self, *, store: Store, can_print: Callable[[], bool]) -> None:
        self.listeners = Listeners()
        self._store = store
        self._can_print = can_print

    def own(self) -> str:
        """What somebody chose at this counter; empty: the store's way."""
        return self._store.meta(SETTING) or ""

    def choose(self, mode: str) -> None:
        """Empty: as the store says. Raises ValueError for a word that is no way, StoreError when it cannot be kept."""
        if mode and mode not in frozenset(AlertMode):
            raise ValueError(mode)
        with self._store.transaction() as conn:
            set_meta(conn, SETTING, mode or None)
        self.listeners.notify()

    def mode(self) -> AlertMode:
        """The way that is in force now."""
        with self._store.read() as conn:
            return self.mode_in(conn)

    def mode_in(self, conn: sqlite3.Connection) -> AlertMode:
        """The same inside the caller's transaction or read."""
        profile = read_store_profile(conn)
        chosen = mode_in_force(get_meta(conn, SETTING) or "", "" if profile is None else profile.alert_mode)
        return chosen if chosen is not AlertMode.PRINT or self._can_print() else AlertMode.BOTH

    def shows_orders(self) -> bool:
        """Whether an order comes up as a card, with its sound."""
        return pops_up(self.mode())
