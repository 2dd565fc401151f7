"""`python -m tests.agent.screens.manual`: the pictures of docs/manual, painted by the real screens."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

FOLDER = Path(__file__).parents[3] / "docs" / "manual"
WINDOW = (1366, 768)
TABLET = (1280, 800)
# By scene of the counter's window, and by state of a page or of the customer's screen.
OF_THE_WINDOW = ("home", "home-reject", "home-recover", "home-offline", "home-told", "orders", "orders-sold-out")
ALSO_OF_THE_WINDOW = ("menu", "pin-duty", "settings", "stock", "stock-odd", "stock-order")
MORE_OF_THE_WINDOW = ("orders-later", "rewards-held", "rewards-used-before", "uses", "boards")
OF_PAGES = (
    "08-receipts-question",
    "08-receipts-to-check",
    "07-rooms-three",
    "07-doctor-text",
    "18-people",
    "19-pos-card",
)
OF_THE_TABLET = ("12-idle", "13-keypad", "14-earned", "15-amount", "17-slip")


def paint(scratch: Path) -> Iterator[tuple[str, QImage]]:
    """Names and pictures, in Korean and by day."""
    from tests.agent.screens.customer import PRINTER_STATES, RECEIPT_STATES, TABLET_STATES, Look, page_size
    from tests.agent.screens.listening import LISTENING_STATES
    from tests.agent.screens.looks import gone, on_screen, picture
    from tests.agent.screens.people import PEOPLE_STATES
    from tests.agent.screens.scenes import SCENES, make_world, opened, settle, show_page

    scenes = {scene.name: scene for scene in SCENES}
    for name in (*OF_THE_WINDOW, *ALSO_OF_THE_WINDOW, *MORE_OF_THE_WINDOW):
        scene = scenes[name]
        with opened(make_world(scratch, "light", "ko", **scene.shop)) as world:
            window = show_page(world, scene.page, WINDOW)
            scene.prepare(world)
            settle()
            yield name, window.grab().toImage()
    pages = {**RECEIPT_STATES, **PRINTER_STATES, **PEOPLE_STATES, **LISTENING_STATES}
    states = [(name, pages[name], page_size(WINDOW)) for name in OF_PAGES]
    states += [(name, TABLET_STATES[name], TABLET) for name in OF_THE_TABLET]
    for name, build, size in states:
        host = on_screen(build(Look("light", "ko")), size)
        yield name, picture(host)
        gone(host)


def main() -> int:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication([])
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for name, shot in paint(Path(scratch)):
            if not shot.convertToFormat(QImage.Format.Format_RGB32).save(str(FOLDER / f"{name}.png"), quality=0):
                raise OSError(f"cannot write {name}")
    sys.stdout.write(f"{FOLDER}\n")
    app.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
