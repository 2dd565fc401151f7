"""From a consumer's request in the cloud to the painted pop-up: real HTTP, the live stream, SQLite on both sides."""

from __future__ import annotations

import sys
import threading
import time

from PySide6.QtCore import QObject

from agent.approval.card.view import CardFace
from agent.shell.screens import Screens
from benchmarks._report import Report, median, percentile
from benchmarks._shop import Cloud, cloud, enrolled_agent, folder, screens, spin, wait_for, watching

ROUNDS = 220
WARM_UP = 20
PAUSE_S = 0.05  # about ten requests a second, far above any counter
P99_MS = 200.0
ACTOR = "bench"


class Consumer:
    """Sends one order from a thread of its own, as the other side of the network would."""

    def __init__(self, where: Cloud, member_id: str) -> None:
        self._where, self._member = where, member_id
        self.sent_ns = 0
        self.answered_ns = 0
        self.request_id = ""

    def order(self) -> None:
        """Returns at once; the moments and the request's id appear in the attributes."""
        self.request_id = ""
        threading.Thread(target=self._order, daemon=True).start()

    def _order(self) -> None:
        self.sent_ns = time.perf_counter_ns()
        answer = self._where.order(self._member)
        self.answered_ns = time.perf_counter_ns()
        self.request_id = str(answer["request"]["request_id"])


def one_round(consumer: Consumer, shown: Screens) -> tuple[float, float]:
    """Milliseconds from sending to paint, and of the consumer's own round trip. Clears the stack afterwards."""
    assert shown.popups is not None
    assert shown.approval_vm is not None
    popups, approvals = shown.popups, shown.approval_vm

    def is_card(widget: QObject) -> bool:
        return isinstance(widget, CardFace) and bool(popups.faces)

    with watching(is_card) as watch:
        consumer.order()
        wait_for(lambda: watch.painted_ns and consumer.request_id, "the pop-up")
    assert watch.painted_ns is not None
    spin(PAUSE_S / 2)
    approvals.approve(consumer.request_id)

    def cleared() -> bool:
        approvals.dismiss(consumer.request_id)
        return not popups.faces

    wait_for(cleared, "the stack is empty again")
    spin(PAUSE_S / 2)
    return (watch.painted_ns - consumer.sent_ns) / 1e6, (consumer.answered_ns - consumer.sent_ns) / 1e6


def main() -> int:
    """220 requests one after the other; 1 when the goal is missed."""
    report = Report("popup_latency")
    with folder() as place, cloud(place) as where, enrolled_agent(place, where) as agent, screens(agent) as shown:
        consumer = Consumer(where, where.client.join("01048215678", "김민아"))
        rounds = [one_round(consumer, shown) for _ in range(ROUNDS)][WARM_UP:]
    painted, answered = [one for one, _ in rounds], [two for _, two in rounds]
    report.figure("requests", str(len(rounds)))
    report.figure(
        "consumer's own round trip p50 / p99", f"{median(answered):.1f} / {percentile(answered, 0.99):.1f} ms"
    )
    report.figure("sent to painted p50", f"{median(painted):.1f} ms")
    report.goal("sent to painted p99", percentile(painted, 0.99), at_most=P99_MS, unit="ms")
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
