"""Owns the shop's own slip templates, its logo, and which slips print by themselves. Kept in the local store."""

from __future__ import annotations

import base64
import io
import threading
from typing import Final

from agent.dispatch import Listeners
from agent.logbook import topic
from printers.errors import BadDocument
from printers.slip_kinds import KINDS, Templates, bundled_text, read_template
from sync.store import Store, set_meta

TEXT_SETTING = "printing.template."  # meta: the kind follows
LOGO_SETTING = "printing.logo"  # meta: PNG in base64
# meta, by kind: "1" while these slips print by themselves. Each costs paper, so that none does before a shop wants it.
BY_ITSELF_SETTINGS: Final = {
    "points": "printing.points_slip",
    "claim": "printing.claim_slip",
    "coupon": "printing.coupon_slip",
}
LOGO_DOTS_MAX = 504  # no paper of ours is wider, and a bigger picture would only slow every slip down
log = topic("print")


class SlipTemplates:
    """Thread-safe. `current` costs nothing: it is called inside transactions that print."""

    def __init__(self, store: Store) -> None:
        self.listeners = Listeners()
        self._store = store
        self._lock = threading.Lock()
        self._texts: dict[str, str] = {}
        for kind in KINDS:
            text = store.meta(TEXT_SETTING + kind)
            if text is not None:
                self._texts[kind] = text
        self._by_itself = {kind for kind, key in BY_ITSELF_SETTINGS.items() if store.meta(key) == "1"}
        self._logo = _decoded(store.meta(LOGO_SETTING))
        self._current = Templates(dict(self._texts), self._logo)

    @property
    def current(self) -> Templates:
        """What slips are made with from now on."""
        return self._current

    def text(self, kind: str) -> str:
        """The template in force: the shop's own, or ours."""
        return self._texts.get(kind) or bundled_text(kind)

    def is_own(self, kind: str) -> bool:
        return kind in self._texts

    def save(self, kind: str, text: str) -> None:
        """The shop's own template from now on. Raises BadTemplate and keeps the one in use."""
        read_template(kind, text)
        self._keep({TEXT_SETTING + kind: None if text == bundled_text(kind) else text})

    def reset(self, kind: str) -> None:
        """Ours again."""
        self._keep({TEXT_SETTING + kind: None})

    @property
    def logo(self) -> bytes | None:
        return self._logo

    def set_logo(self, picture: bytes | None) -> None:
        """The shop's logo on every slip with [LOGO]; any PNG or JPEG. Raises BadDocument for anything else."""
        self._keep({LOGO_SETTING: None if picture is None else base64.b64encode(_as_logo(picture)).decode("ascii")})

    def prints_by_itself(self, kind: str) -> bool:
        """Whether a slip of this kind comes without anybody pressing for it: ``points`` with every earn, ``claim``
        with every receipt that met no number, ``coupon`` with every coupon that the cloud gives at this counter."""
        return kind in self._by_itself

    def set_prints_by_itself(self, kind: str, on: bool) -> None:
        self._keep({BY_ITSELF_SETTINGS[kind]: "1" if on else None})

    def _keep(self, values: dict[str, str | None]) -> None:
        with self._lock:
            with self._store.transaction() as conn:
                for key, value in values.items():
                    set_meta(conn, key, value)
            for key, value in values.items():
                self._take(key, value)
            self._current = Templates(dict(self._texts), self._logo)
        log.event("slips_changed", what=",".join(values))
        self.listeners.notify()

    def _take(self, key: str, value: str | None) -> None:
        if key == LOGO_SETTING:
            self._logo = _decoded(value)
        elif key in BY_ITSELF_SETTINGS.values():
            self._by_itself = {kind for kind in self._by_itself if BY_ITSELF_SETTINGS[kind] != key}
            if value == "1":
                self._by_itself |= {kind for kind, name in BY_ITSELF_SETTINGS.items() if name == key}
        elif value is None:
            self._texts.pop(key.removeprefix(TEXT_SETTING), None)
        else:
            self._texts[key.removeprefix(TEXT_SETTING)] = value


def _decoded(text: str | None) -> bytes | None:
    return base64.b64decode(text) if text else None


def _as_logo(picture: bytes) -> bytes:
    """A PNG no wider than the paper. Raises BadDocument when it is no picture."""
    import PIL.Image

    from printers.raster import PICTURE_PIXELS_MAX

    try:
        with PIL.Image.open(io.BytesIO(picture), formats=["PNG", "JPEG"]) as opened:
            if opened.width * opened.height > PICTURE_PIXELS_MAX:
                raise BadDocument("a logo has too many pixels")
            shown = opened.convert("RGBA")
    except (OSError, SyntaxError, ValueError) as problem:
        raise BadDocument("not a readable picture") from problem
    if shown.width > LOGO_DOTS_MAX:
        shown = shown.resize((LOGO_DOTS_MAX, max(1, shown.height * LOGO_DOTS_MAX // shown.width)))
    out = io.BytesIO()
    shown.save(out, "PNG")
    return out.getvalue()
