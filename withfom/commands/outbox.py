"""``withfom outbox``: takes what is unsent out of a device in a sealed file, and brings it back."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sync.outbox import Cipher
    from sync.store import Store

PASSPHRASE_ENV = "WITHFOM_OUTBOX_PASSPHRASE"
EXIT_FAILED = 1
EXIT_USAGE = 2


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "outbox",
        help="미전송 기록 내보내기·가져오기 · export or import what is unsent",
        description="전송되지 않은 기록을 암호로 잠근 파일로 옮겨요. Moves unsent records in a sealed file. The agent "
        f"must not be running. The passphrase is asked for, or read from {PASSPHRASE_ENV}.",
    )
    parser.add_argument("action", choices=("export", "import"))
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="the agent's folder; its usual place when left out")


def run(args: argparse.Namespace) -> int:
    """0 when it was done, 1 when it could not be, 2 for a passphrase that is too short."""
    from agent.launch import default_folder
    from sync.clock import SystemClock
    from sync.enroll import load_device
    from sync.errors import NotEnrolled
    from sync.outbox_file import PASSPHRASE_MIN
    from sync.secrets import DeviceVault
    from sync.store import Store

    folder: Path = (args.folder or default_folder()).absolute()
    passphrase = _passphrase(twice=args.action == "export")
    if passphrase is None or len(passphrase) < PASSPHRASE_MIN:
        return _say_error(
            f"암호는 {PASSPHRASE_MIN}자 이상이어야 하고 두 번 같아야 해요.",
            f"The passphrase needs {PASSPHRASE_MIN} characters or more, the same twice.",
            EXIT_USAGE,
        )
    if not (folder / "agent.sqlite3").exists():
        return _say_error(f"에이전트 폴더가 아니에요: {folder}", f"No agent's folder: {folder}", EXIT_FAILED)
    with Store.open(folder, clock=SystemClock()) as store:
        device = load_device(store, DeviceVault(folder))
        if device is None:
            raise NotEnrolled("no identity")
        if args.action == "export":
            return _export(store, args.file, passphrase, device.cipher)
        return _import(store, args.file, passphrase, device.cipher)


def _export(store: Store, path: Path, passphrase: str, cipher: Cipher) -> int:
    from sync.outbox_file import export_outbox

    done = export_outbox(store, path.absolute(), passphrase, cipher=cipher)
    print(f"미전송 기록 {done.written}건을 내보냈어요: {path}")
    print(f"{done.written} unsent records exported: {path}")
    if done.unreadable:
        return _say_error(
            f"읽을 수 없는 기록 {done.unreadable}건은 빠졌어요.", f"{done.unreadable} could not be read.", EXIT_FAILED
        )
    return 0


def _import(store: Store, path: Path, passphrase: str, cipher: Cipher) -> int:
    from sync.outbox_file import ForeignStore, import_outbox

    done = import_outbox(store, path.absolute(), passphrase, cipher=cipher)
    if isinstance(done, ForeignStore):
        return _say_error(
            "다른 매장의 파일이에요. 아무것도 바뀌지 않았어요.",
            "The file is of another store; nothing was changed.",
            EXIT_FAILED,
        )
    print(f"{done.taken}건을 가져왔고 {done.known}건은 이미 있었어요.")
    print(f"{done.taken} records imported, {done.known} were known.")
    return 0


def _passphrase(*, twice: bool) -> str | None:
    """None when the two did not match."""
    given = os.environ.get(PASSPHRASE_ENV)
    if given is not None:
        return given
    import getpass

    first = getpass.getpass("암호 · passphrase: ")
    if twice and getpass.getpass("다시 · again: ") != first:
        return None
    return first


def _say_error(korean: str, english: str, code: int) -> int:
    print(korean, file=sys.stderr)
    print(english, file=sys.stderr)
    return code
