"""Small stones of the agent: keys that load in the background, listeners after the commit, days, options, the log."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.dispatch import Listeners
from agent.errors import BadSettings
from agent.keys import KeyRing, StoreKeys
from agent.launch import AgentSettings, check_port, default_folder, parse_cloud, parse_printer
from agent.logbook import open_log, topic
from agent.notifying import AfterCommit
from agent.printing.capture import capture_word
from agent.printing.types import PrinterAddress
from agent.printing.words import CaptureWord
from printers.capture.counters import Counters
from printers.capture.settings import CaptureSettings, write_settings
from printers.capture.status import StatusWriter
from rules.calendar import day_bounds_ms, local_day, local_time
from sync.errors import NotEnrolled, VaultUnavailable
from sync.secrets import FieldCipher

KEYS = StoreKeys(b"s" * 32, FieldCipher(b"f" * 32))


# --- keys ------------------------------------------------------------------------------------------------------------


def test_without_keys_the_device_says_that_it_is_not_enrolled() -> None:
    with pytest.raises(NotEnrolled):
        _ = KeyRing().keys


def test_a_tap_in_the_first_moment_waits_for_the_keys() -> None:
    ring = KeyRing()
    ring.expect()
    found: list[StoreKeys] = []
    early = threading.Thread(target=lambda: found.append(ring.keys))
    early.start()

    ring.install(KEYS)
    early.join(5)

    assert found == [KEYS]


def test_a_locked_vault_is_named() -> None:
    ring = KeyRing()
    ring.expect()

    ring.refuse(VaultUnavailable("locked"))

    with pytest.raises(VaultUnavailable):
        _ = ring.keys
    assert not ring.installed


def test_a_problem_told_to_a_hundred_taps_keeps_the_frames_of_none_but_the_last() -> None:
    ring = KeyRing()
    ring.refuse(VaultUnavailable("locked"))

    lengths = []
    for _ in range(100):
        with pytest.raises(VaultUnavailable) as told:
            _ = ring.keys
        lengths.append(len(told.traceback))

    assert lengths[-1] == lengths[0]


# --- listeners -------------------------------------------------------------------------------------------------------


def test_listeners_hear_once_and_only_after_the_commit() -> None:
    commits: list[object] = []
    after = AfterCommit(commits.append)
    heard: list[str] = []
    listeners = Listeners()
    listeners.subscribe(lambda: heard.append("changed"))

    after.mark(listeners)
    after.mark(listeners)
    assert heard == []
    for _ in range(2):
        commits[0]()  # type: ignore[operator]

    assert heard == ["changed"]


def test_the_commit_of_another_thread_does_not_use_up_what_ours_will_tell() -> None:
    """A pop-up must not be looked for before its row is committed, and never after."""
    commits: list[object] = []
    after = AfterCommit(commits.append)
    heard: list[str] = []
    listeners = Listeners()
    listeners.subscribe(lambda: heard.append("changed"))
    after.mark(listeners)

    other = threading.Thread(target=commits[0])  # type: ignore[arg-type]
    other.start()
    other.join(5)
    assert heard == []
    commits[0]()  # type: ignore[operator]

    assert heard == ["changed"]


@pytest.mark.expect_log("listener_failed")
def test_a_listener_that_fails_neither_hides_the_change_from_others_nor_from_the_caller() -> None:
    heard: list[str] = []
    listeners = Listeners()
    listeners.subscribe(lambda: {}["nothing"])  # type: ignore[call-overload]
    listeners.subscribe(lambda: heard.append("changed"))

    listeners.notify()

    assert heard == ["changed"]


# --- days ------------------------------------------------------------------------------------------------------------


def test_a_day_begins_at_midnight_in_seoul() -> None:
    just_before, midnight = 1_795_791_599_999, 1_795_791_600_000

    assert f"{local_time(midnight):%H:%M:%S}" == "00:00:00"
    assert local_day(just_before) < local_day(midnight)
    assert day_bounds_ms(local_day(midnight)) == (midnight, midnight + 86_400_000)


# --- options ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("win32", {"LOCALAPPDATA": "/l"}, Path("/l/WithFoM/Agent")),
        ("linux", {"XDG_DATA_HOME": "/d"}, Path("/d/withfom-agent")),
        ("linux", {"XDG_DATA_HOME": "not/absolute"}, Path.home() / ".local" / "share" / "withfom-agent"),
        ("darwin", {}, Path.home() / "Library" / "Application Support" / "WithFoM Agent"),
    ],
)
def test_the_folder_is_where_the_platform_keeps_such_things(
    platform: str, environ: dict[str, str], expected: Path
) -> None:
    assert default_folder(environ, platform=platform) == expected


def test_options_are_read_or_refused_in_words() -> None:
    assert parse_printer("10.0.0.9") == PrinterAddress("10.0.0.9", 9100)
    assert parse_cloud("https://cloud.example/") == "https://cloud.example"
    assert parse_cloud("http://127.0.0.1:8000") == "http://127.0.0.1:8000"
    assert (parse_printer(None), parse_cloud(None), check_port(0)) == (None, None, 0)
    for wrong in (
        lambda: parse_printer("printer:"),
        lambda: parse_cloud("http://shop.example"),
        lambda: parse_cloud("cloud"),
        lambda: check_port(70_000),
    ):
        with pytest.raises(BadSettings) as refused:
            wrong()
        assert refused.value.exit_code == 2
        assert any("가" <= letter <= "힣" for letter in refused.value.user_message)


def test_documents_are_expected_beside_the_data_unless_told_otherwise(tmp_path: Path) -> None:
    assert AgentSettings(folder=tmp_path).spool_folder == tmp_path / "spool"
    assert AgentSettings(folder=tmp_path, spool=tmp_path / "s").spool_folder == tmp_path / "s"


# --- capture ---------------------------------------------------------------------------------------------------------


def test_the_capture_is_listening_stopped_or_not_set_up(tmp_path: Path) -> None:
    """AGT-14"""
    file = tmp_path / "capture.json"
    assert capture_word(tmp_path, file, 0) is CaptureWord.NOT_SET_UP
    writer = StatusWriter(
        tmp_path, counters=Counters(), wall_ms=lambda: 1_000, listen="127.0.0.1:9100", printer="p:9100", till="1"
    )
    writer.start()

    assert capture_word(tmp_path, file, 1_000) is CaptureWord.LISTENING
    assert capture_word(tmp_path, file, 60_000) is CaptureWord.STOPPED
    writer.stop()
    assert capture_word(tmp_path, file, 1_000) is CaptureWord.STOPPED


@pytest.mark.parametrize(("on", "word"), [(True, CaptureWord.STOPPED), (False, CaptureWord.NOT_SET_UP)])
def test_a_capture_that_was_set_up_is_stopped_until_it_listens_or_is_switched_off(
    tmp_path: Path, on: bool, word: CaptureWord
) -> None:
    write_settings(tmp_path / "capture.json", CaptureSettings("127.0.0.1:9100", "192.0.2.10:9100", on=on))

    assert capture_word(tmp_path, tmp_path / "capture.json", 0) is word


# --- log -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield open_log(tmp_path / "log", "agent")
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


def test_a_log_line_is_an_event_with_fields(log_file: Path) -> None:
    topic("earn").event("earn_posted", id="e-1", points=45, shop="느린 오후", empty="")

    line = log_file.read_text("utf-8").strip()

    assert line.endswith('INFO withfom.earn earn_posted id=e-1 points=45 shop="느린 오후" empty=""')


def test_every_log_line_has_its_time_in_seoul_whatever_zone_the_computer_is_in(
    log_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NFR-08"""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        topic("earn").event("earn_posted", id="e-1")
    finally:
        monkeypatch.undo()
        time.tzset()

    stamp = datetime.fromisoformat(log_file.read_text("utf-8").split(" ")[0])
    assert stamp.utcoffset() == timedelta(hours=9)
    assert abs(datetime.now(UTC) - stamp) < timedelta(minutes=1)


@pytest.mark.expect_log("job_failed")
def test_a_failure_brings_its_stack(log_file: Path) -> None:
    try:
        raise OSError("no disk")
    except OSError:
        topic("print").failure("job_failed", job="j-1")

    assert "OSError: no disk" in log_file.read_text("utf-8")
