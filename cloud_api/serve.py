"""Running the application on a socket until it is told to stop."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

import uvicorn
from fastapi import FastAPI

from cloud_api.errors import StartError
from cloud_api.gateway.hub import Hub

log = logging.getLogger("cloud")

# Open streams end by themselves at once; this is for a caller that hangs in the middle of something.
SHUTDOWN_S = 1
BACKLOG = 2048
GARBAGE_EVERY = 50_000  # records made and not freed, at which cycles are looked for
# A call waits so long for a thread that computes, and not five milliseconds each time it comes back from the database.
SWITCH_S = 0.0005
IDLE_CONNECTION_S = 75  # longer than the agents' pauses, so that they keep their connection


class CloudServer(uvicorn.Server):
    """A uvicorn that says when it is ready and ends open streams before it waits for connections."""

    def __init__(self, config: uvicorn.Config, hub: Hub, on_ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._hub = hub
        self._on_ready = on_ready

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        if self.started and not self.should_exit:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            self._on_ready(f"http://{shown}:{port}")

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        self._hub.close()
        await super().shutdown(sockets)


def listening_socket(host: str, port: int) -> socket.socket:
    """A bound socket that several processes accept from. Raises StartError."""
    try:
        return socket.create_server((host, port), family=_family(host), backlog=BACKLOG)
    except OSError as error:
        raise _cannot_listen(host, port) from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _cannot_listen(host: str, port: int) -> StartError:
    return StartError(f"{host}:{port} 에서 시작할 수 없습니다 / cannot listen on {host}:{port}")


def _settle_memory() -> None:
    """What is loaded stays for good and is not searched for garbage; neither is each push while it is being read.

    A push makes some thousand records that all go when it is answered. Looking through them and the whole program
    every 700 records took a quarter of its processor time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_EVERY, 20, 50)


def server_config(app: FastAPI, host: str, port: int) -> uvicorn.Config:
    """No header says where a call comes from, unless a proxy of the operator's wrote it: believed of anybody, it would
    let a caller choose an address of its own."""
    proxies = app.state.cloud.settings.trusted_proxies
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="auto",
        http="auto",
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        log_config=None,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        server_header=False,
        timeout_keep_alive=IDLE_CONNECTION_S,
        timeout_graceful_shutdown=SHUTDOWN_S,
        backlog=BACKLOG,
    )


def run(
    app: FastAPI, *, host: str, port: int, on_ready: Callable[[str], None], shared: socket.socket | None = None
) -> None:
    """Serves until SIGTERM or SIGINT, on ``shared`` when given. Raises StartError when it cannot listen or start."""
    server = CloudServer(server_config(app, host, port), app.state.cloud.hub, on_ready)
    _settle_memory()
    sys.setswitchinterval(SWITCH_S)
    # uvicorn raises the signal again when it has ended; to be told to stop is not a failure of this process.
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        server.run(sockets=None if shared is None else [shared])
    except SystemExit as error:
        raise _cannot_listen(host, port) from error
    except KeyboardInterrupt:
        log.info("server_stopped signal=%s", signal.SIGINT.name)
    finally:
        signal.signal(signal.SIGTERM, before)
    if not server.started:
        raise StartError("서버를 시작할 수 없습니다 / the server could not start")
