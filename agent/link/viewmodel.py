"""Owns the one honest status pill: online and synced, offline since when with how much waiting, or needs attention."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from agent.dispatch import Coalesced, Dispatcher, Listeners
from agent.link.types import StoreProfile
from agent.texts import Texts
from sync.clock import Clock

JUST_NOW_MS = 90_000  # the stream says "still here" every ten seconds; longer silence is told with its time
# What the cloud answers to a device that it does not take any more, and what stops the queue until a person acts.
REVOKED = frozenset({"device_revoked", "unknown_device"})
ENROLL_AGAIN = frozenset({"forked", "stale_epoch", "behind_cloud", "history_gone", "secret_unreadable"})
PillTone = Literal["green", "amber", "red", "neutral"]


class LinkStatusLike(Protocol):
    """The fields of ``sync.exchange.LinkStatus`` that people see."""

    @property
    def online(self) -> bool: ...
    @property
    def offline_since_wall_ms(self) -> int | None: ...
    @property
    def pending(self) -> int: ...
    @property
    def needs_attention(self) -> int: ...
    @property
    def last_synced_wall_ms(self) -> int | None: ...
    @property
    def last_error(self) -> str | None: ...


class LinkPort(Protocol):
    """What the pill needs of ``agent.link.service``."""

    @property
    def listeners(self) -> Listeners: ...
    def status(self) -> LinkStatusLike: ...
    def store_profile(self) -> StoreProfile | None: ...


@dataclass(frozen=True)
class LinkState:
    text: str = ""
    icon: str = "cloud"
    tone: PillTone = "neutral"
    online: bool = False
    needs_attention: int = 0
    detail_title: str = ""
    detail: str = ""
    as_of: str = ""  # "14:02" while offline: old figures carry it


class LinkViewModel:
    def __init__(self, *, link: LinkPort, clock: Clock, dispatcher: Dispatcher, texts: Texts) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._link, self._clock, self._texts = link, clock, texts
        self.state = LinkState()
        self._unsubscribe = link.listeners.subscribe(Coalesced(dispatcher, self.refresh))
        self.refresh()

    def close(self) -> None:
        self._unsubscribe()

    def tick(self) -> None:
        """Time passes: "just synced" turns into a time of day."""
        self.refresh()

    def refresh(self) -> None:
        state = describe(self._texts, self._link.status(), self._clock.wall_ms())
        if state != self.state:
            self.state = state
            self.on_change()


def describe(t: Texts, status: LinkStatusLike, now_ms: int) -> LinkState:
    """Status in, words out; trouble that needs a person comes before everything else."""
    synced_ms = status.last_synced_wall_ms
    synced = t.n("Last synced {time}", time=t.clock(synced_ms)) if synced_ms is not None else t._("Not synced yet")
    waiting = t.n("{n} waiting", n=t.number(status.pending)) if status.pending else ""
    if status.last_error in REVOKED | ENROLL_AGAIN:
        revoked = status.last_error in REVOKED
        why = t._("This counter was disconnected") if revoked else t._("This counter must be registered again")
        return LinkState(
            text=" · ".join(part for part in (why, waiting) if part),
            icon="circle-alert",
            tone="red",
            online=status.online,
            needs_attention=status.needs_attention,
            detail_title=why,
            detail=t._("What you enter is kept and sent once it is registered again. Ask head office for a code"),
            as_of=t.clock(status.offline_since_wall_ms) if status.offline_since_wall_ms is not None else "",
        )
    if status.needs_attention:
        return LinkState(
            text=t.n("{n} need attention", n=t.number(status.needs_attention)),
            icon="circle-alert",
            tone="red",
            online=status.online,
            needs_attention=status.needs_attention,
            detail_title=t.n("{n} entries need a look", n=t.number(status.needs_attention)),
            detail=t._("They are kept whole. The help desk sees them too."),
        )
    if not status.online:
        since_ms = status.offline_since_wall_ms
        since = t.n("Offline since {time}", time=t.clock(since_ms)) if since_ms is not None else t._("Connecting")
        return LinkState(
            text=" · ".join(part for part in (since, waiting) if part),
            icon="cloud-off",
            tone="amber",
            detail_title=t._("The internet is down. What you enter is kept and sent later"),
            detail=" · ".join(part for part in (t._("Points, approvals and printing go on"), synced) if part),
            as_of=t.clock(since_ms) if since_ms is not None else "",
        )
    if status.pending:
        text = t.n("Online · sending {n}", n=t.number(status.pending))
        return LinkState(text, "cloud-upload", "green", True, detail_title=text, detail=synced)
    if synced_ms is None or now_ms - synced_ms < JUST_NOW_MS:
        text = t._("Online · just synced")
    else:
        text = t.n("Online · synced {time}", time=t.clock(synced_ms))
    return LinkState(text, "circle-check", "green", True, detail_title=t._("Everything is sent"), detail=synced)
