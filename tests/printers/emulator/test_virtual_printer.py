"""The claims of demo.virtual_printer: a printer on a socket whose paper can be kept and compared."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from demo.virtual_printer import VirtualPrinter
from tests.helpers.waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]


def print_to(port: int, stream: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
        link.sendall(stream + b"\x1dr\x01")
        assert link.recv(10) == b"\x00"


def test_every_page_is_kept_as_picture_text_and_bytes(tmp_path: Path) -> None:
    receipt = "합계 4,500\n".encode("cp949") + b"\x1dV\x00"
    with VirtualPrinter(folder=tmp_path / "인쇄") as printer:
        print_to(printer.port, receipt + b"second\n\x1dVB\x00")
        pages = printer.wait_for_pages(2)
        received = printer.received()

    names = sorted(path.name for path in (tmp_path / "인쇄").iterdir())
    assert names == [f"page-000{n}.{kind}" for n in (1, 2) for kind in ("bin", "png", "txt")]
    assert (tmp_path / "인쇄" / "page-0001.txt").read_text("utf-8") == "합계 4,500\n" == pages[0].text
    assert (tmp_path / "인쇄" / "page-0001.bin").read_bytes() == receipt == pages[0].raw
    assert (tmp_path / "인쇄" / "page-0002.png").read_bytes().startswith(b"\x89PNG")
    assert received == receipt + b"second\n\x1dVB\x00\x1dr\x01"


def test_a_second_run_never_writes_over_the_pages_of_the_first(tmp_path: Path) -> None:
    for text in (b"first", b"second"):
        with VirtualPrinter(folder=tmp_path) as printer:
            print_to(printer.port, text + b"\n\x1dV\x00")
            printer.wait_for_pages(1)

    assert [(tmp_path / f"page-000{n}.txt").read_text() for n in (1, 2)] == ["first\n", "second\n"]


def test_a_receipt_in_two_connections_is_one_piece_of_paper() -> None:
    with VirtualPrinter() as printer:
        print_to(printer.port, b"first half\n")
        print_to(printer.port, b"second half\n\x1dV\x00")

        (page,) = printer.wait_for_pages(1)

    assert page.text == "first half\nsecond half\n"


def test_several_clients_may_be_allowed(tmp_path: Path) -> None:
    with VirtualPrinter(sessions=3) as printer:
        printing = [
            threading.Thread(target=print_to, args=(printer.port, b"line\n" * 20 + b"\x1dV\x00")) for _ in range(3)
        ]
        links = [socket.create_connection(("127.0.0.1", printer.port)) for _ in range(2)]
        print_to(printer.port, b"a\n\x1dV\x00")
        for link in links:
            link.close()
        for thread in printing:
            thread.start()
        for thread in printing:
            thread.join()

        assert len(printer.wait_for_pages(4)) == 4


def test_paper_ends_and_comes_back_while_a_client_waits() -> None:
    with VirtualPrinter() as printer:
        printer.run_out_of_paper(after_lines=1)
        with socket.create_connection(("127.0.0.1", printer.port), timeout=5) as link:
            link.sendall(b"a\nb\n\x1dV\x00\x1dr\x01\x10\x04\x04")
            assert link.recv(1) == b"\x7e"
            printer.load_paper()
            assert link.recv(1) == b"\x00"

        assert [page.text for page in printer.wait_for_pages(1)] == ["a\nb\n"]


def test_off_and_on_keeps_the_port() -> None:
    with VirtualPrinter() as printer:
        port = printer.port
        print_to(port, b"a\n\x1dV\x00")
        printer.go_off()
        with socket.socket() as link:
            assert link.connect_ex(("127.0.0.1", port)) != 0
        printer.come_on()
        print_to(port, b"b\n\x1dV\x00")

        assert [page.text for page in printer.wait_for_pages(2)] == ["a\n", "b\n"]


def test_junk_from_the_network_stops_nothing() -> None:
    noise = bytes((n * 37 + n // 256 * 11) % 256 for n in range(50_000))
    with VirtualPrinter() as printer:
        with socket.create_connection(("127.0.0.1", printer.port), timeout=5) as link:
            link.sendall(noise)
        printer.wait_for_bytes(len(noise))
        printer.go_off()
        printer.come_on()

        print_to(printer.port, b"ok\n\x1dV\x00")
        assert wait_until(lambda: printer.pages()[-1].text == "ok\n", "the page after the noise")


def test_the_program_prints_and_obeys_its_keyboard(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "demo.virtual_printer", "--port", "0", "--folder", str(tmp_path), "--profile"]
    with subprocess.Popen(
        [*command, "generic-58"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONUTF8": "1"},
        text=True,
        encoding="utf-8",
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        try:
            found = re.search(r"127\.0\.0\.1:(\d+)", running.stdout.readline())
            assert found is not None
            running.stdin.write("paper out\n")
            running.stdin.flush()
            assert running.stdout.readline() == "ok: paper out\n"
            with socket.create_connection(("127.0.0.1", int(found.group(1))), timeout=5) as link:
                link.sendall(b"\x10\x04\x04")
                assert link.recv(1) == b"\x7e"
            running.stdin.write("dance\nquit\n")
            running.stdin.flush()
            assert "paper out" in running.stdout.readline()
            assert running.wait(10) == 0
        finally:
            if running.poll() is None:
                running.send_signal(signal.SIGTERM)


def test_an_unknown_profile_is_refused_in_words() -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "demo.virtual_printer", "--profile", "laser"],
        cwd=ROOT,
        capture_output=True,
        env={**os.environ, "PYTHONUTF8": "1"},
        text=True,
        encoding="utf-8",
        check=False,
    )

    assert refused.returncode == 2
    assert "프린터" in refused.stderr
