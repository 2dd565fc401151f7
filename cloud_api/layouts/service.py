"""Owns what head office has approved of the lessons of its shops, and tells every counter of the brand.

A lesson names what the amount behind a label is; it proves nothing. The counters know what may be taught, use it below
the shop's own lessons, and the witnesses on the paper still have to agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from cloud_api.database import Work
from cloud_api.gateway import feeds
from cloud_api.layouts.models import layout_rule
from sync.protocol import FeedKind


def rules_of(conn: Connection, brand_id: str) -> list[dict[str, Any]]:
    """Everything that was ever approved, by label; withdrawn ones with ``meaning`` None."""
    rows = conn.execute(select(layout_rule).where(layout_rule.c.brand_id == brand_id).order_by(layout_rule.c.label))
    return [_wire(row) for row in rows]


def approve(work: Work, brand_id: str, lessons: Mapping[str, str], pos_model: str) -> list[dict[str, Any]]:
    """These labels mean this from now on; what means it already stays as it is. Answers all rules of the brand."""
    for label, meaning in lessons.items():
        _write(work, brand_id, label, meaning, pos_model)
    return rules_of(work.conn, brand_id)


def withdraw(work: Work, brand_id: str, labels: Sequence[str]) -> list[dict[str, Any]]:
    """No counter uses these any more; unknown labels change nothing. What was credited stays: its witnesses agreed."""
    for label in labels:
        _write(work, brand_id, label, None, None)
    return rules_of(work.conn, brand_id)


def held(conn: Connection, brand_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a new counter is told; withdrawn ones too, because a restored one may still have them."""
    for body in rules_of(conn, brand_id):
        yield FeedKind.LAYOUT.value, body


def _write(work: Work, brand_id: str, label: str, meaning: str | None, pos_model: str | None) -> None:
    key = (layout_rule.c.brand_id == brand_id) & (layout_rule.c.label == label)
    found = work.conn.execute(select(layout_rule).where(key).with_for_update()).one_or_none()
    if found is None:
        if meaning is None:
            return
        values = {"meaning": meaning, "pos_model": pos_model or "", "version": 1, "changed_ms": work.now_ms}
        work.conn.execute(insert(layout_rule).values(brand_id=brand_id, label=label, **values))
    else:
        model = found.pos_model if pos_model is None else pos_model
        if (found.meaning, found.pos_model) == (meaning, model):
            return
        values = {"meaning": meaning, "pos_model": model, "version": found.version + 1, "changed_ms": work.now_ms}
        work.conn.execute(update(layout_rule).where(key).values(**values))
    row = work.conn.execute(select(layout_rule).where(key)).one()
    feeds.publish(work, feeds.brand_feed(brand_id), FeedKind.LAYOUT, _wire(row))


def _wire(row: Any) -> dict[str, Any]:
    return {"label": row.label, "meaning": row.meaning, "pos_model": row.pos_model, "version": row.version}
