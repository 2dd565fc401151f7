"""The whole agent as a process without a screen: AGT-04, 05, 13, 14, PNT-07, 08; kill -9, second start, exit codes."""

from __future__ import annotations

import signal
import sqlite3
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from printers.capture import spool
from sync.clock import FakeClock, SystemClock
from tests.helpers import agent_process
from tests.helpers.agent_process import CODE, AgentProcess, welcome
from tests.helpers.counter import captured
from tests.helpers.fake_cloud import FakeCloud, running
from tests.helpers.waiting import wait_until

pytestmark = pytest.mark.timeout(90)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a device that joined a store whose cloud is gone since."""
    found = tmp_path_factory.mktemp("shop") / "에이전트"
    cloud = FakeCloud()
    with running(cloud):
        welcome(cloud)
        joined = agent_process.run(
            *("agent", "--folder", str(found), "--cloud", cloud.base_url, "--enroll-code", CODE, "--enroll-only")
        )
    assert joined.returncode == 0, joined.stderr
    assert "느린오후 커피" in joined.stdout
    return found


@pytest.fixture
def agent(folder: Path) -> Iterator[AgentProcess]:
    with agent_process.agent(folder, "--demo") as found:
        yield found


def tap(agent: AgentProcess, name: str) -> None:
    wait_until(lambda: agent.control.tap(name), f"{name} can be pressed")


def type_number(agent: AgentProcess, phone: str) -> None:
    tap(agent, "tablet.start")
    for digit in phone.removeprefix("010"):
        tap(agent, f"tablet.key.{digit}")
    tap(agent, "tablet.submit")


def test_without_a_screen_it_says_so_and_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """UXR-18: Qt ends the process itself; whoever typed the command would see nothing at all."""
    monkeypatch.setenv("QT_QPA_PLATFORM", "a-screen-that-is-not-here")
    monkeypatch.setenv("DISPLAY", ":0")

    ended = agent_process.run("agent", "--folder", str(tmp_path / "에이전트"))

    assert ended.returncode != 0
    assert "화면을 열 수 없어서 끝냈어요" in ended.stderr
    assert "add --headless" in ended.stderr


@pytest.fixture(scope="module")
def killed(folder: Path) -> Path:
    """A number was typed on the real screen and earned 178 points; a moment later the agent was killed."""
    clock = FakeClock(SystemClock().wall_ms())
    with agent_process.agent(folder, "--demo") as agent:
        type_number(agent, "01012345678")
        wait_until(lambda: agent.screen()["tablet"]["page"] == "waiting", "the tablet waits for the receipt")
        spool.write(folder / "spool", captured(clock, receipt_no="K-1"))
        wait_until(lambda: agent.screen()["tablet"]["page"] == "earned", "the receipt earned")
        assert agent.screen()["tablet"]["points"] == 178
        agent.popen.kill()
        assert agent.popen.wait(10) == -signal.SIGKILL
    return folder


def test_a_number_typed_on_the_real_screen_waits_earns_and_survives_kill_9(killed: Path) -> None:
    """PNT-07, PNT-08, AGT-05: no cloud anywhere; the screen's word is on the disk."""
    with agent_process.agent(killed, "--demo") as agent:
        status = agent.control.status()
        rows = agent.control.get("/v1/receipts")["receipts"]
        assert (status["queued"], status["online"], status["store"]["name"]) == (1, False, "느린오후 커피")
        assert [(row["outcome"], row["points"], row["masked"]) for row in rows] == [("earned", 178, "010-****-5678")]
        assert agent.end() == 0
    assert not (killed / "lan.json").exists()


def test_a_receipt_printed_first_is_offered_by_the_screen(agent: AgentProcess) -> None:
    """PNT-08"""
    clock = FakeClock(SystemClock().wall_ms())
    spool.write(agent.folder / "spool", captured(clock, total=9_900, receipt_no="K-2", approvals=("2",)))
    offer = wait_until(lambda: agent.screen()["tablet"]["offer"], "the receipt is offered")

    type_number(agent, "01087654321")

    wait_until(lambda: agent.screen()["tablet"]["page"] == "earned", "earned at once")
    assert (offer["paid_won"], offer["points"], agent.screen()["tablet"]["points"]) == (9_900, 99, 99)
    for window in ("counter", "tablet"):
        assert agent.control.picture(window).startswith(b"\x89PNG")
    assert agent.end() == 0


def test_the_file_that_names_the_port_is_for_this_user_only(agent: AgentProcess) -> None:
    found = agent_process.lan_file(agent.folder)

    assert found["pid"] == agent.popen.pid
    assert len(found["token"]) == 32
    if sys.platform != "win32":
        assert stat.S_IMODE((agent.folder / "lan.json").stat().st_mode) == 0o600


def test_a_second_agent_says_so_and_leaves_the_first_alone(agent: AgentProcess) -> None:
    second = agent_process.run("agent", "--headless", "--folder", str(agent.folder))

    assert second.returncode == 3
    assert "이미 실행 중" in second.stderr
    assert "already running" in second.stderr
    assert agent.control.status()["version"]


def test_status_speaks_to_the_running_agent(agent: AgentProcess) -> None:
    """AGT-14"""
    asked = agent_process.run("status", "--folder", str(agent.folder))

    assert asked.returncode == 0, asked.stderr
    assert "느린오후 커피" in asked.stdout
    assert "오프라인" in asked.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
def test_ctrl_c_is_a_clean_end(folder: Path) -> None:
    with agent_process.agent(folder) as agent:
        agent.popen.send_signal(signal.SIGINT)
        assert agent.popen.wait(10) == 0


def test_without_demo_nobody_can_press_buttons_from_outside(folder: Path) -> None:
    with agent_process.agent(folder) as agent:
        with pytest.raises(httpx.HTTPStatusError) as refused:
            agent.control.get("/v1/demo/state")
        assert refused.value.response.status_code == 404
        assert not agent.control.tap("tablet.start")
        assert agent.end() == 0


def test_a_device_without_a_store_asks_for_its_code(tmp_path: Path) -> None:
    with agent_process.agent(tmp_path / "new", "--demo") as agent:
        assert agent.screen()["counter"]["page"] == "enroll"
        assert agent.control.status()["store"] is None
        assert not agent.control.tap("tablet.start")
        assert agent.end() == 0


def test_a_code_on_the_command_line_opens_the_shop(tmp_path: Path) -> None:
    cloud = FakeCloud()
    with running(cloud):
        welcome(cloud)
        with agent_process.agent(tmp_path / "new", "--demo", "--cloud", cloud.base_url, "--enroll-code", CODE) as agent:
            wait_until(lambda: agent.control.status()["online"], "the line is up")
            assert agent.screen()["counter"]["page"] == "home"
            tap(agent, "tablet.start")
            assert agent.end() == 0


def test_a_wrong_code_ends_with_words(tmp_path: Path) -> None:
    cloud = FakeCloud()
    with running(cloud):
        refused = agent_process.run(
            *("agent", "--folder", str(tmp_path / "new"), "--cloud", cloud.base_url, "--headless"),
            *("--enroll-code", "ZZZZZZZZ"),
        )

    assert refused.returncode == 1
    assert any("가" <= letter <= "힣" for letter in refused.stderr)
    assert "Traceback" not in refused.stderr


def test_the_first_day_has_its_customer_screen_as_soon_as_the_store_is_joined(tmp_path: Path) -> None:
    """AGT-04: joined in the window; neither the pop-ups nor the customer's screen wait for a second start."""
    cloud = FakeCloud()
    with running(cloud):
        welcome(cloud)
        with agent_process.agent(tmp_path / "new", "--demo", "--cloud", cloud.base_url) as agent:
            assert agent.control.tap("tablet.start") is False
            agent.control.post("/v1/demo/type", {"object": "enroll.code", "text": CODE})
            tap(agent, "enroll.redeem")
            tap(agent, "enroll.start")

            tap(agent, "tablet.start")
            wait_until(lambda: agent.screen()["tablet"]["page"] == "keypad", "the customer may type")
            assert agent.end() == 0


def test_a_folder_that_cannot_be_written_is_named_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    refused = agent_process.run("agent", "--headless", "--folder", str(tmp_path / "file"))

    assert refused.returncode == 2
    assert str(tmp_path / "file") in refused.stderr
    assert any("가" <= letter <= "힣" for letter in refused.stderr)
    assert "Traceback" not in refused.stderr


def test_a_broken_database_is_set_aside_and_named(tmp_path: Path) -> None:
    """Nothing is deleted, nothing is silently empty."""
    broken = tmp_path / "shop"
    broken.mkdir()
    (broken / "agent.sqlite3").write_bytes(b"this is no database" * 500)

    with agent_process.agent(broken, "--demo") as agent:
        assert agent.screen()["counter"]["page"] == "enroll"
        assert agent.end() == 0
        told = " ".join(agent.said)

    [aside] = broken.glob("*.broken-*.sqlite3")
    assert aside.name in told
    assert aside.read_bytes().startswith(b"this is no database")


def test_a_port_in_use_is_named_in_words(folder: Path, agent: AgentProcess, tmp_path: Path) -> None:
    port = str(agent_process.lan_file(folder)["port"])

    refused = agent_process.run("agent", "--headless", "--folder", str(tmp_path / "other"), "--lan-port", port)

    assert refused.returncode == 1
    assert any("가" <= letter <= "힣" for letter in refused.stderr)


def test_the_log_holds_no_number(killed: Path) -> None:
    """AGT-13: masked only, in files and in the database."""
    folder = killed
    with sqlite3.connect(folder / "agent.sqlite3") as conn:
        assert conn.execute("SELECT count(*) FROM earn").fetchone()[0] >= 1
    conn.close()
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())

    assert b"phone=010-****-5678" in stored
    for digits in (b"01012345678", b"1012345678", b"01087654321"):
        assert digits not in stored
    assert folder.name == "에이전트"
