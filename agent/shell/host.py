"""Runs the LAN API of this process: the shop's calls, the browser tablet and, in a demo, the remote control."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from agent.assets import assets_folder
from agent.bootstrap import Agent
from agent.lan.api import ApiServices, counter_routes
from agent.lan.file import read_lan_file
from agent.lan.http import Application, Reply, Request, Route, bearer
from agent.lan.late import late_routes
from agent.lan.server import LanServer
from agent.lan.status import status_of
from agent.lan.tablet import tablet_guard, tablet_routes
from agent.shell.dispatcher import QtDispatcher
from agent.shell.screens import Screens

TOKEN_BYTES = 16
SUMMON_S = 2.0


class LanHost:
    """One server; `start` may be called on any thread."""

    def __init__(self, agent: Agent, dispatcher: QtDispatcher, screens: Screens, *, version: str) -> None:
        self._agent, self._dispatcher, self._screens, self._version = agent, dispatcher, screens, version
        self._token = agent.ids.token(TOKEN_BYTES)
        self._session = agent.ids.token(TOKEN_BYTES)
        settings = agent.settings
        self._server = LanServer(
            folder=settings.folder, token=self._token, host=settings.lan_host, port=settings.lan_port
        )

    def start(self) -> int:
        """Answers the port. Raises OSError when it is taken."""
        self._server.start(
            lambda server: Application(routes=self._routes(), hosts=server.hosts, new_id=self._agent.ids.uuid7)
        )
        return self._server.port

    def stop(self) -> None:
        self._server.stop()

    def _routes(self) -> Iterable[Route]:
        agent, tool = self._agent, bearer(self._token)
        services = ApiServices(agent.approval, agent.orders, agent.receipts, lambda: status_of(agent, self._version))
        yield from counter_routes(services, tool)
        yield from late_routes(agent.late_earns, tool=tool, tablet=tablet_guard(self._session, tool))
        yield Route("POST", "/v1/show", self._show, tool)
        yield from tablet_routes(
            earn=agent.earn,
            spend=agent.spend,
            shown=self._shown,
            session=self._session,
            web=Path(__file__).resolve().parent.parent / "lan" / "web",
            fonts=assets_folder() / "fonts",
            guard=tablet_guard(self._session, tool),
        )
        if agent.settings.demo:
            from agent.shell.remote import remote_routes

            yield from remote_routes(agent, self._dispatcher, self._screens, tool)

    def _show(self, _request: Request) -> Reply:
        self._dispatcher.post(self._screens.bring_forward)
        return Reply({"shown": True})

    def _shown(self) -> dict[str, Any]:
        """What every browser tablet shows beside the offer."""
        link = self._agent.link
        return {
            "shop": link.shop(),
            "language": self._screens.texts.language,
            "rate_bp": link.told_rate_bp(),
            "online": link.online(),
            "slips": self._agent.late_earns.has_slips(),
        }


def summon(folder: Path) -> bool:
    """Ask the agent that already runs on this folder to come forward; False when it did not answer."""
    found = read_lan_file(folder)
    if found is None:
        return False
    port, token = found
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SUMMON_S)
    try:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", "/v1/show", json.dumps({}), headers)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
