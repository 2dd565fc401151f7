"""A counter that joins, leaves and is shut out, over a real socket with the keys of a real vault."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from cloud_api.devices.models import device as device_table
from sync.clock import FakeClock, SystemClock
from sync.enroll import Enrolled, redeem
from sync.ids import SystemIds
from sync.leaving import Left, farewell, leave
from sync.profile import require_identity
from sync.secrets import PASSPHRASE_ENV, DeviceVault
from sync.store import Store
from tests.cloud_api.test_stream import serving
from tests.cloud_api.world import World

pytestmark = pytest.mark.expect_log("left_store")
NO_LINE = "http://127.0.0.1:9"


@pytest.mark.thorough
def test_a_counter_that_leaves_shuts_itself_out(world: World, tmp_path: Path) -> None:
    """Told once the keys are gone here; a lost answer that is asked for again is no failure, a missing line neither."""
    vault = DeviceVault(tmp_path, environ={PASSPHRASE_ENV: "vault passphrase"})
    clock, ids = FakeClock(wall_ms=world.clock()), SystemIds(SystemClock())
    with serving(world) as url, Store.open(tmp_path, clock=clock) as store:
        joined = redeem(url, world.code(), "counter", store=store, vault=vault, clock=clock, ids=ids)
        assert isinstance(joined, Enrolled), joined
        with store.read() as conn:
            device_id = require_identity(conn).device_id
        without_a_line = farewell(store, vault, clock=clock, ids=ids, cloud_url=NO_LINE)
        tell = farewell(store, vault, clock=clock, ids=ids)

        assert isinstance(leave(store, vault), Left)

        assert without_a_line() is False
        assert revoked_ms(world, device_id) is None
        assert tell() is True
        assert revoked_ms(world, device_id) == world.clock()
        assert tell() is True
        assert farewell(store, vault, clock=clock, ids=ids)() is False  # nobody is left who could say anything


def revoked_ms(world: World, device_id: str) -> int | None:
    with world.cloud.database.read() as conn:
        found: int | None = conn.execute(
            select(device_table.c.revoked_ms).where(device_table.c.device_id == device_id)
        ).scalar_one()
    return found
