"""Owns joining a store from the screen or the command line; the network runs on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from agent.enroll.types import Enrolled, EnrollOutcome, EnrollRefused, EnrollState, NotEnrolled
from agent.logbook import topic
from sync.clock import Clock
from sync.ids import IdSource
from sync.profile import read_store_profile
from sync.secrets import DeviceVault
from sync.store import Store

log = topic("agent")

__all__ = ["EnrollOutcome", "EnrollRefused", "EnrollService", "EnrollState", "Enrolled", "NotEnrolled"]


class EnrollService:
    """``on_enrolled`` is called on the worker's thread once a store has taken this device, before anybody is told."""

    def __init__(
        self,
        *,
        store: Store,
        vault: DeviceVault,
        clock: Clock,
        ids: IdSource,
        label: str,
        on_enrolled: Callable[[], None],
    ) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock
        self._ids = ids
        self._label = label
        self._on_enrolled = on_enrolled
        self._one_at_a_time = threading.Lock()

    def state(self) -> EnrollState:
        with self._store.read() as conn:
            profile = read_store_profile(conn)
        return NotEnrolled() if profile is None else Enrolled(profile)

    def redeem(self, base_url: str, code: str, on_result: Callable[[EnrollOutcome], None]) -> None:
        """Ask the cloud in the background; ``on_result`` is called on that thread."""
        threading.Thread(target=lambda: on_result(self.redeem_now(base_url, code)), name="enroll", daemon=True).start()

    def redeem_now(self, base_url: str, code: str) -> EnrollOutcome:
        """The same, waiting for the answer. Network, vault and disk trouble are answers, not exceptions."""
        from sync import enroll

        with self._one_at_a_time:
            outcome = enroll.redeem(
                base_url, code, self._label, store=self._store, vault=self._vault, clock=self._clock, ids=self._ids
            )
            if isinstance(outcome, enroll.EnrollRefused):
                log.event("enroll_refused", code=outcome.code)
                return EnrollRefused(outcome.code, outcome.user_message, outcome.user_message_en)
            self._on_enrolled()
        log.event("enrolled", store=outcome.profile.store_id)
        return Enrolled(outcome.profile)
