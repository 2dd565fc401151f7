"""A printer without a mechanism: reads everything and answers status questions at once. The peer of capture_latency."""

from __future__ import annotations

import contextlib
import re
import socket
import sys
import threading

_ASK = re.compile(rb"\x10\x04[\x01-\x04]")
READY = b"\x12"


def serve(listener: socket.socket) -> None:
    """Serves every connection on a thread of its own until the process is stopped."""
    while True:
        session, _ = listener.accept()
        threading.Thread(target=_talk, args=(session,), daemon=True).start()


def _talk(session: socket.socket) -> None:
    session.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with session, contextlib.suppress(ConnectionError):
        rest = b""
        while chunk := session.recv(65536):
            rest += chunk
            asked = len(_ASK.findall(rest))
            rest = _ASK.sub(b"", rest)[-2:]  # a question may be cut in two
            if asked:
                session.sendall(READY * asked)


def main(arguments: list[str]) -> None:
    """Listens on the port given as the only argument."""
    with socket.create_server(("127.0.0.1", int(arguments[0]))) as listener:
        print("ready", flush=True)
        serve(listener)


if __name__ == "__main__":
    main(sys.argv[1:])
