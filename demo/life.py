"""``withfom demo`` without a script: the little cafe goes on living until its window is closed or Ctrl-C is pressed."""

from __future__ import annotations

import random
import shlex
import time
from collections.abc import Callable
from pathlib import Path

from client.transport import Unreachable
from demo.channels import OrderChannel, open_menu
from demo.customers import CloudClient
from demo.processes import DemoFailure, typed_command
from demo.world import DemoWorld, WorldSettings, require_clean_exit

PEOPLE = (("01048215678", "김민아"), ("01073310912", "박준호"), ("01029947731", "최소라"), ("01055120341", "이지민"))
STYLES = ("card42", "vat48", "cat40", "columns", "utf8")
CHANNELS = {
    "app_order": "앱 주문 · app order",
    "take_out": "포장 주문 · take-out order",
    "in_store": "매장 주문 · order in the store",
}
PAUSE_S = (6.0, 14.0)
CUP_HOLDERS = 2_000


def live(settings: WorldSettings, *, replay: Path | None = None) -> int:
    """Run until the agent's window is closed. Answers 0 when everything ended cleanly."""
    print("체험을 준비하고 있어요. 잠시만요 · Getting ready, a moment please", flush=True)
    world = DemoWorld.open(settings)
    try:
        world.wait_online()
        _welcome(world)
        if replay is not None:
            count = world.pos.replay(replay)
            print(f"다시 찍은 파일 {count}개 · {count} streams replayed", flush=True)
        _go_on(world)
    except KeyboardInterrupt:
        pass
    finally:
        codes = world.close()
    require_clean_exit(codes)
    return 0


def _welcome(world: DemoWorld) -> None:
    wait_s = world.settings.request_timeout_s
    lines = (
        "WithFoM 체험: 모두 가상이에요. 카운터 창을 닫거나 Ctrl-C를 누르면 끝나요.",
        "WithFoM demo: everything is virtual. Close the counter's window or press Ctrl-C to end it.",
        f"  고객 화면 · customer screen  {world.agent.tablet_url}{_beside(world)}",
        f"  인쇄된 것 · printed          {world.printer.folder}",
        f"  상태 · status                {typed_command()} status --folder {shlex.quote(str(world.agent_folder))}",
        f"  자동 승인 · auto-approval    {wait_s}초 뒤 · after {wait_s} s",
        f"  클라우드 · cloud             {world.cloud_url}",
        f"  POS → 127.0.0.1:{world.capture_port} → 프린터 · printer 127.0.0.1:{world.printer.port}",
    )
    print("\n".join(lines), flush=True)


def _beside(world: DemoWorld) -> str:
    """Where else the customer's screen is."""
    return "" if world.settings.headless else " (카운터 뒤의 창 · also the window behind the counter)"


def happened(event: Callable[[CloudClient], str], cloud: CloudClient) -> str:
    """What came of it, in a line. A computer that slept, or is very busy, is no reason to end: customers come back."""
    try:
        return event(cloud)
    except Unreachable:
        return "클라우드가 답하지 않아요. 곧 다시 해 봐요 · the cloud does not answer, trying again soon"


class _Cafe:
    """Chooses what happens next. Random, because a demo should not look like a film; nothing depends on it."""

    def __init__(self, world: DemoWorld) -> None:
        self._world = world
        self._dice = random.Random()
        cloud = world.cloud
        self._members = [cloud.join(phone, nickname) for phone, nickname in PEOPLE]
        self._coupon = cloud.define_coupon("아메리카노 1잔 무료", "1장", 4_500)
        open_menu(cloud)
        cloud.stock_up(CUP_HOLDERS)
        self._channels = [OrderChannel(cloud, name) for name in CHANNELS]

    def next_event(self) -> str:
        chances: tuple[tuple[int, Callable[[CloudClient], str]], ...] = (
            (5, self._sale),
            (3, self._coupon_request),
            (2, self._order),
        )
        chosen = self._dice.choices([event for _, event in chances], [weight for weight, _ in chances])[0]
        return happened(chosen, self._world.cloud)

    def _sale(self, _cloud: CloudClient) -> str:
        sale = self._world.pos.print_sale(self._dice.choice(STYLES))
        return f"POS: {sale.paid_won:,}원 영수증 · receipt printed"

    def _coupon_request(self, cloud: CloudClient) -> str:
        member = self._dice.choice(self._members)
        cloud.ask_coupon(member, cloud.give_coupon(member, self._coupon))
        return "손님이 쿠폰 사용을 눌렀어요 · a customer asks to use a coupon"

    def _order(self, _cloud: CloudClient) -> str:
        channel = self._dice.choice(self._channels)
        placed = channel.order_something(self._dice.choice(self._members), self._dice)
        if placed is None:
            return "다 팔렸어요 · everything is sold out"
        return f"{CHANNELS[channel.channel]} {placed['order']['number']}"


def _go_on(world: DemoWorld) -> None:
    cafe = _Cafe(world)
    while world.programs["agent"].running:
        print(f"  {time.strftime('%H:%M:%S')} {cafe.next_event()}", flush=True)
        resume = time.monotonic() + random.uniform(*PAUSE_S)
        while time.monotonic() < resume and world.programs["agent"].running:
            time.sleep(0.2)
    if world.programs["agent"].popen.returncode != 0:
        raise DemoFailure(
            f"the agent ended with {world.programs['agent'].popen.returncode}, see {world.programs['agent'].log}"
        )
