"""What a member's order earns once it went out (ORD-16, MNU-14)."""

from __future__ import annotations

import json
from typing import Any

from cloud_api.database import Work
from cloud_api.ledger.earns import book_earns
from cloud_api.ledger.facts import EarnFact, Origin, SaleSeen
from cloud_api.members.service import phone_now
from cloud_api.orders import states
from cloud_api.stores.earning import Terms
from cloud_api.stores.service import Policy
from cloud_api.vault import Vault
from rules.accrual import accrue
from rules.orders import counting_won, earning_won
from rules.sale import Item, SaleChannel, ServiceType

SOURCE = "order"
APP = "app_order"


def earn(work: Work, vault: Vault, policy: Policy, terms: Terms | None, origin: Origin, row: Any) -> None:
    """Once: the order's id is the receipt. What of it counts for no reward earns nothing."""
    if row.member_id is None:
        return
    reward = "stamp" if terms is not None and terms.stamps_on else "point"
    items = [item for item in json.loads(row.items) if "menu_id" in item]  # those of before named no menu
    counting = counting_won((item["amount_won"], reward in item["rewards"]) for item in items)
    paid_won = earning_won(counting, states.price_of(row))
    phone = phone_now(work.conn, vault, row.member_id)
    if not paid_won or phone is None:
        return
    fact = EarnFact(
        origin=origin,
        earn_id=row.order_id,
        phone=phone,
        fingerprint=f"order:{row.order_id}",
        approval_tags=(),
        receipt_no=row.number,
        till=None,
        paid_won=paid_won,
        points=accrue(paid_won, policy.accrual).points,
        source=SOURCE,
        occurred_ms=work.now_ms,
        sale=SaleSeen(
            service=ServiceType.PICKUP if row.take_out else ServiceType.IN_STORE,
            channel=SaleChannel.APP if row.channel == APP else SaleChannel.OFFLINE,
            coupon_used=row.coupon_won > 0,
            items=tuple(
                Item(item["menu_id"], item["qty"], item["category_id"], reward_excluded=reward not in item["rewards"])
                for item in items
            ),
        ),
    )
    book_earns(work, vault, policy, row.store_id, [fact], terms)
