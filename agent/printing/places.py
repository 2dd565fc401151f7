"""Owns which printers a counter has and which slips go to which of them. Kept in the local store."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Mapping
from typing import Final

from agent.printing.types import JobKind, PrinterAddress
from printers.errors import UnknownProfile
from printers.profiles import DEFAULT_PROFILE, PrinterProfile
from sync.store import Store, set_meta

FRONT: Final = "receipt"  # the one every counter has; what goes nowhere else goes here
KITCHEN, BAR = "kitchen", "bar"
PLACES: Final = (FRONT, KITCHEN, BAR)
ROUTED: Final = (JobKind.ORDER_TICKET, JobKind.SLIP, JobKind.POINTS, JobKind.CLAIM, JobKind.COUPON, JobKind.CLOSING)
ADDRESS_SETTING = "printing.address"  # meta: where a printer is, as printers.devices.address writes it
PROFILE_SETTING = "printing.profile"  # meta: what it can do, as JSON
ROUTES_SETTING = "printing.routes"  # meta: kinds of jobs that go to another printer than the front one, as JSON
MODEL_SETTING = "printing.model."  # meta: what printers of a model can do; the model's own name follows


class Places:
    """Thread-safe. `printer_for` and `profile` cost nothing: they are called inside transactions that print."""

    def __init__(self, store: Store, profile: PrinterProfile = DEFAULT_PROFILE) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._usual = profile
        self._addresses = {
            place: PrinterAddress.parse(text) for place in PLACES if (text := store.meta(_of(ADDRESS_SETTING, place)))
        }
        self._profiles = {
            place: found for place in PLACES if (found := _kept(store.meta(_of(PROFILE_SETTING, place)))) is not None
        }
        self._routes = _read_routes(store.meta(ROUTES_SETTING))

    def address(self, place: str = FRONT) -> PrinterAddress | None:
        """Where this printer is; None while none is set up there."""
        return self._addresses.get(place)

    def set_up(self) -> tuple[str, ...]:
        """The places that have a printer."""
        return tuple(place for place in PLACES if place in self._addresses)

    def profile(self, place: str = FRONT) -> PrinterProfile:
        """What the printer there can do."""
        return self._profiles.get(place, self._usual)

    def profile_of_model(self, model: str) -> PrinterProfile | None:
        """What was found out about a printer of this model before; None for one that is new here."""
        return _kept(self._store.meta(MODEL_SETTING + model)) if model else None

    def route(self, kind: JobKind) -> str:
        """Where the shop wants this kind of slip."""
        return self._routes.get(kind.value, FRONT)

    def printer_for(self, kind: JobKind) -> str:
        """Where it prints now: a place without a printer gives way to the front one."""
        wanted = self.route(kind)
        return wanted if wanted in self._addresses else FRONT

    def set_printer(
        self, place: str, address: PrinterAddress | None, profile: PrinterProfile | None = None, model: str = ""
    ) -> None:
        """A printer at this place, or none any more; what waits for a printer that is gone prints at the front."""
        values = {_of(ADDRESS_SETTING, place): str(address) if address else None}
        if profile is not None:
            values[_of(PROFILE_SETTING, place)] = profile.to_json()
            if model:
                values[MODEL_SETTING + model] = profile.to_json()
        with self._lock:
            with self._store.transaction() as conn:
                for key, value in values.items():
                    set_meta(conn, key, value)
                if address is None and place != FRONT:
                    _move_waiting(conn, place, FRONT)
            if profile is not None:
                self._profiles[place] = profile
            if address is not None:
                self._addresses[place] = address
            else:
                self._addresses.pop(place, None)

    def set_route(self, kind: JobKind, place: str) -> None:
        """This kind of slip prints there from now on, and so does what waits of it."""
        with self._lock:
            routes = {**self._routes, kind.value: place}
            target = place if place in self._addresses else FRONT
            with self._store.transaction() as conn:
                set_meta(conn, ROUTES_SETTING, json.dumps(routes, sort_keys=True))
                _move_waiting(conn, None, target, kind)
            self._routes = routes

    def bring_home(self, conn: sqlite3.Connection) -> None:
        """Jobs that wait for a place whose printer is gone print at the front."""
        for place in PLACES:
            if place != FRONT and place not in self._addresses:
                _move_waiting(conn, place, FRONT)


def _of(setting: str, place: str) -> str:
    return setting if place == FRONT else f"{setting}.{place}"


def _kept(text: str | None) -> PrinterProfile | None:
    """A profile that was kept; one of a newer version gives way to the default."""
    try:
        return PrinterProfile.from_json(text) if text else None
    except UnknownProfile:
        return None


def _read_routes(text: str | None) -> Mapping[str, str]:
    """Kinds and places that this version knows; a newer one may have known more."""
    found = json.loads(text) if text else {}
    kinds = {kind.value for kind in ROUTED}
    return {kind: place for kind, place in found.items() if kind in kinds and place in PLACES}


def _move_waiting(conn: sqlite3.Connection, source: str | None, target: str, kind: JobKind | None = None) -> None:
    """Jobs that wait change their printer; what is being printed stays where it is."""
    conn.execute(
        "UPDATE print_job SET printer = :target WHERE state = 'queued' AND printer <> :target"
        " AND (:source IS NULL OR printer = :source) AND (:kind IS NULL OR kind = :kind)",
        {"source": source, "target": target, "kind": kind.value if kind is not None else None},
    )
