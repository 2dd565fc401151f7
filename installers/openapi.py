"""Owns docs/openapi.json: `python -m installers.openapi` writes it, and the client that is made from it; `--check` says
whether the cloud still matches."""

from __future__ import annotations

import difflib
import json
import sys
import tempfile
from pathlib import Path

from cloud_api.app import create_app, openapi_document
from cloud_api.settings import Settings
from installers import client

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


def current() -> str:
    """The document of the code as it stands, in a form whose differences can be read."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings.for_folder(Path(folder)))
        try:
            document = openapi_document(app)
        finally:
            app.state.cloud.database.close()
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main(arguments: list[str]) -> int:
    """Writes the document, or with --check shows where the kept one differs and returns 1."""
    fresh = current()
    if "--check" not in arguments:
        DOCUMENT.write_text(fresh, encoding="utf-8")
        print(f"wrote {DOCUMENT.name}: {fresh.count('operationId')} operations")
        return client.main([])  # what is made from it goes with it
    kept = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
    if kept == fresh:
        print(f"{DOCUMENT.name}: up to date")
        return 0
    lines = difflib.unified_diff(kept.splitlines(), fresh.splitlines(), "kept", "code", n=1, lineterm="")
    print("\n".join(list(lines)[:60]))
    print(f"{DOCUMENT.name} differs from the code; run python -m installers.openapi")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
