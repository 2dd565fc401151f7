"""The status pill tells the truth in one line."""

from __future__ import annotations

from dataclasses import replace

from agent.dispatch import ImmediateDispatcher
from agent.link.viewmodel import LinkViewModel
from agent.texts import Texts
from sync.clock import FakeClock
from sync.exchange import LinkStatus
from tests.agent.screens import sample


def pill(status: sample.Status) -> LinkViewModel:
    link = sample.Link(status)
    clock = FakeClock(wall_ms=sample.NOW_MS)
    return LinkViewModel(link=link, clock=clock, dispatcher=ImmediateDispatcher(), texts=Texts("ko"))


def test_online_and_synced() -> None:
    vm = pill(sample.Status())

    assert (vm.state.text, vm.state.tone) == ("온라인 · 방금 동기화", "green")


def test_an_older_sync_is_told_with_its_time() -> None:
    assert pill(sample.Status(last_synced_wall_ms=sample.at(14, 2))).state.text == "온라인 · 14:02 동기화"


def test_offline_says_since_when_and_how_much_waits() -> None:
    vm = pill(sample.OFFLINE_STATUS)

    assert (vm.state.text, vm.state.tone, vm.state.as_of) == ("14:02부터 오프라인 · 37건 대기", "amber", "14:02")


def test_red_is_for_what_needs_a_person() -> None:
    assert pill(replace(sample.OFFLINE_STATUS, needs_attention=2)).state.tone == "red"


def test_a_counter_that_was_shut_out_is_not_told_that_the_internet_is_down() -> None:
    """Case 21: it says so, and that nothing of the queue is lost."""
    revoked = pill(replace(sample.OFFLINE_STATUS, last_error="device_revoked")).state
    forked = pill(replace(sample.Status(), needs_attention=1, last_error="forked")).state

    assert (revoked.text, revoked.tone) == ("이 카운터의 연결이 해지됐어요 · 37건 대기", "red")
    assert (forked.text, forked.tone) == ("이 카운터를 다시 등록해야 해요", "red")
    for state in (revoked, forked):
        assert "인터넷" not in state.detail_title
        assert "보관" in state.detail


def test_never_connected_is_not_called_synced() -> None:
    vm = pill(sample.Status(online=False, last_synced_wall_ms=None))

    assert vm.state.text == "연결하는 중"


def test_what_is_on_its_way_is_counted() -> None:
    assert pill(sample.Status(pending=3)).state.text == "온라인 · 3건 보내는 중"


def test_the_status_of_the_sync_engine_has_every_field_the_pill_reads() -> None:
    status = LinkStatus(True, None, 0, None, 0, sample.NOW_MS, None)

    assert pill(status).state.online  # type: ignore[arg-type]
