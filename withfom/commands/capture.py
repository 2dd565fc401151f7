"""``withfom capture``: stands between the shop's POS and its receipt printer."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket
    import threading
    from collections.abc import Callable

    from printers.capture.ends import Address, Entrance, Printer
    from printers.capture.follower import Follower
    from printers.capture.pump import Network
    from printers.capture.serial_side import SerialPort

EXIT_USAGE = 2
STARTS_MAX = 3  # a child that never comes up, three times: the cause will not go away


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "capture",
        help="영수증 수집: pass every byte from the POS to the printer and read the receipts",
        description="Passes every byte between POS and printer on, unchanged, and hands the receipts over as files. "
        "인쇄는 프로그램 화면이 꺼져 있어도 계속돼요.",
    )
    parser.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="serve what the counter's page has saved in this file, and follow its changes; without any option the "
        "file in the agent's own folder",
    )
    parser.add_argument("--listen", metavar="HOST:PORT|serial:PORT", help="where the POS prints to")
    parser.add_argument(
        "--printer",
        metavar="HOST:PORT|serial:PORT|usb:DEVICE|cups:QUEUE|windows:QUEUE",
        help="the real receipt printer; serial ports as serial:COM3@9600,8N1, Linux USB as usb:/dev/usb/lp0",
    )
    parser.add_argument("--spool", type=Path, metavar="DIR", help="where documents are handed over")
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="CIDR",
        help="also let this network print, e.g. 192.168.0.0/24, or the word private; this machine always may",
    )
    parser.add_argument("--till", default="1", metavar="NAME", help="the till this POS belongs to (default 1)")
    parser.add_argument("--no-supervisor", action="store_true", help="serve in this process; nobody restarts it")
    parser.add_argument("--supervised", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--listen-handle", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--reader", action="store_true", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Serves until SIGTERM or Ctrl-C, then answers 0. 2 for addresses that cannot be used."""
    import logging

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    if args.reader:
        return _read(args)
    if args.listen is None and args.printer is None:
        return _from_settings(args)
    missing = [name for name in ("listen", "printer", "spool") if getattr(args, name) is None]
    if missing:
        return _refused(f"--{missing[0]} 값이 필요해요.", f"--{missing[0]} is missing.")
    return _start(args, None)


def _start(args: argparse.Namespace, follower: Follower | None) -> int:
    from printers.capture.ends import Address
    from printers.capture.named import parse_entrance, parse_networks, parse_printer

    listen, printer = parse_entrance(args.listen), parse_printer(args.printer)
    if listen is None:
        return _refused(
            f"--listen 주소가 올바르지 않아요: {args.listen} (예: 127.0.0.1:9100, serial:COM3@9600)",
            f"--listen is neither HOST:PORT nor serial:PORT: {args.listen}",
        )
    if printer is None:
        return _refused(
            f"--printer 주소가 올바르지 않아요: {args.printer} "
            "(예: 192.168.0.50:9100, serial:COM4@9600, usb:/dev/usb/lp0, cups:till, windows:till)",
            f"--printer is neither HOST:PORT, serial:PORT, usb:DEVICE nor a queue: {args.printer}",
        )
    allowed = parse_networks(args.allow)
    if isinstance(allowed, str):
        return _refused(f"--allow 값이 올바르지 않아요: {allowed}", f"--allow is not a network: {allowed}")
    if not _usable(args.spool):
        return _refused(f"폴더에 쓸 수 없어요: {args.spool}", f"Cannot write to the spool folder: {args.spool}")
    if isinstance(listen, Address):
        return _on_the_network(listen, printer, allowed, args, follower)
    return _on_a_cable(listen, printer, allowed, args, follower)


def _from_settings(args: argparse.Namespace) -> int:
    """Serve what the file says, then what it says next. 0 when it says that capture is off."""
    from agent.launch import CAPTURE_NAME, SPOOL_NAME, default_folder
    from printers.capture.follower import Follower
    from printers.capture.settings import Unread, read_settings

    args.settings = (args.settings or default_folder() / CAPTURE_NAME).absolute()
    args.spool = (args.spool or args.settings.parent / SPOOL_NAME).absolute()
    found = read_settings(args.settings)
    if isinstance(found, Unread):
        korean, english = _UNREAD[found.value]
        return _refused(f"{korean} {args.settings}", f"{english} {args.settings}")
    follower, status = Follower(args.settings, found, args.spool), 0
    while (now := follower.served).on:
        args.listen, args.printer, args.till, args.allow = now.listen, now.printer, now.till, list(now.allow)
        status = _start(args, follower)
        if not follower.go_on():
            return status
    follower.drop_listener()
    return 0


_UNREAD = {
    "missing": (
        "설정 파일이 없어요. 프로그램의 '프린터·기기' 화면에서 설정하거나 --listen, --printer, --spool을 쓰세요:",
        "No settings file. Set it up on the counter's page, or give --listen, --printer and --spool:",
    ),
    "broken": ("설정 파일을 읽을 수 없어요:", "The settings file cannot be read:"),
    "newer": ("더 새로운 프로그램이 쓴 설정 파일이에요:", "A newer program wrote this settings file:"),
}


def _on_the_network(
    listen: Address, printer: Printer, allowed: tuple[Network, ...], args: argparse.Namespace, follower: Follower | None
) -> int:
    from printers.capture.ends import NetworkEntrance, listen_on

    try:
        if args.listen_handle is not None:
            listener = _inherited(args.listen_handle)
        else:
            listener = follower.listener(listen) if follower is not None else listen_on(listen)
    except OSError as error:
        return _refused(
            f"{listen} 주소를 쓸 수 없어요. 다른 프로그램이 쓰고 있거나 이 컴퓨터 주소가 아니에요. ({error.strerror})",
            f"Cannot listen on {listen}: it is in use or not an address of this machine. ({error.strerror})",
        )
    if args.supervised or args.no_supervisor:
        return _serve(NetworkEntrance(listener), printer, allowed, args)
    return _supervise(listener, args, follower)


def _on_a_cable(
    listen: SerialPort,
    printer: Printer,
    allowed: tuple[Network, ...],
    args: argparse.Namespace,
    follower: Follower | None,
) -> int:
    """A port that is not there yet may be plugged in later: said once, then waited for."""
    from printers.capture.ends import SerialEntrance

    if args.supervised or args.no_supervisor:
        return _serve(SerialEntrance(listen), printer, allowed, args)
    try:
        listen.open().close()
    except OSError as error:
        print(f"{listen} 포트를 아직 열 수 없어요. 연결되면 시작해요. ({error})", file=sys.stderr)
        print(f"Cannot open {listen} yet; waiting for it. ({error})", file=sys.stderr)
    return _supervise(None, args, follower)


def _inherited(handle: int) -> socket.socket:
    import socket

    return socket.socket(fileno=handle)


def _refused(korean: str, english: str) -> int:
    print(korean, file=sys.stderr)
    print(english, file=sys.stderr)
    return EXIT_USAGE


def _usable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def _serve(entrance: Entrance, printer: Printer, allowed: tuple[Network, ...], args: argparse.Namespace) -> int:
    import threading
    import time

    from printers.capture.service import CaptureService
    from printers.capture.supervisor import READY_WORD

    sys.setswitchinterval(0.0005)  # a thread with a POS's bytes waits half a millisecond for the others, not five
    service = CaptureService(
        entrance,
        printer,
        args.spool,
        till=args.till,
        wall_ms=_wall_ms,
        monotonic=time.monotonic,
        reader_command=[*_own_command(args), "--reader"],
        reader_options=_child_options(),
        allowed=allowed,
        settings=str(args.settings or ""),
    )
    stopping = threading.Event()
    _on_signals(stopping.set)
    if args.supervised:
        threading.Thread(target=_until_input_ends, args=(stopping,), name="capture-parent", daemon=True).start()
    ready = READY_WORD if args.supervised else _ready_line(service.name, args)
    serving = threading.Thread(
        target=service.serve, kwargs={"on_ready": lambda: print(ready, flush=True)}, name="capture-accept", daemon=True
    )
    serving.start()
    while not stopping.wait(0.5) and serving.is_alive():
        pass
    service.stop()
    serving.join(2.0)
    return 0 if stopping.is_set() else 1


def _read(args: argparse.Namespace) -> int:
    """The reader process: frames on standard input, figures on standard output."""
    import time
    import uuid

    from printers.capture.copies import CopyReader
    from printers.capture.counters import Counters
    from printers.capture.link import serve_reader

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # it ends when the pump ends
    if hasattr(os, "nice"):
        os.nice(5)  # printing comes before reading
    counters = Counters()
    reader = CopyReader(
        args.spool,
        source=args.till,
        counters=counters,
        wall_ms=_wall_ms,
        monotonic=time.monotonic,
        new_id=lambda: str(uuid.uuid4()),
    )
    serve_reader(sys.stdin.buffer, sys.stdout.buffer, reader, counters, time.monotonic)
    return 0


def _wall_ms() -> int:
    import time

    return time.time_ns() // 1_000_000


def _own_command(args: argparse.Namespace) -> list[str]:
    """How to start this command again with the same addresses."""
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "withfom"]
    command = [*program, "capture", "--listen", args.listen, "--printer", args.printer, "--spool", str(args.spool)]
    command += ["--till", args.till]
    for network in args.allow:
        command += ["--allow", network]
    return [*command, "--settings", str(args.settings)] if args.settings else command


def _child_options() -> dict[str, Any]:
    """A child finds this very program, and opens no console window on Windows."""
    import subprocess

    import withfom

    root = str(Path(withfom.__file__).parent.parent)
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environment.get("PYTHONPATH"))))
    options: dict[str, Any] = {"env": environment}
    no_window = getattr(subprocess, "CREATE_NO_WINDOW", None)
    if no_window is not None:
        options["creationflags"] = no_window
    return options


def _until_input_ends(stopping: threading.Event) -> None:
    """The supervisor holds our input open; when it ends or dies, so do we."""
    with contextlib.suppress(OSError):
        while os.read(0, 64):
            pass
    stopping.set()


def _supervise(listener: socket.socket | None, args: argparse.Namespace, follower: Follower | None) -> int:
    """Without a listener the POS is on a cable, and the child opens the port itself."""
    import threading

    from printers.capture.ends import Address
    from printers.capture.supervisor import Supervisor

    options = _child_options()
    if listener is not None:
        host, port = listener.getsockname()[:2]
        args.listen = str(Address(host, port))
    command = [*_own_command(args), "--supervised"]
    if listener is not None and os.name == "posix":
        # The child serves our socket: a POS that calls while it restarts waits in its queue.
        listener.set_inheritable(True)
        command += ["--listen-handle", str(listener.fileno())]
        options["pass_fds"] = (listener.fileno(),)
    elif listener is not None:
        listener.close()  # it was only to see that the address is free
    first = threading.Event()

    def ready() -> None:
        if not first.is_set():
            first.set()
            print(_ready_line(args.listen, args), flush=True)

    supervisor = Supervisor(command, options=options, on_ready=ready)
    if follower is None:
        _on_signals(supervisor.stop)
        status = supervisor.run(starts_max=STARTS_MAX)
        if listener is not None:
            listener.close()
        return status

    def end() -> None:
        follower.ended.set()
        supervisor.stop()

    _on_signals(end)
    if follower.ended.is_set():  # between two of them
        return 0
    follower.start(supervisor.stop)
    status = supervisor.run(starts_max=STARTS_MAX)
    follower.stop()
    return status


def _ready_line(address: str, args: argparse.Namespace) -> str:
    return f"영수증 수집 준비됨 · capture ready: {address} -> {args.printer} · {args.spool}"


def _on_signals(stop: Callable[[], None]) -> None:
    """SIGTERM and Ctrl-C end everything in order."""
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(ValueError):  # not the main thread: a test drives us
            signal.signal(number, lambda _number, _frame: stop())
