"""What the reading of a receipt says of a sale beside its payment, as far as it is sure (STP-10, STP-11, PNT-22)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from rules.programs import EarningProgram
from rules.sale import Item, PayMeans
from rules.stamps import StampBasis

UNLISTED = "unlisted"  # something that is not on the menu by that name: it is bought, and is no product of a condition
ITEMS_MAX = 100  # of a longer receipt none are told
QUANTITY_MAX = 1_000

# As the reader names what was paid with. A card and a phone are one means; what a gift is worth elsewhere is no cash.
_MEANS = {
    "card": PayMeans.CARD,
    "easy_pay": PayMeans.CARD,
    "cash": PayMeans.CASH,
    "prepaid": PayMeans.PREPAID,
    "voucher": PayMeans.MOBILE_VOUCHER,
    "transfer": PayMeans.OTHER,
    "app_prepaid": PayMeans.OTHER,
}


def asks_for_means(program: EarningProgram) -> bool:
    """Whether it matters how a payment was made (STP-11, PNT-22)."""
    return bool(program.bonus_bp) or (program.stamps is not None and program.stamps.means is not None)


def asks_for_items(program: EarningProgram) -> bool:
    """Whether it matters what was bought (STP-08, STP-10)."""
    stamps = program.stamps
    by_item = (StampBasis.ITEMS, StampBasis.CONDITION_ITEMS)
    return stamps is not None and (stamps.products is not None or stamps.basis in by_item)


def means_of(reading: Mapping[str, Any]) -> PayMeans | None:
    """How all of it was paid; None where the reader does not know, where there were several, and for gift cards, which
    may be local currency or not."""
    payments = reading.get("payments")
    if not isinstance(payments, list) or not all(isinstance(one, dict) for one in payments):
        return None
    found = {_MEANS.get(str(one.get("method"))) for one in payments}
    return found.pop() if len(found) == 1 else None


def items_of(reading: Mapping[str, Any], menu: Mapping[str, str]) -> tuple[Item, ...]:
    """What was bought, by the ids of ``menu`` (``by_name``); empty where the reader could not prove it. What cost
    nothing is no purchase."""
    items = reading.get("items")
    if not isinstance(items, list) or len(items) > ITEMS_MAX or not all(isinstance(one, dict) for one in items):
        return ()
    found = []
    for one in items:
        name, quantity, amount = (one.get(field) for field in ("name", "qty", "amount"))
        if not _is_whole(quantity) or not _is_whole(amount):
            return ()
        if quantity < 1 or quantity > QUANTITY_MAX:
            return ()
        if amount > 0:
            found.append(Item(menu.get(_plain(str(name)), UNLISTED), quantity))
    return tuple(found)


def by_name(menu: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Ids by names as papers write them, out of (id, name); a name that two products share says nothing."""
    found: dict[str, str] = {}
    shared: set[str] = set()
    for menu_id, name in menu:
        plain = _plain(name)
        if not plain or plain in found:
            shared.add(plain)
        found[plain] = menu_id
    return {name: menu_id for name, menu_id in found.items() if name not in shared}


def _plain(name: str) -> str:
    """Without blanks, signs, widths and letter case."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
