"""Telling consumers what happened to their requests: one feed that their apps poll."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from cloud_api.database import Work
from cloud_api.gateway import feeds
from cloud_api.gateway.feeds import CONSUMERS
from sync.protocol import FeedKind

PAGE_MAX = 500


class ConsumerNotice(StrEnum):
    """Why a consumer is told something that no look at the request itself would make sure of in time."""

    STORE_UNREACHABLE = "store_unreachable"  # nobody at the store has seen the request yet (APR-18)
    DECISION_CHANGED = "decision_changed"  # a person's earlier decision arrived after the automatic one (APR-19)
    NOT_APPROVED = "not_approved"  # nobody answered, and the value is too high to be approved by itself: it is back
    SOLD_OUT = "sold_out"  # the store cannot make an order it accepted: its customer may cancel or keep it (ORD-07)
    REJECTED = "rejected"  # the store said no; what was held is back (APR-09)
    VALUE_RETURNED = "value_returned"  # what was used is back: recovered, or an automatic approval was cancelled


def tell_consumer(work: Work, notice: ConsumerNotice, row: Any, **more: Any) -> None:
    """``row`` is the request as it stands now; ``more`` goes along."""
    body = {
        "kind": notice.value,
        "request_id": row.request_id,
        "store_id": row.store_id,
        "member_id": row.member_id,
        "state": row.state,
        "created_ms": work.now_ms,
        **more,
    }
    feeds.publish(work, CONSUMERS, FeedKind.NOTICE, body)


@dataclass(frozen=True)
class Notices:
    notices: list[dict[str, Any]]
    cursor: str
    has_more: bool


def read(conn: Connection, cursor: str, limit: int) -> Notices:
    """The notices after ``cursor`` (empty: from the oldest that is kept). Raises ApiError ``cursor_reset``."""
    rows, after, has_more = feeds.read_alone(conn, CONSUMERS, cursor, limit)
    return Notices(rows, after, has_more)
