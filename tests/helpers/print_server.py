"""A CUPS server of the test's own: real cupsd, private folders, one raw queue to a port of this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from printers.devices import ipp
from printers.devices.ipp import IppServer, IppUnreachable

CUPSD = shutil.which("cupsd") or "/usr/sbin/cupsd"
START_S = 15.0


def has_cups() -> bool:
    return Path(CUPSD).is_file() and Path("/usr/lib/cups/backend/socket").is_file()


@contextmanager
def print_server(queue: str, printer_port: int) -> Iterator[IppServer]:
    """The server, once it answers."""
    with tempfile.TemporaryDirectory(prefix="withfom-cups-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # its backends run as another user
        with _server(folder, queue, printer_port) as server:
            yield server


@contextmanager
def _server(folder: Path, queue: str, printer_port: int) -> Iterator[IppServer]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    for name in ("root", "spool", "spool/tmp", "cache", "state", "state/certs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "root" / "cupsd.conf").write_text(
        f"Listen 127.0.0.1:{port}\nLogLevel info\nMaxLogSize 0\nBrowsing Off\nDefaultAuthType None\nWebInterface No\n"
        "<Location />\nOrder allow,deny\nAllow all\n</Location>\n"
        "<Policy default>\n<Limit All>\nOrder deny,allow\n</Limit>\n</Policy>\n",
        encoding="utf-8",
    )
    (folder / "root" / "cups-files.conf").write_text(
        f"ServerRoot {folder}/root\nRequestRoot {folder}/spool\nTempDir {folder}/spool/tmp\nCacheDir {folder}/cache\n"
        f"StateDir {folder}/state\nErrorLog {folder}/error_log\nAccessLog {folder}/access_log\n"
        f"PageLog {folder}/page_log\nPrintcap\nSandboxing relaxed\n",
        encoding="utf-8",
    )
    (folder / "root" / "printers.conf").write_text(
        f"<Printer {queue}>\nDeviceURI socket://127.0.0.1:{printer_port}/?waiteof=false\nState Idle\nAccepting Yes\n"
        "Shared No\nOpPolicy default\nErrorPolicy abort-job\n</Printer>\n",
        encoding="utf-8",
    )
    command = [CUPSD, "-f", "-c", str(folder / "root/cupsd.conf"), "-s", str(folder / "root/cups-files.conf")]
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin:/usr/sbin:/sbin"), "LC_ALL": "C"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = IppServer(host="127.0.0.1", port=port)
    try:
        _wait(server, process, folder)
        yield server
    finally:
        process.terminate()
        process.wait(10)


def _wait(server: IppServer, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            if server.ask(ipp.GET_PRINTERS, "/", []).status < 0x0500:
                return
        except IppUnreachable:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            log = folder / "error_log"
            raise RuntimeError(f"cupsd did not start: {log.read_text()[-2000:] if log.is_file() else 'no log'}")
        time.sleep(0.05)
