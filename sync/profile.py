"""Owns what this device is: identity at the cloud, profile and policy of its store, kept as single values."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from rules.hours import DayHours, StoreHours, always_open, hours_problem
from rules.spending import SpendPolicy
from rules.stores import StoreKind, StoreState
from sync.errors import NotEnrolled
from sync.meta import get_meta, set_meta
from sync.protocol import FeedKind, FeedRow

IDENTITY = "device.identity"
STORE_PROFILE = "store.profile"
POLICY = "store.policy"


@dataclass(frozen=True)
class Identity:
    """Who we are on the wire, and where our keys lie (``vault_entry``)."""

    base_url: str
    device_id: str
    epoch: int
    store_id: str
    label: str
    vault_entry: str


@dataclass(frozen=True)
class StoreProfile:
    store_id: str
    name: str
    brand_name: str
    service_type: str
    plan: str
    grade: str
    opens_minute: int | None = None  # after midnight; None: never closed, or nobody said
    state: str = "approved"
    state_reason: str = ""
    alert_mode: str = ""  # how orders are told of (AGT-02); empty: the cloud is of an earlier version
    hours_json: str = ""  # as the cloud wrote them; empty: nobody has said

    @property
    def hours(self) -> StoreHours:
        """When the store is open; one that nobody has said anything of never closes (CUP-05)."""
        return always_open() if not self.hours_json else _hours(self.hours_json)

    @property
    def works(self) -> bool:
        """Whether anything new may begin here (STO-07, STO-15). A state of a later version does not stop a counter."""
        return self.state not in _AT_REST

    @property
    def rewards(self) -> bool:
        """Whether customers earn and use points here now (STO-01)."""
        return self.works and self.service_type != StoreKind.ORDER


_AT_REST = frozenset({StoreState.PENDING, StoreState.REJECTED, StoreState.SUSPENDED, StoreState.CLOSED})


@dataclass(frozen=True)
class StorePolicy:
    """What the cloud said about earning and spending. Spending offline is off until it did."""

    version: int = 0
    rate_bp: int = 100
    minimum_payment_won: int = 0
    request_timeout_ms: int = 60_000
    use_unit: int = 1
    offline_store_day_won: int = 0
    offline_member_won: int = 0
    offline_snapshot_max_ms: int = 0
    auto_approve_max_won: int = 0  # none
    payment_max_percent: int = 100
    store_day_max_points: int = 0  # none

    @property
    def spending(self) -> SpendPolicy:
        return SpendPolicy(
            self.use_unit,
            self.offline_store_day_won,
            self.offline_member_won,
            self.offline_snapshot_max_ms,
            self.payment_max_percent,
            self.store_day_max_points,
        )


# A cloud of an earlier version does not know these.
_NEWER_PROFILE_FIELDS = frozenset({"state", "state_reason", "alert_mode"})
_NEWER_POLICY_FIELDS = frozenset(
    {
        "use_unit",
        "offline_store_day_won",
        "offline_member_won",
        "offline_snapshot_max_ms",
        "auto_approve_max_won",
        "payment_max_percent",
        "store_day_max_points",
    }
)


def read_identity(conn: sqlite3.Connection) -> Identity | None:
    """None before enrollment."""
    text = get_meta(conn, IDENTITY)
    return None if text is None else _identity(text)


def require_identity(conn: sqlite3.Connection) -> Identity:
    """Raises NotEnrolled before enrollment."""
    found = read_identity(conn)
    if found is None:
        raise NotEnrolled("this device has no identity")
    return found


def read_store_profile(conn: sqlite3.Connection) -> StoreProfile | None:
    text = get_meta(conn, STORE_PROFILE)
    return None if text is None else _store_profile(text)


def read_policy(conn: sqlite3.Connection) -> StorePolicy:
    """The product's defaults until the cloud sent a policy."""
    text = get_meta(conn, POLICY)
    return StorePolicy() if text is None else _policy(text)


# Read with every operation and the same for months; what is cached is the text that was just read, parsed.
@lru_cache(maxsize=4)
def _identity(text: str) -> Identity:
    return Identity(**json.loads(text))


@lru_cache(maxsize=4)
def _store_profile(text: str) -> StoreProfile:
    return StoreProfile(**json.loads(text))


@lru_cache(maxsize=4)
def _hours(text: str) -> StoreHours:
    raw = json.loads(text)
    weekly = tuple(None if span is None else DayHours(*span) for span in raw["weekly"])
    return StoreHours(weekly, frozenset(date.fromisoformat(day) for day in raw["holidays"]), bool(raw["always_open"]))


@lru_cache(maxsize=4)
def _policy(text: str) -> StorePolicy:
    return StorePolicy(**json.loads(text))


def write_identity(conn: sqlite3.Connection, identity: Identity) -> None:
    set_meta(conn, IDENTITY, json.dumps(asdict(identity), ensure_ascii=False))


def write_store_profile(conn: sqlite3.Connection, profile: StoreProfile) -> None:
    set_meta(conn, STORE_PROFILE, json.dumps(asdict(profile), ensure_ascii=False))


def write_policy(conn: sqlite3.Connection, policy: StorePolicy) -> None:
    set_meta(conn, POLICY, json.dumps(asdict(policy), ensure_ascii=False))


def parse_store_profile(raw: Mapping[str, Any]) -> StoreProfile:
    """Raises KeyError, TypeError or ValueError for anything that is no store profile; unknown further fields are
    allowed."""
    names = [name for name in StoreProfile.__dataclass_fields__ if name not in ("opens_minute", "hours_json")]
    texts = {name: raw[name] for name in names if name in raw or name not in _NEWER_PROFILE_FIELDS}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise TypeError(f"store profile field {name} must be text")
    opens = raw.get("opens_minute")
    if opens is not None and (not isinstance(opens, int) or isinstance(opens, bool) or not 0 <= opens < 1_440):
        raise TypeError("store profile field opens_minute must be a minute of the day")
    return StoreProfile(**texts, opens_minute=opens, hours_json=_hours_text(raw.get("hours")))


def _hours_text(raw: Any) -> str:
    """Opening hours that can be read again, as text. Raises KeyError, TypeError or ValueError for others."""
    if raw is None:
        return ""
    text = json.dumps({name: raw[name] for name in ("always_open", "weekly", "holidays")})
    problem = hours_problem(_hours(text))
    if problem is not None:
        raise ValueError(f"opening hours: {problem.value}")
    return text


def parse_policy(raw: Mapping[str, Any]) -> StorePolicy:
    """Raises KeyError or TypeError for anything that is no policy; unknown further fields are allowed."""
    names = [name for name in StorePolicy.__dataclass_fields__ if name in raw or name not in _NEWER_POLICY_FIELDS]
    figures = {name: raw[name] for name in names}
    for name, value in figures.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise TypeError(f"policy field {name} must be a whole number")
    if figures.get("use_unit") == 0:
        raise TypeError("points are spent in multiples of one or more")
    return StorePolicy(**figures)


def apply_store_row(conn: sqlite3.Connection, row: FeedRow, _context: object) -> None:
    """Inbox applier of feed kind ``store``."""
    write_store_profile(conn, parse_store_profile(row.body))


def apply_policy_row(conn: sqlite3.Connection, row: FeedRow, _context: object) -> None:
    """Inbox applier of feed kind ``policy``; an older version never replaces a newer one."""
    policy = parse_policy(row.body)
    if policy.version >= read_policy(conn).version:
        write_policy(conn, policy)


OWN_APPLIERS = {FeedKind.STORE.value: apply_store_row, FeedKind.POLICY.value: apply_policy_row}
