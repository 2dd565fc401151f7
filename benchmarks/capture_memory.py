"""How much the capture grows by one endless document and by two hundred callers; the direct line beside it."""

from __future__ import annotations

import contextlib
import socket
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks._peer_printer import READY
from benchmarks._programs import free_port, running
from benchmarks._report import Report
from benchmarks.capture_latency import connect, receipt
from printers.capture.pump import SESSIONS_MAX
from printers.capture.status import read_status

STREAM_BYTES = 1_000_000_000
CHUNK = b"".join(b"%08d abcdefghijklmnopqrstuvwxyz 12,500\n" % number for number in range(1_500))
CALLERS = 200
GROWTH_MB = 50.0
LOOK_EVERY_BYTES = 20_000_000


def family(pid: int) -> list[int]:
    """The process and everything it started."""
    found = [pid]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found += family(int(stat.parent.name))
    return found


def memory_mb(pids: Iterable[int]) -> float:
    """What they hold that is not shared, in megabytes."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith(("Private_Clean:", "Private_Dirty:")):
                    total += int(line.split()[1])
    return total / 1024


def stream(session: socket.socket, pid: int | None) -> tuple[float, float]:
    """Sends the document and waits until the printer has it all: seconds, and the highest memory on the way."""
    begun, sent, looked, highest = time.perf_counter(), 0, 0, 0.0
    while sent < STREAM_BYTES:
        session.sendall(CHUNK)
        sent += len(CHUNK)
        if pid is not None and sent - looked >= LOOK_EVERY_BYTES:
            looked, highest = sent, max(highest, memory_mb(family(pid)))
    session.sendall(b"\x10\x04\x01")
    if session.recv(1) != READY:
        raise SystemExit("the printer did not get everything")
    return time.perf_counter() - begun, highest


def call_often(port: int) -> tuple[int, int]:
    """Two hundred at once: how many are served, how many refused."""
    callers = [connect(port) for _ in range(CALLERS)]
    served = refused = 0
    for caller in callers:
        try:
            caller.sendall(b"\x10\x04\x01")
            answer = caller.recv(1)
        except OSError:
            answer = b""
        served, refused = (served + 1, refused) if answer == READY else (served, refused + 1)
    for caller in callers:
        caller.close()
    return served, refused


def main() -> int:
    """Both; 1 when a goal is missed."""
    report = Report("capture_memory")
    printer, listen = free_port(), free_port()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as spool,
        running("benchmarks._peer_printer", str(printer)),
        running(
            "withfom", "capture", "--listen", f"127.0.0.1:{listen}", "--printer", f"127.0.0.1:{printer}",
            "--spool", spool,
        ) as (program, _),
    ):  # fmt: skip
        with connect(listen) as session:
            for _ in range(50):
                session.sendall(receipt())
                session.recv(1)
        time.sleep(
            3
        )  # the reader is a process of its own: what it still does for the receipts is not the growth asked about
        before = memory_mb(family(program.pid))
        with connect(printer) as session:
            direct_s, _ = stream(session, None)
        with connect(listen) as session:
            captured_s, highest = stream(session, program.pid)
        report.figure("1 GB: direct / through the capture", f"{direct_s:.1f} / {captured_s:.1f} s")
        report.figure("memory before, all its processes", f"{before:.1f} MB")
        report.goal("growth during 1 GB", highest - before, at_most=GROWTH_MB, unit="MB")
        time.sleep(1)  # until the gigabyte's session has gone at both ends, so that it is none of the callers
        served, refused = call_often(listen)
        report.figure("200 callers: served / refused", f"{served} / {refused}")
        report.goal("served", served, at_most=SESSIONS_MAX, unit="callers")
        report.goal("growth after 200 callers", memory_mb(family(program.pid)) - before, at_most=GROWTH_MB, unit="MB")
        status = read_status(Path(spool))
        if status is not None:
            report.figure("documents read / copies dropped", f"{status.documents} / {status.dropped_copies}")
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
