"""What becomes of a device's operations about the menu."""

from __future__ import annotations

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.ledger.facts import Origin, Outcome
from cloud_api.menu import service
from cloud_api.menu.facts import MarkSoldOut
from sync.protocol import OpStatus


def mark_sold_out(work: Work, origin: Origin, fact: MarkSoldOut) -> Outcome:
    """The counter's word, also when it was said without a line; of two the later one stands (AGT-10)."""
    try:
        stands = service.mark_sold_out(work, origin.store_id, fact.menu_id, fact.kind, fact.occurred_ms)
    except ApiError as refused:
        return Outcome(OpStatus.REJECTED, refused.code)
    return Outcome(OpStatus.APPLIED, None, stands)
