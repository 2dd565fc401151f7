"""``withfom agent``: the counter, the customer's screen and everything behind them."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from withfom import VERSION


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "agent",
        help="카운터 화면을 켜요 · the counter and the customer's screen",
        description="카운터와 고객 화면을 켜요. Starts the counter and the customer's screen.",
    )
    parser.add_argument("--folder", type=Path, metavar="DIR", help="자료를 두는 폴더 · where everything is kept")
    parser.add_argument("--cloud", metavar="URL", help="클라우드 주소 · address of the cloud (https)")
    parser.add_argument("--printer", metavar="HOST:PORT", help="영수증 프린터, 기억해요 · receipt printer; remembered")
    parser.add_argument("--spool", type=Path, metavar="DIR", help="`withfom capture`의 폴더 · where it leaves receipts")
    parser.add_argument("--language", choices=("ko", "en"), help="화면 언어, 기억해요 · language; remembered")
    parser.add_argument("--theme", choices=("light", "dark"), help="화면 밝기, 기억해요 · remembered")
    parser.add_argument(
        "--tablet", choices=("window", "off"), default="window", help="고객 화면 · the customer's screen"
    )
    parser.add_argument(
        "--lan-port",
        type=int,
        default=0,
        metavar="PORT",
        help="태블릿이 쓰는 포트, 0은 아무거나 · port for tablets; any when 0",
    )
    parser.add_argument(
        "--demo", action="store_true", help="체험용 원격 조작 허용 · let a demonstration press the buttons"
    )
    parser.add_argument(
        "--headless", action="store_true", help="창 없이 · no windows, as on a machine without a display"
    )
    parser.add_argument(
        "--enroll-code", metavar="CODE", help="한 번 쓰는 매장 코드로 등록 · join a store with this one-time code"
    )
    parser.add_argument("--enroll-only", action="store_true", help="등록만 하고 끝내기 · join the store and end")


def run(args: argparse.Namespace) -> int:
    from agent.launch import AgentSettings, check_folder, check_port, default_folder, parse_cloud, parse_printer

    settings = AgentSettings(
        folder=(args.folder or default_folder()).absolute(),
        cloud_url=parse_cloud(args.cloud),
        printer=parse_printer(args.printer),
        spool=args.spool.absolute() if args.spool else None,
        language=args.language,
        theme=args.theme,
        tablet=args.tablet == "window",
        demo=args.demo,
        headless=args.headless or not _has_display(),
        enroll_code=args.enroll_code,
        lan_port=check_port(args.lan_port),
    )
    check_folder(settings.folder)
    if args.enroll_only:
        from agent.joining import enroll_only

        return enroll_only(settings)
    if settings.headless:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from agent.shell.process import run_agent

    return run_agent(settings, version=VERSION)


def _has_display() -> bool:
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
