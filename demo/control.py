"""Talks to the running agent: its LAN API, and the remote control that exists in demo mode only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx


class AgentControl:
    """One agent, found through the ``lan.json`` that it writes into its folder."""

    def __init__(self, folder: Path) -> None:
        found = json.loads((folder / "lan.json").read_text("utf-8"))
        base_url = f"http://127.0.0.1:{found['port']}"
        self.tablet_url = f"{base_url}/tablet/"
        self._client = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {found['token']}"},
            timeout=15.0,
            trust_env=False,
        )

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, **params: str) -> Any:
        """GET a JSON answer; raises httpx.HTTPStatusError on anything but success."""
        answer = self._client.get(path, params=params)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """POST a JSON body; raises httpx.HTTPStatusError on anything but success."""
        answer = self._client.post(path, json=body or {})
        answer.raise_for_status()
        return answer.json()

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/v1/status")
        return found

    def tap(self, name: str) -> bool:
        """Press the visible widget of that object name with the mouse; False when there is none to press."""
        answer = self._client.post("/v1/demo/tap", json={"object": name})
        if answer.status_code == httpx.codes.NOT_FOUND or answer.status_code == httpx.codes.CONFLICT:
            return False
        answer.raise_for_status()
        return True

    def type(self, name: str, text: str) -> bool:
        """Type into the visible field of that object name; False when there is none."""
        answer = self._client.post("/v1/demo/type", json={"object": name, "text": text})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return False
        answer.raise_for_status()
        return True

    def screen_state(self) -> dict[str, Any]:
        """What every view-model shows right now."""
        found: dict[str, Any] = self.get("/v1/demo/state")
        return found

    def picture(self, window: str) -> bytes:
        """A PNG of one window: ``counter``, ``tablet`` or ``popups``."""
        answer = self._client.get("/v1/demo/screen", params={"window": window})
        answer.raise_for_status()
        return answer.content
