"""Owns HTTP to the cloud: signed calls in, outcome values out. httpx is loaded with the first call."""

from __future__ import annotations

import gzip
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sync import answers
from sync.address import clean_base_url
from sync.answers import Answer
from sync.clock import Clock
from sync.outbox import Batch
from sync.outcomes import (
    AskOutcome,
    CursorReset,
    EpochOutcome,
    KeyOutcome,
    PullOutcome,
    Pushed,
    PushOutcome,
    Reason,
    RedeemOutcome,
    SnapshotEnded,
    SnapshotEvent,
    StreamAlive,
    StreamEnded,
    StreamEvent,
    TallyOutcome,
    TellOutcome,
    Unavailable,
    Upload,
    UploadOutcome,
)
from sync.protocol import PROTOCOL_VERSION, STREAM_READ_TIMEOUT_S, canonical_json
from sync.signing import RequestSigner
from sync.sockets import OpenSockets
from sync.sse import BadStream, SseReader

if TYPE_CHECKING:
    import httpx

log = logging.getLogger("sync")

GZIP_FROM_BYTES = 1024
ANSWER_BYTES_MAX = 8 * 1024 * 1024
LINE_BYTES_MAX = 256 * 1024  # of a snapshot; the longest is an order
SNAPSHOT_BYTES_MAX = 64 * 1024 * 1024  # ten times the largest that we know of
PUSH_PATH = "/v1/sync/push"
PULL_PATH = "/v1/sync/pull"
STREAM_PATH = "/v1/sync/stream"
ASK_PATH = "/v1/sync/requests"
PAPER_PATH = "/v1/sync/requests/coupon"
REPORT_PATH = "/v1/sync/"
EPOCH_PATH = "/v1/sync/epoch"
KEY_PATH = "/v1/sync/key"
LEAVE_PATH = "/v1/sync/leave"
SNAPSHOT_PATH = "/v1/sync/snapshot"
TALLY_PATH = "/v1/sync/tally"
BULK_PATH = "/v1/sync/bulk"
REDEEM_PATH = "/v1/enrollments/redeem"


@dataclass(frozen=True)
class Timeouts:
    """Seconds. A long poll gets its waiting time on top of ``answer_s``."""

    connect_s: float = 5.0
    answer_s: float = 15.0
    snapshot_s: float = 30.0  # the cloud opens every member's number before the first byte
    stream_silence_s: float = float(STREAM_READ_TIMEOUT_S)


@dataclass(frozen=True)
class _Call:
    method: str
    path: str
    params: Mapping[str, str]
    body: bytes = b""
    headers: Mapping[str, str] | None = None


def _packed(path: str, fields: dict[str, Any]) -> _Call:
    body = canonical_json(fields)
    headers = {"Content-Type": "application/json"}
    if len(body) >= GZIP_FROM_BYTES:
        body = gzip.compress(body, compresslevel=6, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return _Call("POST", path, {}, body, headers)


class HttpTransport:
    """Implements sync.outcomes.Transport over HTTP; one for all threads of a device.

    Raises sync.address.BadAddress on construction for an address that is not https.
    """

    def __init__(
        self, base_url: str, *, signer: RequestSigner | None, clock: Clock, timeouts: Timeouts | None = None
    ) -> None:
        self._base_url = clean_base_url(base_url)
        self._signer = signer
        self._clock = clock
        self._timeouts = timeouts or Timeouts()
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._sockets = OpenSockets()
        self._closed = False

    def push(self, batch: Batch) -> PushOutcome:
        answer = self._ask(_packed(PUSH_PATH, batch.to_wire()), self._timeouts.answer_s)
        outcome = answers.push_outcome(answer)
        if isinstance(outcome, Pushed):
            self._measured(outcome.response.server_time_ms)
        return outcome

    def pull(self, cursor: str, *, limit: int, wait_ms: int) -> PullOutcome:
        params = {"cursor": cursor, "limit": str(limit), "wait_ms": str(wait_ms)}
        answer = self._ask(_Call("GET", PULL_PATH, params), self._timeouts.answer_s + wait_ms / 1000)
        return answers.pull_outcome(answer)

    def redeem(self, fields: dict[str, Any], *, language: str = "ko") -> RedeemOutcome:
        """Trades an enrollment code for an identity; the one call that is not signed."""
        headers = {"Content-Type": "application/json", "Accept-Language": language}
        call = _Call("POST", REDEEM_PATH, {}, canonical_json(fields), headers)
        return answers.redeem_outcome(self._ask(call, self._timeouts.answer_s))

    def renew_epoch(self, after: int) -> EpochOutcome:
        """A new epoch after all that this device remembers to have used (sync.outcomes.EpochAsker)."""
        body = canonical_json({"protocol": PROTOCOL_VERSION, "after": after})
        call = _Call("POST", EPOCH_PATH, {}, body, {"Content-Type": "application/json"})
        return answers.epoch_outcome(self._ask(call, self._timeouts.answer_s))

    def ask_request(self, fields: dict[str, Any]) -> AskOutcome:
        """Points to hold for the customer in front of the counter, who waits: the time-outs are the caller's."""
        call = _Call("POST", ASK_PATH, {}, canonical_json(fields), {"Content-Type": "application/json"})
        return answers.ask_outcome(self._ask(call, self._timeouts.answer_s))

    def ask_coupon(self, fields: dict[str, Any]) -> TellOutcome:
        """The coupon of a paper to hold for the customer in front of the counter; the answer is its request."""
        call = _Call("POST", PAPER_PATH, {}, canonical_json(fields), {"Content-Type": "application/json"})
        return answers.tell_outcome(self._ask(call, self._timeouts.answer_s))

    def read_report(self, name: str, params: Mapping[str, str]) -> TellOutcome:
        """What the cloud tells a counter of its store: ``reward-uses`` or ``rewards``."""
        return answers.tell_outcome(self._ask(_Call("GET", REPORT_PATH + name, params), self._timeouts.answer_s))

    def tally(self) -> TallyOutcome:
        return answers.tally_outcome(self._ask(_Call("GET", TALLY_PATH, {}), self._timeouts.answer_s))

    def upload(self, items: Sequence[Upload]) -> UploadOutcome:
        call = _packed(BULK_PATH, {"items": [item.to_wire() for item in items]})
        return answers.upload_outcome(self._ask(call, self._timeouts.answer_s), len(items))

    def open_snapshot(self, after: str) -> Iterator[SnapshotEvent]:
        """Lines until the answer ends; the last event is always SnapshotEnded. The first call of ``next`` connects."""
        call = _Call("GET", SNAPSHOT_PATH, {"after": after} if after else {})
        for second_try in (False, True):
            response = self._open(call, self._timeouts.snapshot_s)
            if isinstance(response, Unavailable):
                yield SnapshotEnded(response)
                return
            if response.status_code == 200:
                yield from self._snapshot_lines(response)
                return
            answer = self._read(response)
            if second_try or not self._learned_skew(answer):
                yield answers.snapshot_refusal(answer)
                return

    def change_key(self, public_key: str, proof: str) -> KeyOutcome:
        """Registers a new key for this device; signed with the one that this line has."""
        body = canonical_json({"protocol": PROTOCOL_VERSION, "public_key": public_key, "proof": proof})
        call = _Call("POST", KEY_PATH, {}, body, {"Content-Type": "application/json"})
        return answers.key_outcome(self._ask(call, self._timeouts.answer_s))

    def leave(self) -> bool:
        """Tells the cloud that this device is of no store any more; whether the cloud knows it now."""
        call = _Call("POST", LEAVE_PATH, {}, canonical_json({}), {"Content-Type": "application/json"})
        return answers.left(self._ask(call, self._timeouts.answer_s))

    def open_stream(self, cursor: str) -> Iterator[StreamEvent]:
        """Events until the line ends; the last one is always StreamEnded. The first call of ``next`` connects."""
        call = _Call("GET", STREAM_PATH, {"cursor": cursor}, headers={"Accept": "text/event-stream"})
        for second_try in (False, True):
            response = self._open(call, self._timeouts.stream_silence_s)
            if isinstance(response, Unavailable):
                yield StreamEnded(response)
                return
            if response.status_code == 200:
                yield from self._stream_events(response)
                return
            answer = self._read(response)
            if second_try or not self._learned_skew(answer):
                yield from answers.stream_refusal(answer)
                return

    def close(self) -> None:
        """Ends calls that wait in other threads; afterwards every call says ``closed``. May be called twice."""
        self._closed = True
        self._sockets.shut_down()
        with self._lock:
            if self._client is not None:
                self._client.close()

    def _stream_events(self, response: httpx.Response) -> Iterator[StreamEvent]:
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            response.close()
            yield StreamEnded(Unavailable(Reason.BAD_ANSWER, "not an event stream"))
            return
        reader = SseReader()
        chunks = response.iter_bytes()
        try:
            while True:
                try:
                    chunk = next(chunks, None)
                    events = [] if chunk is None else list(reader.feed(chunk))
                    found = [event for raw in events if (event := answers.stream_event(raw)) is not None]
                except Exception as problem:
                    yield StreamEnded(self._network_outcome(problem))
                    return
                if chunk is None:
                    yield StreamEnded(Unavailable(Reason.CLOSED) if self._closed else None)
                    return
                for event in found:
                    yield event
                    if isinstance(event, CursorReset):
                        yield StreamEnded(None)
                        return
                if not found and chunk:
                    yield StreamAlive()
        finally:
            response.close()

    def _snapshot_lines(self, response: httpx.Response) -> Iterator[SnapshotEvent]:
        if not response.headers.get("content-type", "").startswith("application/x-ndjson"):
            response.close()
            yield SnapshotEnded(Unavailable(Reason.BAD_ANSWER, "not a snapshot"))
            return
        rest, size = b"", 0
        chunks = response.iter_bytes()
        try:
            while True:
                try:
                    chunk = next(chunks, None)
                    *whole, rest = (rest + (chunk or b"")).split(b"\n")
                    size += len(chunk or b"")
                    if len(rest) > LINE_BYTES_MAX or size > SNAPSHOT_BYTES_MAX:
                        raise BadStream("a snapshot without an end")
                    lines = [answers.snapshot_line(line) for line in whole]
                except Exception as problem:
                    yield SnapshotEnded(self._network_outcome(problem))
                    return
                yield from lines
                if chunk is None:
                    yield SnapshotEnded(Unavailable(Reason.CLOSED) if self._closed else None)
                    return
        finally:
            response.close()

    def _ask(self, call: _Call, answer_s: float) -> Answer | Unavailable:
        """One call; a second one when the cloud told us that our clock is off (R3)."""
        answer = self._once(call, answer_s)
        if self._learned_skew(answer):
            answer = self._once(call, answer_s)
        return answer

    def _once(self, call: _Call, answer_s: float) -> Answer | Unavailable:
        response = self._open(call, answer_s)
        return response if isinstance(response, Unavailable) else self._read(response)

    def _learned_skew(self, answer: Answer | Unavailable) -> bool:
        server_time_ms = answers.skew_time_ms(answer)
        if server_time_ms is None or self._signer is None:
            return False
        self._signer.measured(server_time_ms)
        log.info("clock_skew_measured offset_ms=%s", self._signer.offset_ms)
        return True

    def _measured(self, server_time_ms: int) -> None:
        """Keeps the offset fresh, so that a clock that drifts never gets as far as a refusal."""
        if self._signer is not None:
            self._signer.measured(server_time_ms)

    def _open(self, call: _Call, read_s: float) -> httpx.Response | Unavailable:
        """Sends and waits for the head of the answer."""
        try:
            import httpx

            client = self._ready_client()
            request = client.build_request(
                call.method,
                self._base_url + call.path,
                params=call.params or None,
                content=call.body or None,
                headers={"Accept": "application/json", **(call.headers or {})},
                timeout=httpx.Timeout(read_s, connect=self._timeouts.connect_s, pool=self._timeouts.connect_s),
                extensions={"trace": self._sockets.trace},
            )
            if self._signer is not None:
                target = request.url.raw_path.decode("ascii")
                request.headers["Authorization"] = self._signer.authorization(call.method, target, call.body)
            return client.send(request, stream=True)
        except Exception as problem:
            return self._network_outcome(problem)

    def _read(self, response: httpx.Response) -> Answer | Unavailable:
        try:
            gathered = bytearray()
            for chunk in response.iter_bytes():
                gathered += chunk
                if len(gathered) > ANSWER_BYTES_MAX:
                    return Unavailable(Reason.BAD_ANSWER, f"more than {ANSWER_BYTES_MAX} bytes")
            return Answer.of(response.status_code, response.headers, bytes(gathered), self._clock.wall_ms())
        except Exception as problem:
            return self._network_outcome(problem)
        finally:
            response.close()

    def _ready_client(self) -> httpx.Client:
        import httpx

        with self._lock:
            if self._closed:
                raise _Closing
            if self._client is None:
                # No proxies, credentials or certificates from the environment: a counter's PC is set up by others.
                self._client = httpx.Client(trust_env=False, follow_redirects=False)
            return self._client

    def _network_outcome(self, problem: Exception) -> Unavailable:
        """Raises what is no network condition: that would be a bug and must be seen."""
        if self._closed or isinstance(problem, _Closing):
            return Unavailable(Reason.CLOSED)
        return answers.network_outcome(problem)


class _Closing(Exception):
    """The transport was closed before the call began."""
