"""A receipt printer on TCP port 9100 that prints into a folder: every page as picture, text and raw bytes.

    python -m demo.virtual_printer --port 9100 --folder printed

Serves one connection at a time, as most receipt printers do. Lines typed on its standard input (`paper out`,
`paper in`, `cover open`, …) do to it what people do to printers; tests call the methods of the same name.
"""

from __future__ import annotations

import argparse
import contextlib
import queue
import re
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from printers.emulator.paper import Page
from printers.emulator.press import Head
from printers.emulator.printer import EmulatedPrinter
from printers.emulator.render import page_png
from printers.errors import UnknownProfile
from printers.profiles import PROFILES, PrinterProfile, profile
from printers.raster import GlyphPainter, bundled_fonts

DEFAULT_PROFILE = PROFILES["generic-80-48"]
RECEIVED_BYTES_MAX = 64_000_000  # kept for comparisons; a demo day is far below
RECEIVE_BYTES = 65_536
BUSY_GRACE_S = 0.3
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class PrintedPage:
    """One piece of paper. `stem` is the file name without ending, or None when no folder is written."""

    number: int
    text: str
    raw: bytes
    page: Page
    stem: Path | None


class VirtualPrinter:
    """A printer with a network card. Start it, print to `port`, look at `pages()`."""

    def __init__(
        self,
        *,
        port: int = 0,
        folder: Path | None = None,
        host: str = "127.0.0.1",
        model: PrinterProfile = DEFAULT_PROFILE,
        sessions: int = 1,
    ) -> None:
        self.folder = folder
        self.host = host
        self.emulated = EmulatedPrinter(Head(dots=model.paper_dots, units_per_dot=model.feed_units_per_dot))
        self._wanted_port = port
        self._sessions_max = sessions
        self._listener: socket.socket | None = None
        self._sessions: dict[socket.socket, _Bell] = {}
        self._talker: socket.socket | None = None  # who gets answers that come late
        self._hung = False
        self._state = threading.Condition()
        self._pages: list[PrintedPage] = []
        self._pages_before = 0  # in the folder from earlier runs
        self._received = bytearray()
        self._to_write: queue.Queue[PrintedPage | None] = queue.Queue()
        self._writer: threading.Thread | None = None
        self._threads: list[threading.Thread] = []

    # -- life ---------------------------------------------------------------------------------------------------

    @property
    def port(self) -> int:
        """The port it listens on, known after start and kept while it is off."""
        return self._wanted_port

    def start(self) -> None:
        """Switch it on. Raises OSError when the port is taken."""
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._pages_before = _last_number(self.folder)
            self._writer = threading.Thread(target=self._write_pages, name="virtual-printer-paper", daemon=True)
            self._writer.start()
        self.come_on()

    def stop(self) -> None:
        """Switch it off for good; every page is in the folder afterwards."""
        self.go_off()
        for thread in self._threads:
            thread.join(5)
        if self._writer is not None:
            self._to_write.put(None)
            self._writer.join(30)
            self._writer = None

    def __enter__(self) -> VirtualPrinter:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- what came out ------------------------------------------------------------------------------------------

    def pages(self) -> tuple[PrintedPage, ...]:
        """Everything cut off so far."""
        with self._state:
            return tuple(self._pages)

    def received(self) -> bytes:
        """Every byte that arrived, in order."""
        with self._state:
            return bytes(self._received)

    def wait_for_pages(self, count: int, timeout_s: float = 5.0) -> tuple[PrintedPage, ...]:
        """The pages once there are this many; fewer when the time is over."""
        with self._state:
            self._state.wait_for(lambda: len(self._pages) >= count, timeout_s)
            return tuple(self._pages)

    def wait_for_bytes(self, count: int, timeout_s: float = 5.0) -> bool:
        """Whether this many bytes arrived within the time."""
        with self._state:
            return self._state.wait_for(lambda: len(self._received) >= count, timeout_s)

    # -- what people do to printers -----------------------------------------------------------------------------

    def run_out_of_paper(self, after_lines: int = 0) -> None:
        self.emulated.run_out_of_paper(after_lines)
        self._ring()

    def load_paper(self) -> None:
        self.emulated.load_paper()
        self._ring()

    def paper_low(self, low: bool = True) -> None:
        self.emulated.set_paper_low(low)
        self._ring()

    def open_cover(self) -> None:
        self.emulated.open_cover()
        self._ring()

    def close_cover(self) -> None:
        self.emulated.close_cover()
        self._ring()

    def tear_off(self) -> None:
        """Take what came out without a cut."""
        self.emulated.tear_off()
        self._collect()

    def mute(self, mute: bool = True) -> None:
        """Print, but never answer."""
        self.emulated.set_mute(mute)

    def hang(self) -> None:
        """Take connections and do nothing at all with them."""
        with self._state:
            self._hung = True
        self._ring()

    def recover(self) -> None:
        """End of `hang`: what was sent meanwhile is read now."""
        with self._state:
            self._hung = False
        self._ring()

    def go_off(self) -> None:
        """Pull the plug: connections break, new ones are refused, the buffer is lost."""
        with self._state:
            listener, self._listener = self._listener, None
            sessions = list(self._sessions)
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
            listener.close()
            self.emulated.power_cycle()
            self._collect()
        for session in sessions:
            with contextlib.suppress(OSError):
                session.shutdown(socket.SHUT_RDWR)
        self._ring()

    def come_on(self) -> None:
        """Switch on again at the same port."""
        listener = socket.create_server((self.host, self._wanted_port), backlog=8)
        with self._state:
            self._listener = listener
            self._wanted_port = listener.getsockname()[1]
        self._begin(lambda: self._serve(listener), "virtual-printer")

    # -- inside -------------------------------------------------------------------------------------------------

    def _begin(self, work: Callable[[], None], name: str) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                session, _ = listener.accept()
            except OSError:
                return  # switched off
            with self._state:
                # A client that has just closed its connection may ask for the next one before its end was noticed.
                self._state.wait_for(lambda: self._is_free(listener), BUSY_GRACE_S)
                refused = self._listener is not listener or len(self._sessions) >= self._sessions_max
                if not refused:
                    self._sessions[session] = _Bell()
            if refused:
                session.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                session.close()
                continue
            self._begin(lambda taken=session: self._converse(taken), "virtual-printer-session")  # type: ignore[misc]

    def _is_free(self, listener: socket.socket) -> bool:
        return self._listener is not listener or len(self._sessions) < self._sessions_max

    def _converse(self, session: socket.socket) -> None:
        bell = self._sessions[session]
        try:
            session.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while self._step(session, bell):
                pass
        except OSError:
            pass  # the cable broke; the paper shows what was printed
        finally:
            with self._state:
                self._sessions.pop(session, None)
                self._state.notify_all()
                last = not self._sessions
                if self._talker is session:
                    self._talker = None
            session.close()
            bell.close()
            if last:
                self.emulated.end_of_stream()
                self._collect()

    def _step(self, session: socket.socket, bell: _Bell) -> bool:
        """Read once, answer, cut. False when the other side has closed."""
        with self._state:
            hung = self._hung
        reading = [bell.ear] if hung or not self.emulated.wants_more else [bell.ear, session]
        ready, _, _ = select.select(reading, [], [])
        if bell.ear in ready:
            bell.silence()
        chunk = b""
        if session in ready:
            chunk = session.recv(RECEIVE_BYTES)
            if not chunk:
                return False
            with self._state:
                self._talker = session
                if len(self._received) < RECEIVED_BYTES_MAX:
                    self._received += chunk
                self._state.notify_all()
            self.emulated.receive(chunk)
        if self._talker is session and not hung:
            answers = self.emulated.take_answers()
            if answers:
                session.sendall(answers)
        self._collect()
        with self._state:
            return self._listener is not None

    def _ring(self) -> None:
        with self._state:
            bells = list(self._sessions.values())
        for bell in bells:
            bell.ring()
        self._collect()

    def _collect(self) -> None:
        with self._state:
            for page in self.emulated.take_pages():
                number = self._pages_before + len(self._pages) + 1
                stem = None if self.folder is None else self.folder / f"page-{number:04d}"
                printed = PrintedPage(number, page.text(), page.raw, page, stem)
                self._pages.append(printed)
                if stem is not None:
                    self._to_write.put(printed)
            self._state.notify_all()

    def _write_pages(self) -> None:
        painter = GlyphPainter(bundled_fonts())
        while (printed := self._to_write.get()) is not None:
            assert printed.stem is not None
            _write(printed.stem.with_suffix(".bin"), printed.raw)
            _write(printed.stem.with_suffix(".txt"), printed.text.encode("utf-8"))
            # The picture comes last: who sees it finds the other two.
            _write(printed.stem.with_suffix(".png"), page_png(printed.page, painter, paper=True))


class _Bell:
    """Wakes a session that waits in select."""

    def __init__(self) -> None:
        self.ear, self._hammer = socket.socketpair()
        self.ear.setblocking(False)
        self._hammer.setblocking(False)

    def ring(self) -> None:
        with contextlib.suppress(OSError):  # full is rung enough, closed is over
            self._hammer.send(b"!")

    def silence(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self.ear.recv(4096)

    def close(self) -> None:
        self.ear.close()
        self._hammer.close()


def _last_number(folder: Path) -> int:
    found = (re.fullmatch(r"page-(\d+)", path.stem) for path in folder.iterdir())
    return max((int(match.group(1)) for match in found if match is not None), default=0)


def _write(path: Path, content: bytes) -> None:
    """Nobody ever sees half a file."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


def _controls(printer: VirtualPrinter) -> dict[str, Callable[[], None]]:
    return {
        "paper out": printer.run_out_of_paper,
        "paper in": printer.load_paper,
        "paper low": printer.paper_low,
        "cover open": printer.open_cover,
        "cover close": printer.close_cover,
        "hang": printer.hang,
        "recover": printer.recover,
        "mute": printer.mute,
        "talk": lambda: printer.mute(False),
        "off": printer.go_off,
        "on": printer.come_on,
        "tear": printer.tear_off,
    }


def main(arguments: list[str] | None = None) -> int:
    """The command line; runs until it is interrupted or reads `quit`."""
    parser = argparse.ArgumentParser(prog="python -m demo.virtual_printer", description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--folder", type=Path, default=Path("printed"))
    parser.add_argument("--profile", default=DEFAULT_PROFILE.name, help=", ".join(PROFILES))
    parser.add_argument("--sessions", type=int, default=1, help="connections served at a time")
    options = parser.parse_args(arguments)
    try:
        printer = VirtualPrinter(
            port=options.port,
            folder=options.folder,
            host=options.host,
            model=profile(options.profile),
            sessions=options.sessions,
        )
        printer.start()
    except UnknownProfile as problem:
        print(f"{problem.user_message} / {problem.user_message_en}", file=sys.stderr)
        return 2
    except OSError as problem:
        print(f"포트 {options.port}를 열 수 없어요. / Cannot open port {options.port}: {problem}", file=sys.stderr)
        return 1
    print(f"가상 프린터 / virtual printer: {printer.host}:{printer.port} → {options.folder}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        _obey(printer)
    printer.stop()
    return 0


def _obey(printer: VirtualPrinter) -> None:
    controls = _controls(printer)
    for line in sys.stdin:
        word = " ".join(line.split()).lower()
        if word == "quit":
            return
        if word in controls:
            controls[word]()
            print(f"ok: {word}", flush=True)
        elif word:
            print("명령 / commands: " + ", ".join([*controls, "quit"]), flush=True)
    while True:  # started without a keyboard: serve until interrupted
        time.sleep(3600)


if __name__ == "__main__":
    sys.exit(main())
