"""What people and machines do wrong: a clear message in both languages, nothing lost, nothing changed."""

from __future__ import annotations

import http.server
import json
import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from demo.processes import free_port, wait_until, withfom_command
from demo.world import DemoWorld

pytestmark = [pytest.mark.journey, pytest.mark.timeout(120)]
ROOT = Path(__file__).resolve().parents[2]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*withfom_command(), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def _speaks_both_languages(text: str) -> bool:
    return (
        any("가" <= letter <= "힣" for letter in text)
        and "Traceback" not in text
        and any("a" <= x <= "z" for x in text)
    )


@pytest.mark.parametrize(
    "digits", ["", "010", "0101234567", "01000001234", "0212345678", "０１０１２３４５６７８", "x" * 300]
)
def test_a_wrong_phone_number_is_refused_in_words_and_books_nothing(world: DemoWorld, digits: str) -> None:
    """MEM-02; reliability case 14"""
    earns = world.cloud.sums()["earns"]
    entry = world.agent.post("/v1/tablet/entries")["entry_id"]

    answer = world.agent.post(f"/v1/tablet/entries/{entry}/phone", {"digits": digits})

    assert answer["outcome"] == "refused"
    assert any("가" <= letter <= "힣" for letter in answer["message"])
    assert world.cloud.sums()["earns"] == earns


def test_junk_at_the_capture_port_reaches_the_printer_and_credits_nothing(world: DemoWorld) -> None:
    """Reliability case 45; the megabyte of the case goes through the pump's own tests, against a faster sink."""
    earns = world.cloud.sums()["earns"]
    # No real-time status bytes in the junk, so that the virtual printer has nothing to answer or to act on.
    junk = bytes(random.Random(45).choice(range(0x20, 0x7F)) for _ in range(200_000))
    with socket.create_connection(("127.0.0.1", world.capture_port), timeout=10) as pos:
        pos.sendall(junk)
        pos.shutdown(socket.SHUT_WR)
        pos.settimeout(90)
        while pos.recv(4_096):  # until the printer hangs up as well: it takes one caller at a time
            pass

    wait_until(lambda: junk in world.printer.received(), what="the junk is printed unchanged", timeout_s=90)
    sale = world.pos.print_sale("card42")
    assert sale.paid_won > 0
    assert world.cloud.sums()["earns"] == earns


def test_a_printer_that_is_off_is_off_for_the_pos_too_and_our_slips_wait(world: DemoWorld) -> None:
    """Nothing is spooled behind the POS's back; the agent says what is wrong."""
    member = world.cloud.join("01055512340", "오세진")
    coupon = world.cloud.give_coupon(member, world.cloud.define_coupon("라떼 1잔 무료", "1장", 5_000))
    world.printer.go_off()
    try:
        with pytest.raises(OSError, match=r".*"):
            world.pos.print_sale("card42")
        request_id = world.cloud.ask_coupon(member, coupon)
        wait_until(lambda: world.agent.tap("card.approve"), what="the pop-up can be approved")
        wait_until(lambda: world.cloud.request(request_id)["state"] == "approved", what="approved without a printer")
        wait_until(
            lambda: world.agent.status()["printers"][0]["status"] == "not_answering", what="the printer is named as off"
        )
    finally:
        world.printer.come_on()

    wait_until(
        lambda: sum(
            "라떼 1잔 무료" in page.text.replace("\n", " ") or "라떼" in page.text for page in world.printer.pages()
        ),
        what="the slip is printed once the printer is back",
        timeout_s=60,
    )


def test_a_second_agent_on_the_same_folder_says_so_and_leaves_the_first_alone(world: DemoWorld) -> None:
    second = _run("agent", "--folder", str(world.agent_folder), "--cloud", world.cloud_url, "--headless")

    assert second.returncode == 3
    assert _speaks_both_languages(second.stderr)
    assert world.agent.status()["online"]


def test_a_wrong_enrollment_code_is_refused_and_nothing_is_half_enrolled(world: DemoWorld, tmp_path: Path) -> None:
    folder = tmp_path / "agent"
    refused = _run(
        *("agent", "--folder", str(folder), "--cloud", world.cloud_url, "--headless", "--enroll-code", "BBBBBBBB"),
        "--enroll-only",
    )

    assert refused.returncode == 1
    assert _speaks_both_languages(refused.stderr)


class _BrokenCloud(http.server.BaseHTTPRequestHandler):
    answers = ((500, b"boom"), (200, b"<html>captive portal</html>"), (200, b"\x00\xff garbage"), (502, b""))
    served = 0

    def _answer(self) -> None:
        cls = type(self)
        status, body = self.answers[cls.served % len(self.answers)]
        cls.served += 1
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815 - the names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def broken_cloud(world: DemoWorld) -> Iterator[type[_BrokenCloud]]:
    """The cloud's own port answers 500 and garbage, as a captive portal or a broken proxy would."""
    world.programs["cloud"].kill()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", world.cloud_port), _BrokenCloud)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield _BrokenCloud
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        world.start_cloud()


def test_a_cloud_that_answers_500_or_garbage_is_offline_and_nothing_is_lost(
    world: DemoWorld, broken_cloud: type[_BrokenCloud]
) -> None:
    before = len(world.agent.get("/v1/receipts", limit="200")["receipts"])
    sale = world.pos.print_sale("utf8")
    wait_until(lambda: len(world.agent.get("/v1/receipts", limit="200")["receipts"]) > before, what="receipt captured")
    entry = world.agent.post("/v1/tablet/entries")["entry_id"]
    answer = world.agent.post(f"/v1/tablet/entries/{entry}/phone", {"digits": "01044418273"})
    wait_until(lambda: broken_cloud.served >= 4, what="the agent has met every kind of nonsense", timeout_s=40)

    assert answer["outcome"] == "earned"
    assert answer["points"] == sale.paid_won // 100
    status = world.agent.status()
    assert not status["online"]
    assert status["queued"] == 1


def test_after_the_nonsense_everything_arrives_once(world: DemoWorld) -> None:
    world.wait_online()

    member = world.cloud.find_member("01044418273")
    assert member is not None
    assert member["points_balance"] > 0


def test_status_without_an_agent_says_so_in_both_languages(tmp_path: Path) -> None:
    silent = _run("status", "--folder", str(tmp_path))

    assert silent.returncode == 1
    assert _speaks_both_languages(silent.stderr)


def test_status_of_the_running_agent_is_json_on_request(world: DemoWorld) -> None:
    """AGT-14"""
    asked = _run("status", "--folder", str(world.agent_folder), "--json")

    assert asked.returncode == 0, asked.stderr
    found = json.loads(asked.stdout)
    assert {"queued", "synced", "failing", "online"} <= found.keys()


def test_a_port_in_use_is_named(world: DemoWorld, tmp_path: Path) -> None:
    taken = _run(
        *("capture", "--listen", f"127.0.0.1:{world.capture_port}", "--printer", "127.0.0.1:1"),
        *("--spool", str(tmp_path)),
    )

    assert taken.returncode == 2
    assert str(world.capture_port) in taken.stderr
    assert _speaks_both_languages(taken.stderr)


def test_the_cloud_refuses_strangers(world: DemoWorld) -> None:
    """Reliability cases 1 and 3"""
    bare = httpx.get(f"{world.cloud_url}/v1/sync/pull", params={"cursor": "1.0.0"}, trust_env=False)
    forged = httpx.get(
        f"{world.cloud_url}/v1/sync/pull",
        params={"cursor": "1.0.0"},
        headers={"Authorization": "WithFoM-Device eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0."},
        trust_env=False,
    )

    assert bare.status_code == forged.status_code == 401
    assert {"code", "message", "request_id"} <= bare.json().keys()


def test_nobody_listens_where_no_cloud_is(tmp_path: Path) -> None:
    lonely = _run(
        *("agent", "--folder", str(tmp_path / "a"), "--cloud", f"http://127.0.0.1:{free_port()}", "--headless"),
        *("--enroll-code", "BCDFGHJK", "--enroll-only"),
    )

    assert lonely.returncode == 1
    assert _speaks_both_languages(lonely.stderr)
    assert sys.executable not in lonely.stderr
