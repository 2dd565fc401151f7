"""Owns reading what came back over HTTP: statuses, headers and bodies become outcome values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sync.outcomes import (
    AskOutcome,
    CursorReset,
    Denied,
    EpochOutcome,
    Held,
    KeyChanged,
    KeyOutcome,
    Pulled,
    PullOutcome,
    Pushed,
    PushOutcome,
    Reason,
    Redeemed,
    RedeemOutcome,
    Renewed,
    SnapshotEnded,
    SnapshotLine,
    StreamEnded,
    StreamEvent,
    StreamHello,
    StreamRow,
    Tallied,
    TallyOutcome,
    TellOutcome,
    Told,
    TooLarge,
    Unavailable,
    Uploaded,
    UploadOutcome,
)
from sync.protocol import Cursor, FeedRow, PullPage, PushResponse
from sync.sse import BadStream, SseEvent

RETRY_AFTER_MAX_MS = 10 * 60 * 1000  # a counter that keeps silent for longer looks broken
T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """A whole answer. ``fields`` is the JSON object in the body, or None when there is none."""

    status: int
    fields: dict[str, Any] | None
    retry_after_ms: int | None

    @staticmethod
    def of(status: int, headers: Mapping[str, str], body: bytes, now_wall_ms: int) -> Answer:
        is_json = headers.get("content-type", "").split(";")[0].strip().lower() == "application/json"
        return Answer(
            status, _json_object(body) if is_json else None, retry_after_ms(headers.get("retry-after"), now_wall_ms)
        )

    @property
    def code(self) -> str:
        found = (self.fields or {}).get("code")
        return found if isinstance(found, str) else f"http_{self.status}"

    @property
    def message(self) -> str:
        found = (self.fields or {}).get("message")
        return found if isinstance(found, str) else ""


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def retry_after_ms(text: str | None, now_wall_ms: int) -> int | None:
    """Seconds or an HTTP date, bounded; None for anything else."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]) * 1000, RETRY_AFTER_MAX_MS)
    from email.utils import parsedate_to_datetime

    try:
        wanted_ms = int(parsedate_to_datetime(text).timestamp() * 1000)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wanted_ms - now_wall_ms, 0), RETRY_AFTER_MAX_MS)


def network_outcome(problem: Exception) -> Unavailable:
    """What an exception of the HTTP client means. Raises it again when it is no network condition."""
    import httpx

    text = f"{type(problem).__name__}: {problem}"
    if isinstance(problem, httpx.TimeoutException | TimeoutError):
        return Unavailable(Reason.TIMEOUT, text)
    if isinstance(problem, httpx.ConnectError):
        return Unavailable(Reason.UNREACHABLE, text)
    if isinstance(problem, httpx.DecodingError | BadStream):
        return Unavailable(Reason.BAD_ANSWER, text)
    if isinstance(problem, httpx.HTTPError | httpx.StreamError | OSError):
        return Unavailable(Reason.CUT, text)
    raise problem


def skew_time_ms(answer: Answer | Unavailable) -> int | None:
    """The cloud's time when it refused a request for its time, else None."""
    if isinstance(answer, Unavailable) or answer.status != 401 or answer.code != "skew":
        return None
    found = (answer.fields or {}).get("server_time_ms")
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def push_outcome(answer: Answer | Unavailable) -> PushOutcome:
    if isinstance(answer, Unavailable):
        return answer
    if answer.status == 200:
        return _read(answer, lambda fields: Pushed(_checked_push(fields)))
    if answer.status == 413:
        return TooLarge()
    return _refusal(answer)


def _checked_push(fields: dict[str, Any]) -> PushResponse:
    response = PushResponse.from_wire(fields)
    for result in response.results:
        if not isinstance(result.seq, int) or not isinstance(result.op_id, str) or not isinstance(result.status, str):
            raise TypeError("not an operation's result")
    return response


def pull_outcome(answer: Answer | Unavailable) -> PullOutcome:
    if isinstance(answer, Unavailable):
        return answer
    if answer.status == 200:
        return _read(answer, lambda fields: Pulled(_checked_page(fields)))
    if answer.status == 410:
        return _reset(answer.fields)
    return _refusal(answer)


def _checked_page(fields: dict[str, Any]) -> PullPage:
    page = PullPage.from_wire(fields)
    Cursor.parse(page.cursor)
    return page


def redeem_outcome(answer: Answer | Unavailable) -> RedeemOutcome:
    if isinstance(answer, Unavailable):
        return answer
    if answer.status in (200, 201):
        return _read(answer, Redeemed)
    return _refusal(answer)


def key_outcome(answer: Answer | Unavailable) -> KeyOutcome:
    if isinstance(answer, Unavailable):
        return answer
    if answer.status == 200:
        return _read(answer, lambda fields: KeyChanged(int(fields["old_key_until_ms"])))
    return _refusal(answer)


def left(answer: Answer | Unavailable) -> bool:
    """Whether the cloud has shut the device out: now, or before when the answer to that was lost."""
    if isinstance(answer, Unavailable):
        return False
    if answer.status == 200:  # as a captive portal says, too
        return isinstance((answer.fields or {}).get("server_time_ms"), int)
    return answer.status == 401 and answer.code == "device_revoked"


def epoch_outcome(answer: Answer | Unavailable) -> EpochOutcome:
    if isinstance(answer, Unavailable):
        return answer
    if answer.status == 200:
        return _read(answer, _checked_epoch)
    return _refusal(answer)


def ask_outcome(answer: Answer | Unavailable) -> AskOutcome:
    if isinstance(answer, Unavailable):
        return answer
    if answer.status in (200, 201):
        return _read(answer, _checked_held)
    return _refusal(answer)


def tell_outcome(answer: Answer | Unavailable) -> TellOutcome:
    if isinstance(answer, Unavailable):
        return answer
    if answer.status in (200, 201):
        return _read(answer, Told)
    return _refusal(answer)


def _checked_held(fields: dict[str, Any]) -> Held:
    points = fields["points"]
    if not isinstance(points, int) or isinstance(points, bool) or points < 1:
        raise TypeError("not a number of points")
    return Held(points)


def _checked_epoch(fields: dict[str, Any]) -> Renewed:
    numbers = [fields[name] for name in ("epoch", "last_seq", "server_time_ms")]
    if any(not isinstance(number, int) or isinstance(number, bool) or number < 0 for number in numbers):
        raise TypeError("not an epoch")
    if numbers[0] < 1:
        raise ValueError("no epoch")
    return Renewed(*numbers)


def tally_outcome(answer: Answer | Unavailable) -> TallyOutcome:
    if isinstance(answer, Unavailable):
        return answer
    if answer.status == 200:
        return _read(answer, _checked_tally)
    return _refusal(answer)


def _checked_tally(fields: dict[str, Any]) -> Tallied:
    numbers = [fields[name] for name in ("requests", "orders", "policy_version", "orders_from_ms")]
    texts = [fields[name] for name in ("digest", "cursor")]
    if any(not isinstance(number, int) or isinstance(number, bool) for number in numbers):
        raise TypeError("not a tally")
    if any(not isinstance(text, str) for text in texts):
        raise TypeError("not a tally")
    Cursor.parse(texts[1])
    told = [fields.get(name) for name in ("epoch", "last_seq", "server_time_ms")]  # an older cloud does not say
    chain = [number for number in told if isinstance(number, int) and not isinstance(number, bool)]
    more = ((chain[0], chain[1]), chain[2]) if len(chain) == len(told) else (None, 0)
    return Tallied(numbers[0], numbers[1], numbers[2], texts[0], numbers[3], texts[1], *more)


def upload_outcome(answer: Answer | Unavailable, sent: int) -> UploadOutcome:
    """Taken only when the answer counts what was sent: a captive portal says 200 as well."""
    if isinstance(answer, Unavailable):
        return answer
    if answer.status == 200:
        return _read(answer, lambda fields: _checked_upload(fields, sent))
    return TooLarge() if answer.status == 413 else _refusal(answer)


def _checked_upload(fields: dict[str, Any], sent: int) -> Uploaded:
    if int(fields["kept"]) + int(fields["known"]) != sent:
        raise ValueError("not the answer to this upload")
    return Uploaded()


def snapshot_line(line: bytes) -> SnapshotLine:
    """Raises BadStream for a line that is none."""
    fields = _json_object(line)
    kind, body = (fields or {}).get("kind"), (fields or {}).get("body")
    if not isinstance(kind, str) or not isinstance(body, dict):
        raise BadStream("not a line of a snapshot")
    return SnapshotLine(kind, body)


def snapshot_refusal(answer: Answer | Unavailable) -> SnapshotEnded:
    """The end of a snapshot that never began."""
    return SnapshotEnded(answer if isinstance(answer, Unavailable) else _refusal(answer))


def stream_refusal(answer: Answer | Unavailable) -> tuple[StreamEvent, ...]:
    """The events of a stream that never began."""
    if isinstance(answer, Unavailable):
        return (StreamEnded(answer),)
    if answer.status == 410:
        return (_reset(answer.fields), StreamEnded(None))
    return (StreamEnded(_refusal(answer)),)


def stream_event(event: SseEvent) -> StreamEvent | None:
    """None for comments and events we do not know. Raises BadStream for one that does not read."""
    if event.name not in ("hello", "row", "reset"):
        return None
    fields = _json_object(event.data.encode()) if event.data else {}
    if event.name == "reset":
        return _reset(fields)
    try:
        if fields is None:
            raise TypeError("no JSON object")
        if event.name == "hello":
            return StreamHello(int(fields["server_time_ms"]), int(fields["generation"]))
        Cursor.parse(event.event_id)
        return StreamRow(event.event_id, FeedRow.from_wire(fields))
    except (KeyError, TypeError, ValueError) as broken:
        raise BadStream(f"event {event.name}: {broken}") from broken


def _reset(fields: dict[str, Any] | None) -> CursorReset:
    generation = (fields or {}).get("generation")
    known = isinstance(generation, int) and not isinstance(generation, bool)
    return CursorReset(generation if known else None, (fields or {}).get("went_back") is True)


def _read(answer: Answer, read: Callable[[dict[str, Any]], T]) -> T | Unavailable:
    """A 200 counts only when its body is what we asked for: captive portals answer 200 as well."""
    if answer.fields is None:
        return Unavailable(Reason.BAD_ANSWER, "no JSON object in the answer")
    try:
        return read(answer.fields)
    except (KeyError, TypeError, ValueError, AttributeError) as broken:
        return Unavailable(Reason.BAD_ANSWER, f"{type(broken).__name__}: {broken}")


def _refusal(answer: Answer) -> Denied | Unavailable:
    if answer.status == 429:
        return Unavailable(Reason.THROTTLED, answer.message, answer.retry_after_ms)
    if answer.status >= 500:
        return Unavailable(Reason.SERVER_ERROR, f"http_{answer.status}", answer.retry_after_ms)
    if answer.status == 426:
        return Denied("upgrade_needed", answer.message)
    if answer.fields is None or answer.status < 400:
        return Unavailable(Reason.BAD_ANSWER, f"http_{answer.status} without our error body")
    details = {name: value for name, value in answer.fields.items() if name not in ("code", "message", "request_id")}
    return Denied(answer.code, answer.message, details)
