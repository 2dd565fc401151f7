"""The file in which a shop keeps how its capture runs, and what is wrong with its words."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from printers.capture.settings import CaptureSettings, Problem, Unread, read_settings, write_settings

NETWORK = CaptureSettings("0.0.0.0:9100", "192.0.2.10:9100", "2", ("private",))


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    write_settings(tmp_path / "capture.json", NETWORK)

    assert read_settings(tmp_path / "capture.json") == NETWORK
    assert [path.name for path in tmp_path.iterdir()] == ["capture.json"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, Unread.MISSING),
        ("", Unread.BROKEN),
        ("[]", Unread.BROKEN),
        ('{"version": 1}', Unread.BROKEN),
        (
            '{"version": 1, "listen": "a:1", "printer": "b:1", "till": "1", "allow": "private", "on": true}',
            Unread.BROKEN,
        ),
        ('{"version": 1, "listen": "a:1", "printer": 9, "till": "1", "allow": [], "on": true}', Unread.BROKEN),
        ('{"version": 2, "ends": []}', Unread.NEWER),
    ],
)
def test_a_file_that_says_nothing_says_why(tmp_path: Path, text: str | None, said: Unread) -> None:
    path = tmp_path / "capture.json"
    if text is not None:
        path.write_text(text)

    assert read_settings(path) is said


def test_a_file_that_is_no_text_is_broken(tmp_path: Path) -> None:
    (tmp_path / "capture.json").write_bytes(b"\xff\xfe\x00{")

    assert read_settings(tmp_path / "capture.json") is Unread.BROKEN


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="rights do not hold everybody back")
def test_a_folder_that_takes_nothing_leaves_the_old_file(tmp_path: Path) -> None:
    write_settings(tmp_path / "capture.json", NETWORK)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OSError, match="denied"):
            write_settings(tmp_path / "capture.json", CaptureSettings("127.0.0.1:1", "127.0.0.1:2"))
    finally:
        tmp_path.chmod(0o700)

    assert read_settings(tmp_path / "capture.json") == NETWORK


def test_a_field_of_a_later_release_with_the_same_version_does_not_harm(tmp_path: Path) -> None:
    path = tmp_path / "capture.json"
    write_settings(path, NETWORK)
    path.write_text(json.dumps({**json.loads(path.read_text()), "colour": "green"}))

    assert read_settings(path) == NETWORK


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (NETWORK, None),
        (CaptureSettings("serial:COM3@9600,8N1", "serial:COM4@9600,8N1"), None),
        (CaptureSettings("127.0.0.1:9100", "usb:/dev/usb/lp0"), None),
        (CaptureSettings("127.0.0.1:9100", "cups:till"), None),
        (CaptureSettings("127.0.0.1", "192.0.2.10:9100"), Problem.LISTEN),
        (CaptureSettings("serial:", "192.0.2.10:9100"), Problem.LISTEN),
        (CaptureSettings("127.0.0.1:9100", "192.0.2.10"), Problem.PRINTER),
        (CaptureSettings("127.0.0.1:9100", "usb:lp0"), Problem.PRINTER),
        (CaptureSettings("127.0.0.1:9100", "192.0.2.10:9100", allow=("shop",)), Problem.ALLOW),
        (CaptureSettings("127.0.0.1:9100", "192.0.2.10:9100", till=" "), Problem.TILL),
        (CaptureSettings("127.0.0.1:9100", "192.0.2.10:9100", till="x" * 21), Problem.TILL),
        (CaptureSettings("127.0.0.1:9100", "192.0.2.10:9100", till="1\n2"), Problem.TILL),
        (CaptureSettings("127.0.0.1:9100", "127.0.0.1:9100"), Problem.CIRCLE),
        (CaptureSettings("0.0.0.0:9100", "localhost:9100"), Problem.CIRCLE),
        (CaptureSettings("0.0.0.0:9100", "192.0.2.20:9100"), Problem.CIRCLE),
        (CaptureSettings("127.0.0.1:9100", "192.0.2.20:9100"), None),
        (CaptureSettings("127.0.0.1:9101", "127.0.0.1:9100"), None),
        (CaptureSettings("serial:COM3@9600", "serial:COM3@19200"), Problem.CIRCLE),
        (CaptureSettings("serial:COM3@9600", "192.0.2.20:9100"), None),
    ],
)
def test_what_is_wrong_is_named(settings: CaptureSettings, problem: Problem | None) -> None:
    assert settings.problem(own_hosts=("192.0.2.20",)) is problem
