"""The guards of tests/conftest.py refuse what they should and let through what tests need."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.helpers import logfail, network
from tests.helpers.amounts import AMOUNTS
from tests.helpers.waiting import answers, free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", b"localhost", None, "0.0.0.0"])
def test_this_machine_is_allowed(host: object) -> None:
    assert network.is_loopback(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "example.invalid", b"example.invalid", "10.0.0.1", "2001:db8::1"])
def test_other_machines_are_not(host: object) -> None:
    assert not network.is_loopback(host)


ELSEWHERE = ("192.0.2.1", 9)
WAYS_OUT: dict[str, Callable[[socket.socket], object]] = {
    "connect": lambda outside: outside.connect(ELSEWHERE),
    "connect_ex": lambda outside: outside.connect_ex(ELSEWHERE),
    "sendto": lambda outside: outside.sendto(b"x", ELSEWHERE),
    "sendto with flags": lambda outside: outside.sendto(b"x", 0, ELSEWHERE),
    "sendmsg": lambda outside: outside.sendmsg([b"x"], [], 0, ELSEWHERE),
    "create_connection": lambda _: socket.create_connection(ELSEWHERE, timeout=1),
    "getaddrinfo": lambda _: socket.getaddrinfo("example.invalid", 80),
    "getaddrinfo by name": lambda _: socket.getaddrinfo(host="example.invalid", port=80),
    "gethostbyname": lambda _: socket.gethostbyname("example.invalid"),
    "urllib": lambda _: urllib.request.urlopen("http://192.0.2.1:9/", timeout=1),
    "httpx": lambda _: httpx.get("http://example.invalid/", timeout=1, trust_env=False),
    "asyncio": lambda _: asyncio.run(asyncio.open_connection(*ELSEWHERE)),
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_every_way_elsewhere_is_refused_and_remembered(way: str) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as outside, pytest.raises(network.NetworkRefused):
        WAYS_OUT[way](outside)

    assert network.refused
    network.refused.clear()  # this test meant it


def test_what_is_no_name_is_left_to_python() -> None:
    with pytest.raises(UnicodeError):
        socket.getaddrinfo("a..b", 80)

    assert not network.refused


def test_a_datagram_to_this_machine_and_a_unix_socket_go_through(tmp_path: Path) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as here, socket.socket(type=socket.SOCK_DGRAM) as sender:
        here.bind(("127.0.0.1", 0))
        sender.sendto(b"one", here.getsockname())
        sender.sendmsg([b"two"], [], 0, here.getsockname())
        assert (here.recv(9), here.recv(9)) == (b"one", b"two")
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as caller:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        caller.connect(str(tmp_path / "s"))
        caller.sendmsg([b"three"])
        with listening.accept()[0] as taken:
            assert taken.recv(9) == b"three"

    assert not network.refused


def test_loopback_sockets_work() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        wait_until(lambda: answers("127.0.0.1", port), "our own server")

    assert not answers("127.0.0.1", free_port())


def test_only_unannounced_warnings_of_our_folders_are_findings() -> None:
    ours = logging.LogRecord("sync", logging.WARNING, "/shop/sync/x.py", 7, "push_refused code=%s", ("x",), None)
    with logfail.watching(Path("/shop")) as seen:
        logging.getLogger().handle(ours)
        logging.getLogger("other").handle(
            logging.LogRecord("other", logging.ERROR, "/usr/lib/other.py", 1, "not ours", (), None)
        )

    assert logfail.unexpected(seen, []) == ["WARNING sync: push_refused code=x (x.py:7)"]
    assert logfail.unexpected(seen, ["push_refused"]) == []


def test_settings_of_the_developer_do_not_reach_a_test() -> None:
    assert os.environ["QT_QPA_PLATFORM"] == "offscreen"
    assert {name for name in os.environ if name.startswith("WITHFOM_")} <= AMOUNTS


@pytest.mark.thorough  # a run of its own, workers and all
def test_the_long_profile_reaches_the_workers_of_a_run(tmp_path: Path) -> None:
    """They start when the run has already hidden what the developer set."""
    file = tmp_path / "test_profile.py"
    file.write_text("import hypothesis\n\n\ndef test_it():\n    assert hypothesis.settings().max_examples == 5_000\n")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "1", "-p", "tests.conftest", "--rootdir", str(tmp_path)]

    run = subprocess.run(
        [*command, "-m", "not thorough", str(file)],
        cwd=ROOT,
        env=os.environ | {"WITHFOM_HYPOTHESIS": "nightly", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stdout + run.stderr


def test_wait_until_names_what_it_waited_for() -> None:
    with pytest.raises(AssertionError, match="a pig that flies"):
        wait_until(lambda: False, "a pig that flies", deadline_s=0.02)
