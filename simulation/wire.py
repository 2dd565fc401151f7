"""Owns the line between a counter and the cloud: the product's transport, and faults in place of sockets."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any, cast
from urllib.parse import urlencode

import httpx

from simulation.agenda import Agenda
from simulation.cloud import Answered, CloudMachine, Sent
from simulation.faults import PARTITION, SMALL_PROXY, SMALL_PROXY_BYTES, FaultPlan
from simulation.outcomes import Crash
from sync.clock import Clock
from sync.outcomes import Reason, Unavailable
from sync.signing import RequestSigner
from sync.transport import BULK_PATH, PUSH_PATH, HttpTransport, Timeouts

PORTAL = b"<html><title>Welcome to Free WiFi</title></html>"
OLDER_MS = 30_000
HTML = {"content-type": "text/html"}


class Reply:
    """As much of an HTTP answer as the transport reads."""

    def __init__(self, status: int, headers: dict[str, str], chunks: Iterator[bytes]) -> None:
        self.status_code = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        self._chunks = chunks

    def iter_bytes(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        """Nothing is open."""


class Network:
    """All lines. One fault at most a call; partitions come on top."""

    def __init__(self, agenda: Agenda, cloud: CloudMachine, plan: FaultPlan, rng: random.Random) -> None:
        self.pushes = 0
        self._agenda = agenda
        self._cloud = cloud
        self._plan = plan
        self._rng = rng
        self._cut_until: dict[str, int] = {}
        self._planned: dict[tuple[str, str], str] = {}
        self._late_ms: dict[tuple[str, str], int] = {}
        self._refuses: dict[str, tuple[int, int | None]] = {}  # for how long, and until when once it has begun
        self._older: dict[tuple[str, str], tuple[int, bytes]] = {}
        self.note: Callable[[str], None] = lambda _text: None
        self.on_push_answer: Callable[[bytes], None] = lambda _body: None

    def partition(self, node: str, ms: int) -> None:
        """The node reaches nobody for that long."""
        self._cut_until[node] = self._agenda.now_ms + ms
        self._plan.happened(PARTITION)

    def plan(self, node: str, path: str, fault: str, late_ms: int | None = None) -> None:
        """The node's next call there goes wrong in this way; ``late_ms`` is how late a late one comes."""
        if not self._plan.healed:
            self._planned[node, path] = fault
            self._plan.happened(fault)
            if late_ms is not None:
                self._late_ms[node, path] = late_ms

    def refuse_uploads(self, node: str, ms: int) -> None:
        """From the node's next upload on a machine on the way takes none, whatever its size: for so long, also after
        everything else has healed."""
        self._refuses[node] = (ms, None)

    def heal(self) -> None:
        self._cut_until.clear()
        self._planned.clear()

    def call(self, node: str, sent: Sent, read_s: float) -> Reply | Unavailable:
        """Sends and waits for the head of the answer, as long as a counter waits."""
        began_ms = self._agenda.now_ms
        self.pushes += sent.path == PUSH_PATH
        fault = self._planned.pop((node, sent.path), None) or self._plan.draw(self._rng)
        self.note(f"{node} {sent.method} {sent.path} {fault or ''}")
        self._wait(fault)
        if self._cut_until.get(node, 0) > self._agenda.now_ms:
            return Unavailable(Reason.UNREACHABLE, "partition")
        refused = self._refused_on_the_way(node, sent, fault, read_s)
        if refused is not None:
            return refused
        era = self._cloud.era
        answered = self._cloud.serve(sent)
        if fault in ("duplicate_request", "duplicate_answered"):
            again = self._cloud.serve(sent)
            answered = again if fault == "duplicate_answered" else answered
        if answered is None:
            return Unavailable(Reason.CUT, "the cloud went away")
        self._wait(fault)
        if self._agenda.now_ms - began_ms > read_s * 1000:
            return Unavailable(Reason.TIMEOUT)
        if fault == "lost_answer" or self._cut_until.get(node, 0) > self._agenda.now_ms:
            return self._timeout(read_s)
        if era == self._cloud.era and not answered.streams:
            answered.chunks = self._looked_at(sent, answered)
        return self._spoiled(node, sent, answered, fault)

    def _looked_at(self, sent: Sent, answered: Answered) -> Iterator[bytes]:
        body = b"".join(answered.chunks)
        if sent.path == PUSH_PATH and answered.status == 200:
            self.on_push_answer(body)
        return iter((body,))

    def _wait(self, fault: str | None) -> None:
        span = (2_000, 9_000) if fault == "slow" else (1, 90)
        self._agenda.pass_time(self._rng.randint(*span))

    def _timeout(self, read_s: float) -> Unavailable:
        self._agenda.pass_time(min(int(read_s * 1000), 15_000))
        return Unavailable(Reason.TIMEOUT)

    def _refused_on_the_way(
        self, node: str, sent: Sent, fault: str | None, read_s: float
    ) -> Reply | Unavailable | None:
        if sent.path == BULK_PATH and self._refuses_now(node):
            self._plan.happened("status_413")
            return Reply(413, HTML, iter((b"<html>413</html>",)))
        if self._plan.small_proxy and sent.path == PUSH_PATH and len(sent.body) > SMALL_PROXY_BYTES:
            self._plan.happened(SMALL_PROXY)
            return Reply(413, HTML, iter((b"<html>413</html>",)))
        if fault == "drop_request":
            return self._timeout(read_s)
        if fault == "late_request":
            late_ms = self._late_ms.pop((node, sent.path), None) or self._rng.randint(1_000, 60_000)
            self._agenda.after(late_ms, lambda: self._arrive_late(sent))
            return self._timeout(read_s)
        if fault is None or not fault.startswith("status_"):
            return None
        status = int(fault.removeprefix("status_"))
        headers = {"Retry-After": str(self._rng.randint(1, 20))} if status == 429 else {}
        return Reply(status, {**HTML, **headers}, iter((b"<html>no</html>",)))

    def _refuses_now(self, node: str) -> bool:
        if node not in self._refuses:
            return False
        ms, until_ms = self._refuses[node]
        if until_ms is None:
            until_ms = self._agenda.now_ms + ms
            self._refuses[node] = (ms, until_ms)
        return self._agenda.now_ms < until_ms

    def _arrive_late(self, sent: Sent) -> None:
        self.note(f"late {sent.method} {sent.path}")
        self._cloud.serve(sent)

    def _spoiled(self, node: str, sent: Sent, answered: Answered, fault: str | None) -> Reply:
        if answered.streams:
            return Reply(answered.status, answered.headers, self._stream(answered.chunks, fault))
        body = b"".join(answered.chunks)
        older = self._older.get((node, sent.path))
        if answered.status == 200 and fault is None:
            # One that arrived: what never did cannot come back later, the line is encrypted from end to end.
            self._older[(node, sent.path)] = (self._agenda.now_ms, body)
        chunks: Iterator[bytes] = iter((body,))
        headers = answered.headers
        if fault == "truncated_body":
            chunks = iter((body[: self._rng.randrange(len(body))],))
        elif fault == "cut_body":
            chunks = _breaking(body[: self._rng.randrange(len(body))])
        elif fault == "garbage_body":
            kind = self._rng.choice((HTML, {"content-type": "application/json"}))
            return Reply(200, kind, iter((self._rng.choice((PORTAL, b"{}", b"[]", b"\xff\xfe")),)))
        elif fault == "older_answer" and older is not None and answered.status == 200:
            came_ms, said = older
            # A page tells how long a countdown runs: it is never older than a counter would have waited for it. The
            # answer to a push names what it answers.
            young = sent.path == PUSH_PATH or self._agenda.now_ms - came_ms <= OLDER_MS
            chunks = iter((said if young else body,))
        return Reply(answered.status, headers, chunks)

    def _stream(self, chunks: Iterator[bytes], fault: str | None) -> Iterator[bytes]:
        for number, chunk in enumerate(_unbroken(chunks)):
            if number and fault in ("truncated_body", "cut_body"):
                yield chunk[: len(chunk) // 2]
                if fault == "cut_body":
                    raise httpx.ReadError("simulated")
                return
            if fault == "garbage_body":
                yield b"event: row\ndata: {\n\n"
                return
            yield chunk


def _breaking(start: bytes) -> Iterator[bytes]:
    yield start
    raise httpx.ReadError("simulated")


def _unbroken(chunks: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from chunks
    except ConnectionError as gone:
        raise httpx.ReadError("simulated") from gone


class Line(HttpTransport):
    """The product's transport, whose bytes go into the simulated network. Dies with its incarnation of the counter."""

    def __init__(
        self,
        node: str,
        network: Network,
        alive: Callable[[], bool],
        *,
        signer: RequestSigner,
        clock: Clock,
        url: str,
        timeouts: Timeouts | None = None,
    ) -> None:
        super().__init__(url, signer=signer, clock=clock, timeouts=timeouts)
        self._node = node
        self._network = network
        self._alive = alive
        self._own_signer = signer

    def _open(self, call: Any, read_s: float) -> httpx.Response | Unavailable:
        target = call.path + ("?" + urlencode(call.params) if call.params else "")
        authorization = self._own_signer.authorization(call.method, target, call.body)
        headers = {**(call.headers or {}), "Authorization": authorization}
        reply = self._network.call(self._node, Sent(call.method, target, headers, call.body), read_s)
        if not self._alive():
            raise Crash(self._node, "died while it waited for an answer")
        if isinstance(reply, Reply):
            reply = Reply(reply.status_code, reply.headers, self._guarded(reply.iter_bytes()))
        return cast("httpx.Response | Unavailable", reply)

    def _guarded(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if not self._alive():
                raise Crash(self._node, "died while it read an answer")
            yield chunk
