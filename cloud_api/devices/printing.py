"""Which of a store's devices prints: the named one, as long as it is trusted."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from cloud_api.database import Work
from cloud_api.devices.models import device
from cloud_api.stores.models import store


def printing_device(conn: Connection, store_id: str) -> str | None:
    """The store's printing device; None when none is named, or when it was shut out or stopped."""
    found = conn.execute(
        select(device.c.device_id)
        .join(store, store.c.print_device == device.c.device_id)
        .where(store.c.store_id == store_id, device.c.revoked_ms.is_(None), device.c.suspended_ms.is_(None))
    )
    return found.scalar_one_or_none()


def name_printing_device(work: Work, device_id: str, *, prints: bool) -> bool:
    """Makes the device print for its store, or leaves it to whoever shows a request first. False: no such device."""
    owner = work.conn.execute(select(device.c.store_id).where(device.c.device_id == device_id)).scalar_one_or_none()
    if owner is None:
        return False
    named = update(store).where(store.c.store_id == owner)
    if prints:
        work.conn.execute(named.values(print_device=device_id))
    else:
        work.conn.execute(named.where(store.c.print_device == device_id).values(print_device=None))
    return True
