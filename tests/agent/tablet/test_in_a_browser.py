"""The customer's screen in a real Chromium, served by a real counter's LAN API: taps in, pictures out (AGT-03)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.assets import assets_folder
from agent.earn.late import ClaimSlip
from agent.lan import tablet
from agent.lan.http import Application, bearer
from agent.lan.late import late_routes
from agent.lan.server import LanServer
from agent.lan.tablet import tablet_guard, tablet_routes
from agent.spend.types import NotSpent, Spent
from tests.helpers.browser import CHROMIUM, Browser, browser
from tests.helpers.counter import Counter, captured, counter
from tests.helpers.snapshots import give_snapshot
from tests.helpers.waiting import wait_until

pytestmark = [
    pytest.mark.thorough,
    # CI installs one; whoever works without it runs everything else.
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
WEB = Path(tablet.__file__).parent / "web"
SHOTS = os.environ.get("BROWSER_SHOTS")  # pictures are kept there, to be looked at
TOKEN, SESSION = "t" * 32, "s" * 32
SIZES = [(1280, 800), (1024, 600), (800, 1280), (390, 844)]
# Text that is cut off, or a button that lies under another or outside.
FAULTS = """[...document.querySelectorAll('main:not([hidden]) *')].flatMap((node) => {
  const box = node.getBoundingClientRect();
  if (!box.width || node.closest('.picture') || node.className === 'shop') return [];
  const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
  const name = node.id || node.className || node.tagName;
  if ((own || node.tagName === 'BUTTON') && (box.left < 0 || box.top < 0 || box.right > innerWidth + 1
      || box.bottom > innerHeight + 1)) return [`outside: ${name}`];
  const inline = getComputedStyle(node).display === 'inline';
  if (own && node.scrollWidth > node.clientWidth + 1 && !inline) return [`cut: ${name}`];
  if (node.tagName !== 'BUTTON') return [];
  const faults = box.height < 72 ? [`small: ${name} ${box.height}`] : [];
  if (node.scrollWidth > node.clientWidth + 1) faults.push(`cut: ${name}`);
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return node.contains(top) || node.classList.contains('resting') ? faults : [...faults, `covered: ${name}`];
})"""


@dataclass
class Shop:
    counter: Counter
    page: Browser
    url: str
    language: str = "ko"

    def home(self, width: int = 1280, height: int = 800, *, dark: bool = False, language: str = "ko") -> None:
        self.language = language
        self.page.size(width, height, dark=dark)
        self.page.open(f"{self.url}/tablet/")
        self.page.wait_for(f"document.documentElement.lang === '{language}' && document.fonts.status === 'loaded'")

    def to_the_sum(self) -> None:
        self.page.tap("tablet.start", *(f"tablet.key.{digit}" for digit in "12345678"), "tablet.use_points")

    def to_the_choice(self, won: str = "18000") -> None:
        self.to_the_sum()
        self.page.tap(*(f"tablet.sum.{digit}" for digit in won), "tablet.go_on")

    def slip(self) -> ClaimSlip:
        """A claim slip that a customer has in the pocket."""
        agent, clock = self.counter.agent, self.counter.clock
        agent.earn.ingest(captured(clock, document_id="late", total=4_500))
        clock.advance(180_001)
        agent.earn.tick()
        made = agent.late_earns.issue("late")
        assert isinstance(made, ClaimSlip)
        return made

    def card(self) -> str:
        """The request that the tablet has just opened; its screen has shown it."""
        [card] = wait_until(self.counter.agent.approval.pending, "a card at the counter")
        self.counter.agent.approval.mark_shown([card.request_id])
        return card.request_id

    def says(self, words: str) -> None:
        self.page.wait_for(f"document.querySelector('main:not([hidden])').innerText.includes({words!r})")

    def looks_right(self, name: str) -> None:
        if SHOTS:
            width, height = self.page.run("[innerWidth, innerHeight]")
            self.page.picture(Path(SHOTS) / f"browser-{name}-{self.language}-{width}x{height}.png")
        assert self.page.run(FAULTS) == [], name


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture
def shop(tmp_path: Path, chromium: Browser) -> Iterator[Shop]:
    """Without a line: the counter decides by itself, which needs no cloud."""
    with counter(tmp_path) as found:
        policy = {"version": 2, "rate_bp": 100, "minimum_payment_won": 0, "request_timeout_ms": 60_000, "use_unit": 1}
        limits = {"offline_store_day_won": 30_000, "offline_member_won": 5_000, "offline_snapshot_max_ms": 86_400_000}
        found.feed(found.agent.appliers()["policy"], "policy", policy | limits)
        give_snapshot(found, {"01012345678": 3_240})
        found.link.online = False
        here = Shop(found, chromium, "")
        server = LanServer(folder=tmp_path, token=TOKEN)
        guard = tablet_guard(SESSION, bearer(TOKEN))
        late = found.agent.late_earns
        words = {"shop": "느린오후 성수점", "rate_bp": 100, "online": False}
        routes = [
            *late_routes(late, tool=bearer(TOKEN), tablet=guard),
            *tablet_routes(
                earn=found.agent.earn,
                spend=found.agent.spend,
                shown=lambda: {**words, "language": here.language, "slips": late.has_slips()},
                session=SESSION,
                web=WEB,
                fonts=assets_folder() / "fonts",
                guard=guard,
            ),
        ]
        server.start(lambda one: Application(routes=routes, hosts=one.hosts, new_id=found.agent.ids.uuid7))
        here.url = f"http://127.0.0.1:{server.port}"
        try:
            yield here
        finally:
            chromium.open("about:blank")
            server.stop()


def test_a_customer_pays_with_points_and_sees_what_is_left(shop: Shop) -> None:
    """PNT-10, PNT-15, APR-07: number, sum, choice, the staff's minute, the end."""
    shop.home()
    shop.to_the_choice()
    shop.page.tap("tablet.choice.more", "tablet.use")
    shop.says("직원이 확인하고 있어요")
    request_id = shop.card()
    shop.says("초 안에 직원이 답해요")

    shop.counter.agent.approval.approve(request_id, "김서연")

    shop.says("−2,000P")
    shop.says("결제할 금액 16,000원")
    assert shop.counter.agent.spend.outcome(request_id) == Spent(2_000, 16_000)
    waiting = "SELECT entry_id FROM phone_entry WHERE state = 'waiting'"
    wait_until(lambda: shop.counter.rows(waiting), "the number waits for the receipt of what is left")


def test_a_customer_takes_it_back_and_the_card_is_gone(shop: Shop) -> None:
    """APR-14"""
    shop.home()
    shop.to_the_choice()
    shop.page.tap("tablet.use")
    request_id = shop.card()
    shop.page.wait_for("!document.getElementById('tablet.again').classList.contains('resting')")

    shop.page.tap("tablet.again")

    shop.says("요청을 취소했어요")
    assert shop.counter.agent.approval.pending() == ()
    assert shop.counter.agent.spend.outcome(request_id) == NotSpent(taken_back=True)


def test_the_page_loads_without_a_complaint_of_its_own_security_policy(shop: Shop) -> None:
    """Cases 27 and 31: its own six scripts run, and nothing was refused."""
    shop.page.do("Log.enable")
    shop.home()

    loaded = shop.page.run("performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)")

    assert {f"/tablet/{name}.js" for name in ("texts", "number", "spend", "slip", "tablet", "page")} <= set(loaded)
    assert shop.page.run("Boolean(document.getElementById('idle.headline').innerText)")


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(("width", "height"), SIZES, ids=lambda size: str(size))
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_of_spending_fits(shop: Shop, width: int, height: int, language: str, dark: bool) -> None:
    """Nothing is cut, covered, outside or smaller than a finger; R9: no page before the end shows a balance."""
    look = "dark" if dark else "light"
    shop.home(width, height, dark=dark, language=language)
    shop.looks_right(f"1-idle-{look}")
    shop.to_the_sum()
    shop.page.tap(*(f"tablet.sum.{digit}" for digit in "18000"))
    shop.looks_right(f"3-payment-{look}")
    shop.page.tap("tablet.go_on")
    shop.looks_right(f"4-amount-{look}")
    shop.page.tap("tablet.choice.own", *(f"tablet.sum.{digit}" for digit in "999999"))
    shop.looks_right(f"5-own-too-many-{look}")
    shop.page.tap("tablet.sum.clear", *(f"tablet.sum.{digit}" for digit in "1500"), "tablet.go_on")
    shop.looks_right(f"6-amount-chosen-{look}")
    assert "3,240" not in shop.page.run("document.body.innerText")
    shop.page.tap("tablet.use")
    request_id = shop.card()
    shop.says("초 안에 직원이" if language == "ko" else "s for the staff")
    shop.looks_right(f"7-asking-{look}")
    shop.counter.agent.approval.approve(request_id, "김서연")
    shop.says("−1,500P")
    shop.looks_right(f"8-spent-{look}")


def test_a_customer_collects_a_slip_with_its_letters(shop: Shop) -> None:
    """PNT-09"""
    slip = shop.slip()
    shop.home()
    shop.page.tap("tablet.slip", *(f"tablet.letter.{letter}" for letter in slip.code), "tablet.slip.go_on")
    shop.says("전표의 결제 4,500원")

    shop.page.tap(*(f"tablet.key.{digit}" for digit in "12345678"), "tablet.submit")

    shop.says("+45P")
    ((_, body),) = shop.counter.ops("earn")
    assert (body["source"], body["phone"]) == ("claim", "+821012345678")


def test_a_scanner_s_keys_are_a_slip_and_no_digits(shop: Shop) -> None:
    slip = shop.slip()
    shop.home()
    shop.page.tap("tablet.start")
    shop.page.wait_for("!document.getElementById('keypad').hidden")
    scan = f"for (const key of {[*slip.qr, 'Enter']!r}) document.body.dispatchEvent("
    shop.page.run(f"(() => {{ {scan}new KeyboardEvent('keydown', {{ key, bubbles: true }})); return true; }})()")

    shop.says("전표의 결제 4,500원")


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(("width", "height"), SIZES, ids=lambda size: str(size))
def test_every_page_of_a_slip_fits(shop: Shop, width: int, height: int, language: str) -> None:
    slip = shop.slip()
    shop.home(width, height, language=language)
    shop.page.wait_for("!document.getElementById('tablet.slip').hidden")
    shop.looks_right("20-idle-slip")
    shop.page.tap("tablet.slip", *(f"tablet.letter.{letter}" for letter in slip.code[:3]))
    shop.looks_right("21-slip")
    shop.page.tap(*(f"tablet.letter.{letter}" for letter in slip.code[3:]))
    shop.looks_right("22-slip-whole")
    shop.page.tap("tablet.slip.go_on")
    shop.page.wait_for("!document.getElementById('keypad').hidden")
    shop.looks_right("23-slip-number")
    shop.page.tap("tablet.skip", "tablet.slip", *(f"tablet.letter.{letter}" for letter in "BBBBBBBB"))
    shop.page.tap("tablet.slip.go_on")
    shop.page.wait_for("!document.getElementById('outcome').hidden")
    shop.looks_right("24-slip-unknown")
