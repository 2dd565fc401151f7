"""``withfom printers``: which printers there are, how they are, and what the profiles say. Prints nothing."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

EXIT_USAGE = 2


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "printers",
        help="프린터 찾기와 상태 · find printers and ask how they are",
        description="Without an address: finds printers on USB, serial lines, the network and the queues of this "
        "computer. With addresses: asks each for model and state. 아무것도 인쇄하지 않아요.",
    )
    parser.add_argument(
        "addresses",
        nargs="*",
        metavar="ADDRESS",
        help="192.168.0.31:9100, usb:/dev/usb/lp0, serial:COM3@9600, cups:QUEUE, windows:QUEUE",
    )
    parser.add_argument("--no-network", action="store_true", help="네트워크는 찾지 않기 · do not search the network")
    parser.add_argument("--profiles", action="store_true", help="프린터 종류 목록 · list the profiles")
    parser.add_argument("--json", action="store_true", help="JSON Lines")


def run(args: argparse.Namespace) -> int:
    """0 when something was found and every printer asked can print, else 1."""
    if args.profiles:
        return _profiles(as_json=args.json)
    if args.addresses:
        return _ask(args.addresses, as_json=args.json)
    return _find(network=not args.no_network, as_json=args.json)


def _say(found: dict[str, Any], line: str, *, as_json: bool) -> None:
    sys.stdout.write((json.dumps(found, ensure_ascii=False) if as_json else line) + "\n")


def _profiles(*, as_json: bool) -> int:
    from printers.profiles import PROFILES

    for profile in PROFILES.values():
        found = json.loads(profile.to_json())
        _say(found, f"{profile.name:<20}{profile.columns:>3}칸  {profile.label}", as_json=as_json)
    return 0


def _find(*, network: bool, as_json: bool) -> int:
    from printers.discovery import find_printers

    found = find_printers(network=network)
    for one in found:
        _say({"address": str(one.address), "label": one.label}, f"{one.address!s:<36}{one.label}", as_json=as_json)
    if not found:
        print("프린터를 찾지 못했어요. 전원과 케이블을 확인해 주세요.", file=sys.stderr)
        print("No printer was found. Check power and cable.", file=sys.stderr)
    return 0 if found else 1


def _ask(addresses: list[str], *, as_json: bool) -> int:
    from printers.devices.address import PrinterAddress, open_way
    from printers.devices.delivery import condition_of
    from printers.devices.port import NotAnswering
    from printers.doctor import family, model_of

    well = True
    for text in addresses:
        try:
            address = PrinterAddress.parse(text)
        except ValueError:
            print(f"프린터 주소가 아니에요: {text}", file=sys.stderr)
            print(f"Not a printer address: {text}", file=sys.stderr)
            return EXIT_USAGE
        way = open_way(address)
        condition = condition_of(way)
        model = model_of(way) if condition.can_print else ""
        name = "" if isinstance(model, NotAnswering) else model
        found = {"address": str(address), "state": condition.value, "model": name, "profile": family(name).name}
        _say(found, f"{address!s:<36}{condition.value:<16}{name or '-'}", as_json=as_json)
        well = well and condition.can_print
    return 0 if well else 1
