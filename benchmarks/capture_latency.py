"""What the capture proxy costs a till: status round trip and a receipt, through it and around it, taken in turn."""

from __future__ import annotations

import socket
import sys
import tempfile
import time
from collections.abc import Callable

from benchmarks._peer_printer import READY
from benchmarks._programs import free_port, running
from benchmarks._report import Report, median, percentile

ROUNDS = 1_000
WARM_UP = 50
PAUSE_S = 0.004  # a fixed, easy rate: at saturation one measures queues
STATUS = b"".join(bytes((0x10, 0x04, n)) for n in (1, 2, 3, 4))
RECEIPT_BYTES = 2_048
STATUS_P99_ADDED_MS = 1.0
RECEIPT_P99_ADDED_MS = 2.0


def receipt() -> bytes:
    """Two kilobytes as a till prints them: Korean rows in CP949, a cut, and a question that shows all was taken."""
    row = "아메리카노(HOT)      2      9,000\n".encode("cp949")
    head = b"\x1b@" + "느린오후 커피\n".encode("cp949")
    body = (row * (RECEIPT_BYTES // len(row) + 1))[: RECEIPT_BYTES - len(head) - 6]
    return head + body + b"\x1dV\x00\x10\x04\x01"


def connect(port: int) -> socket.socket:
    """A till's connection: no waiting for more to send."""
    session = socket.create_connection(("127.0.0.1", port), timeout=10)
    session.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return session


def round_trip_ms(session: socket.socket, sent: bytes, answer_bytes: int) -> float:
    """Sends and waits for the whole answer. Raises ConnectionError when the line breaks or the answer is wrong."""
    begun = time.perf_counter_ns()
    session.sendall(sent)
    answer = b""
    while len(answer) < answer_bytes:
        part = session.recv(answer_bytes - len(answer))
        if not part:
            raise ConnectionError("the line broke during a round trip")
        answer += part
    elapsed = (time.perf_counter_ns() - begun) / 1e6
    if answer != READY * answer_bytes:
        raise ConnectionError(f"a wrong answer came back: {answer!r}")
    return elapsed


def measure(
    direct: socket.socket, proxied: socket.socket, sent: bytes, answer_bytes: int
) -> tuple[list[float], list[float]]:
    """Both ways in turn, so that whatever else the machine does meets both."""
    samples: tuple[list[float], list[float]] = ([], [])
    for round_number in range(ROUNDS + WARM_UP):
        for session, kept in zip((direct, proxied), samples, strict=True):
            elapsed = round_trip_ms(session, sent, answer_bytes)
            if round_number >= WARM_UP:
                kept.append(elapsed)
            time.sleep(PAUSE_S)
    return samples


def report_pair(report: Report, what: str, direct: list[float], proxied: list[float], goal_ms: float) -> None:
    """Both distributions and what the proxy adds."""
    shares: dict[str, Callable[[list[float]], float]] = {"p50": median, "p99": lambda values: percentile(values, 0.99)}
    for name, share in shares.items():
        one, two = share(direct), share(proxied)
        report.figure(f"{what} {name}: direct / proxy", f"{one:.3f} / {two:.3f} ms, ratio {two / one:.2f}")
    added = percentile(proxied, 0.99) - percentile(direct, 0.99)
    report.goal(f"{what}: p99 added by the proxy", added, at_most=goal_ms, unit="ms")


def main() -> int:
    """Runs both measurements; 1 when a goal is missed."""
    report = Report("capture_latency")
    direct_port, behind_port, listen_port = free_port(), free_port(), free_port()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as spool,
        running("benchmarks._peer_printer", str(direct_port)),
        running("benchmarks._peer_printer", str(behind_port)),
        running(
            "withfom", "capture", "--listen", f"127.0.0.1:{listen_port}", "--printer", f"127.0.0.1:{behind_port}",
            "--spool", spool,
        ),
        connect(direct_port) as direct,
        connect(listen_port) as proxied,
    ):  # fmt: skip
        report_pair(report, "status, 4 bytes", *measure(direct, proxied, STATUS, 4), STATUS_P99_ADDED_MS)
        report_pair(report, "receipt, 2 KB", *measure(direct, proxied, receipt(), 1), RECEIPT_P99_ADDED_MS)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
