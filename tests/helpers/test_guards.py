"""The guards of tests/conftest.py refuse what they should and let through what tests need."""

from __future__ import annotations

import logging
import os
import socket
from pathlib import Path

import pytest

from tests.helpers import logfail, network
from tests.helpers.waiting import answers, free_port, wait_until


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", b"localhost", None, "0.0.0.0"])
def test_this_machine_is_allowed(host: object) -> None:
    assert network.is_loopback(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "example.invalid", b"example.invalid", "10.0.0.1", "2001:db8::1"])
def test_other_machines_are_not(host: object) -> None:
    assert not network.is_loopback(host)


def test_a_connection_elsewhere_is_refused_and_remembered() -> None:
    with socket.socket() as outside, pytest.raises(network.NetworkRefused):
        outside.connect(("192.0.2.1", 9))
    with pytest.raises(network.NetworkRefused):
        socket.getaddrinfo("example.invalid", 80)

    assert len(network.refused) == 2
    network.refused.clear()  # this test meant it


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
    assert not [name for name in os.environ if name.startswith("WITHFOM_")]


def test_wait_until_names_what_it_waited_for() -> None:
    with pytest.raises(AssertionError, match="a pig that flies"):
        wait_until(lambda: False, "a pig that flies", deadline_s=0.02)
