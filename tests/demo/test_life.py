"""The demo goes on by itself until its window is closed."""

from __future__ import annotations

from demo.customers import CloudClient
from demo.life import happened
from tests.helpers.waiting import free_port


def test_a_cloud_that_does_not_answer_for_a_while_does_not_end_the_demo() -> None:
    """A laptop that slept for a minute was greeted with "something unexpected happened"."""
    nobody = CloudClient(f"http://127.0.0.1:{free_port()}", "key", "store")

    def joins(cloud: CloudClient) -> str:
        return str(cloud.join("01012345678", "김*수"))

    assert "the cloud does not answer" in happened(joins, nobody)
    assert happened(lambda _cloud: "sold", nobody) == "sold"
    nobody.close()
