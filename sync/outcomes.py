"""Owns the few things that can come of talking to the cloud: values, because a network that fails is no exception."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from sync.outbox import Batch
from sync.protocol import FeedRow, PullPage, PushResponse


class Reason(StrEnum):
    """Why the cloud could not be used right now; trying again later is the answer to all of them."""

    UNREACHABLE = "unreachable"  # no name, no route, nobody listens
    TIMEOUT = "timeout"
    CUT = "cut"  # the connection ended in the middle
    SERVER_ERROR = "server_error"  # 5xx
    THROTTLED = "throttled"  # 429
    BAD_ANSWER = "bad_answer"  # not our cloud's words: a captive portal, a proxy's page, half a body
    CLOSED = "closed"  # we are ending


@dataclass(frozen=True)
class Unavailable:
    """``retry_after_ms`` is what the cloud asked for, if it did."""

    reason: Reason
    detail: str = ""
    retry_after_ms: int | None = None


@dataclass(frozen=True)
class Denied:
    """The cloud answered and refuses: revoked, stale epoch, too old a protocol. The queue stays as it is."""

    code: str
    message: str = ""
    details: dict[str, Any] = field(default_factory=dict, compare=False)  # what it says beside code and words


@dataclass(frozen=True)
class TooLarge:
    """413: the batch has to be smaller."""


@dataclass(frozen=True)
class Pushed:
    response: PushResponse


@dataclass(frozen=True)
class Pulled:
    page: PullPage


@dataclass(frozen=True)
class CursorReset:
    """Our cursor means nothing to the cloud. ``generation`` is where to start again, when it said so; ``went_back``:
    the cloud gave us rows that it does not have."""

    generation: int | None = None
    went_back: bool = False


@dataclass(frozen=True)
class Redeemed:
    """The cloud's answer to an enrollment code, not looked into yet."""

    fields: dict[str, Any]


@dataclass(frozen=True)
class Renewed:
    """A new epoch, and the last number that the cloud has of the one asked about."""

    epoch: int
    last_seq: int
    server_time_ms: int


@dataclass(frozen=True)
class KeyChanged:
    """The cloud takes the new key from now on; the one before it until ``old_key_until_ms``."""

    old_key_until_ms: int


@dataclass(frozen=True)
class StreamHello:
    server_time_ms: int
    generation: int


@dataclass(frozen=True)
class StreamRow:
    """``cursor`` is the position after the row."""

    cursor: str
    row: FeedRow


@dataclass(frozen=True)
class StreamAlive:
    """Nothing new, but the line stands."""


@dataclass(frozen=True)
class StreamEnded:
    """The last event of every stream. ``why`` is None when the cloud ended it in good order."""

    why: Unavailable | Denied | None


@dataclass(frozen=True)
class Held:
    """The cloud holds this many points and has opened the request."""

    points: int


@dataclass(frozen=True)
class Told:
    """The cloud answered; what it said is not looked into yet."""

    fields: dict[str, Any]


@dataclass(frozen=True)
class SnapshotLine:
    """One line of a snapshot, as it came."""

    kind: str
    body: dict[str, Any]


@dataclass(frozen=True)
class SnapshotEnded:
    """The last event of every snapshot. ``why`` is None when the connection ended in good order, which alone does not
    say that the snapshot was whole."""

    why: Unavailable | Denied | None


@dataclass(frozen=True)
class Tallied:
    """What this device should hold when everything up to ``cursor`` is applied."""

    requests: int
    orders: int
    policy_version: int
    digest: str
    orders_from_ms: int
    cursor: str
    chain: tuple[int, int] | None = None  # epoch and newest number of ours that the cloud has; None: it did not say
    server_time_ms: int = 0


@dataclass(frozen=True)
class Upload:
    """One thing of a bulk upload; the cloud keeps it once by its id."""

    upload_id: str
    kind: str
    body: Any

    def to_wire(self) -> dict[str, Any]:
        return {"id": self.upload_id, "kind": self.kind, "body": self.body}


@dataclass(frozen=True)
class Uploaded:
    """The cloud keeps all of them, these and those that it had before."""


PushOutcome = Pushed | TooLarge | Denied | Unavailable
PullOutcome = Pulled | CursorReset | Denied | Unavailable
RedeemOutcome = Redeemed | Denied | Unavailable
AskOutcome = Held | Denied | Unavailable
TellOutcome = Told | Denied | Unavailable
KeyOutcome = KeyChanged | Denied | Unavailable
EpochOutcome = Renewed | Denied | Unavailable
TallyOutcome = Tallied | Denied | Unavailable
UploadOutcome = Uploaded | TooLarge | Denied | Unavailable
SnapshotEvent = SnapshotLine | SnapshotEnded
StreamEvent = StreamHello | StreamRow | StreamAlive | CursorReset | StreamEnded


class Transport(Protocol):
    """One device's line to the cloud. No call raises for what the network or the cloud does.

    ``close`` may be called from another thread and ends a call that is waiting.
    """

    def push(self, batch: Batch) -> PushOutcome: ...

    def pull(self, cursor: str, *, limit: int, wait_ms: int) -> PullOutcome: ...

    def open_stream(self, cursor: str) -> Iterator[StreamEvent]: ...

    def open_snapshot(self, after: str) -> Iterator[SnapshotEvent]: ...

    def tally(self) -> TallyOutcome: ...

    def upload(self, items: Sequence[Upload]) -> UploadOutcome: ...

    def close(self) -> None: ...


@runtime_checkable
class EpochAsker(Protocol):
    """A line that can also ask for a new epoch, which a restored store needs."""

    def renew_epoch(self, after: int) -> EpochOutcome: ...
