"""A real CUPS queue (`socket://`) prints through the capture, as a POS with a printer driver does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from printers.capture import spool
from printers.capture.status import read_status
from tests.helpers.waiting import answers, free_port, wait_until
from tests.printers.capture.line import RecordingPrinter

ROOT = Path(__file__).parents[2]
RECEIPTS = ROOT / "tests" / "golden" / "receipts"
SALE = (RECEIPTS / "s01_sale_card_42col_cp949.bin").read_bytes()
BACKEND = Path("/usr/lib/cups/backend/socket")
CUPSD = shutil.which("cupsd") or shutil.which("cupsd", path="/usr/sbin:/usr/local/sbin")

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(sys.platform == "win32", reason="CUPS"),
    pytest.mark.skipif(
        CUPSD is None or not BACKEND.exists() or shutil.which("lpadmin", path=os.defpath + ":/usr/sbin") is None,
        reason="no cupsd with its socket backend on this machine",
    ),
]

CONFIG = """
Listen 127.0.0.1:{port}
Browsing Off
DefaultAuthType None
LogLevel debug
ErrorPolicy retry-job
JobRetryInterval 1
<Location />
  Order allow,deny
  Allow all
</Location>
<Location /admin>
  Order allow,deny
  Allow all
</Location>
<Policy default>
  <Limit All>
    Order allow,deny
    Allow all
  </Limit>
</Policy>
"""
FILES = """
ServerRoot {folder}
CacheDir {folder}/cache
StateDir {folder}/state
RequestRoot {folder}/spool
TempDir {folder}/temp
ErrorLog {folder}/error.log
AccessLog {folder}/access.log
PageLog {folder}/page.log
"""


class Queue:
    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._server = folder, f"127.0.0.1:{port}"

    def add(self, name: str, uri: str) -> None:
        self._run("lpadmin", "-h", self._server, "-p", name, "-E", "-v", uri, "-m", "raw")

    def print(self, name: str, content: bytes) -> None:
        path = self._folder / "job"
        path.write_bytes(content)
        self._run("lp", "-h", self._server, "-d", name, "-o", "raw", str(path))

    def is_empty(self) -> bool:
        return not self._run("lpstat", "-h", self._server, "-o").strip()

    def _run(self, program: str, *arguments: str) -> str:
        found = shutil.which(program, path=os.defpath + ":/usr/sbin") or program
        done = subprocess.run((found, *arguments), capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def cups() -> Iterator[Queue]:
    folder = Path(tempfile.mkdtemp(prefix="cups-test-"))  # not pytest's own: the backend runs as another user
    folder.chmod(0o755)
    for name in ("cache", "state", "spool", "temp"):
        (folder / name).mkdir()
    port = free_port()
    (folder / "cupsd.conf").write_text(CONFIG.format(port=port))
    (folder / "cups-files.conf").write_text(FILES.format(folder=folder))
    assert CUPSD is not None
    command = (CUPSD, "-f", "-c", str(folder / "cupsd.conf"), "-s", str(folder / "cups-files.conf"))
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_until(lambda: answers("127.0.0.1", port), "cupsd listens")
            yield Queue(folder, port)
        finally:
            server.terminate()
            server.wait(10)
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def capturing(folder: Path, printer: str) -> Iterator[int]:
    command = (sys.executable, "-m", "withfom", "capture", "--listen", "127.0.0.1:0")
    with subprocess.Popen(
        (*command, "--printer", printer, "--spool", str(folder)), stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as program:
        try:
            assert program.stdout is not None
            ready = program.stdout.readline()
            found = re.search(r"127\.0\.0\.1:(\d+) ->", ready)
            assert found, ready
            yield int(found[1])
        finally:
            program.terminate()
            program.wait(20)


def test_jobs_of_a_cups_queue_reach_the_printer_unchanged_and_are_read(tmp_path: Path, cups: Queue) -> None:
    """PNT-07: the POS prints through a driver queue that points at the capture."""
    printer = RecordingPrinter()
    with capturing(tmp_path, str(printer.address)) as port:
        cups.add("till", f"socket://127.0.0.1:{port}")
        for _ in range(3):
            cups.print("till", SALE)
        wait_until(lambda: printer.everything == SALE * 3, "three jobs are printed, byte for byte", 30)
        wait_until(cups.is_empty, "the queue says that they are done", 30)
        documents = wait_until(lambda: len(found := spool.pending(tmp_path)) == 3 and found, "three documents")

    totals = [document.reading["total"] for path in documents if (document := spool.load(path))]
    assert totals == [17_800] * 3
    printer.close()


def test_a_printer_that_is_off_keeps_the_job_in_the_queue(tmp_path: Path, cups: Queue) -> None:
    """Reliability case 51: the queue sees the fault, keeps the job, and prints it once."""
    port = free_port()
    with capturing(tmp_path, f"127.0.0.1:{port}") as at:
        cups.add("till", f"socket://127.0.0.1:{at}")
        cups.print("till", SALE)
        wait_until(
            lambda: (status := read_status(tmp_path)) is not None and status.printer_refused >= 1, "it was tried", 30
        )
        assert not cups.is_empty()
        printer = RecordingPrinter(port)
        wait_until(lambda: printer.everything == SALE, "it is printed", 60)
        wait_until(cups.is_empty, "the queue is empty", 30)
    assert printer.everything == SALE
    printer.close()
