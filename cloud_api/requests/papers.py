"""A coupon on paper that staff read at the counter: found by its code, held, and decided like any other request.

The paper may be a copy, its coupon used, over or another store's: what it is worth is said here, and nowhere else. That
is why a counter without a line uses none.

Rules: CPN-15, 16, 18.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from cloud_api.coupons import paper
from cloud_api.coupons import service as coupons
from cloud_api.coupons.models import coupon
from cloud_api.database import Work
from cloud_api.devices.auth import DeviceCall
from cloud_api.errors import ApiError
from cloud_api.requests import service
from cloud_api.requests.spends import lock_device
from cloud_api.stores.service import profile_of
from cloud_api.vault import Vault
from rules.codes import read_code
from rules.coupons import CouponState
from sync.protocol import DEVICE_SUSPENDED


def ask(work: Work, vault: Vault, call: DeviceCall, request_id: str, typed: str) -> dict[str, Any]:
    """Opens an ordinary request under the device's id, with the coupon held; the same again is answered with the
    request as it stands. Silence never uses it: staff put it in themselves. Raises ApiError; nothing is held then."""
    if lock_device(work, call) is not None:
        raise ApiError(DEVICE_SUSPENDED)
    code = read_code(typed)
    coupon_id = None if code is None else paper.find(work.conn, code)
    known = service.find(work.conn, request_id)
    if known is not None:
        if (known.device_id, known.coupon_id) != (call.device_id, coupon_id):
            raise ApiError("idempotency_conflict")
        return service.projection(known, work.now_ms)
    if coupon_id is None:
        raise ApiError("coupon_unknown")
    store = profile_of(work.conn, call.store_id)
    assert store is not None, "a device belongs to a store"
    member_id = _holder(work, coupon_id, call)
    who = service.asking(work.conn, vault, store, member_id)
    return service.ask_coupon(work, who, coupon_id, request_id=request_id, device_id=call.device_id)


def _holder(work: Work, coupon_id: str, call: DeviceCall) -> str:
    """Whose coupon it is. Raises ApiError with what staff can tell a customer whose paper gives nothing any more."""
    row = work.conn.execute(select(coupon).where(coupon.c.coupon_id == coupon_id)).one()
    coupons.find_of(work, coupon_id, member_id=row.member_id, store_id=call.store_id, brand_id=call.brand_id)
    match CouponState(row.state):
        case CouponState.USED:
            raise ApiError("coupon_used", extra={"at_ms": row.changed_ms, "here": row.used_store_id == call.store_id})
        case CouponState.PENDING:
            raise ApiError("coupon_waiting")
        case CouponState.AVAILABLE if row.expires_ms > work.now_ms:
            return str(row.member_id)
        case _:
            raise ApiError("coupon_expired", extra={"at_ms": row.expires_ms})
