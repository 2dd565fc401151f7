"""What an approved request prints, as a document: the shop's slip of a reward, or the ticket the bar works from.

Rules: AGT-12.
"""

from __future__ import annotations

from agent.approval.repository import RequestRow
from agent.orders.types import OrderView
from agent.printing.types import JobKind
from printers.document import Document
from printers.slip_kinds import BUNDLED, Templates
from printers.slips import TicketItem, approval_slip, order_ticket
from rules.calendar import local_time
from rules.requests import RequestKind, RequestState

QR_PREFIX = "withfom:slip:"
_CHANNELS = {"in_store": "매장", "take_out": "포장", "app_order": "앱 주문"}
_PAYMENTS = {"prepaid": "선결제", "postpaid": "후결제"}


def job_kind(row: RequestRow) -> JobKind:
    return JobKind.ORDER_TICKET if row.kind is RequestKind.ORDER else JobKind.SLIP


def job_id(row: RequestRow) -> str:
    """One job a request and kind, whoever approves it and however often it is heard of."""
    return f"{row.request_id}:{job_kind(row).value}"


def reward_document(
    row: RequestRow, *, shop: str, decided_by: str, decided_ms: int, templates: Templates = BUNDLED
) -> Document:
    """The slip of a coupon, points or stamp approval."""
    code = row.slip_code or row.request_id[-8:].upper()
    return approval_slip(
        kind=row.kind.value,
        shop=shop,
        reward=row.title,
        nickname=row.nickname,
        discount_won=row.pos_discount_won,
        decided_by=decided_by,
        decided_at=f"{local_time(decided_ms):%m-%d %H:%M}",
        slip_code=code,
        qr_payload=QR_PREFIX + code,
        automatic=row.state is RequestState.AUTO_APPROVED,
        templates=templates,
    )


def order_document(row: RequestRow, order: OrderView | None, *, shop: str, templates: Templates = BUNDLED) -> Document:
    """The ticket of an order; what the request says must do when its order has not arrived yet."""
    if order is None:
        item = TicketItem(row.title, 1, row.amount_won or 0)
        return order_ticket(
            shop=shop,
            number=row.slip_code or row.request_id[-4:].upper(),
            channel="주문",
            items=(item,),
            total_won=row.amount_won or 0,
            payment="-",
            ordered_at=f"{local_time(row.created_ms):%H:%M}",
            nickname=row.nickname,
            templates=templates,
        )
    return order_ticket(
        shop=shop,
        number=order.number,
        channel=_CHANNELS.get(order.channel, order.channel),
        items=[TicketItem(item.name, item.qty, item.amount_won, item.options) for item in order.items],
        total_won=order.total_won,
        payment=_PAYMENTS.get(order.payment, order.payment),
        ordered_at=f"{local_time(order.created_ms):%H:%M}",
        nickname=order.nickname,
        note=order.note,
        templates=templates,
    )
