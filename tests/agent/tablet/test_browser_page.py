"""The browser's copy of the customer's screen: same words, same colours, same flow as the window; no secrets kept."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.spend.types import SpendTerms
from agent.tablet import viewmodel
from agent.tablet.spending import Bill, Choice
from agent.texts import Texts
from agent.ui.theme import DARK, LIGHT, Tokens

WEB = Path(viewmodel.__file__).parent.parent / "lan" / "web"
HTML, CSS, TEXTS = ((WEB / name).read_text("utf-8") for name in ("index.html", "tablet.css", "texts.js"))
SCRIPT = "".join(file.read_text("utf-8") for file in sorted(WEB.glob("*.js")))
NODE = shutil.which("node")
_TERMS = ("use_unit", "most_points", "payment_max_percent")


def needs_node(test: Callable[..., None]) -> Callable[..., None]:
    """Each starts a program of its own, which the quick set does without."""
    return pytest.mark.thorough(pytest.mark.skipif(NODE is None, reason="node is not installed on this machine")(test))


def run(body: str) -> object:
    """Run JavaScript against the page's script, without a document; answers what it prints as JSON."""
    assert NODE is not None
    prelude = f"""
        const page = require({json.dumps(str(WEB / "tablet.js"))});
        let clock = 0;
        const calls = [];
        const earned = {{outcome: "earned", points: 45, paid_won: 4500, rate_bp: 100, masked: "010-****-5678"}};
        const answers = {{ phone: {{status: 200, body: earned}}, entry: {{status: 200, body: {{outcome: "open"}}}} }};
        const terms = {{spend_id: "s1", possible: true, use_unit: 1, most_points: null, rate_bp: 100}};
        const waits = {{outcome: "waiting", remaining_ms: 47000}};
        answers.slip = {{status: 200, body: {{paid_won: 4500, points: 45}}}};
        answers.claim = {{status: 201, body: earned}};
        const bring = (letters) => {{ tablet.bringSlip(); type(letters); tablet.goOn(); return settle(); }};
        const settle = () => new Promise((done) => setTimeout(done, 0));
        const keys = (text, pause) => [...text].forEach((key) => {{ clock += pause; tablet.key(key); }});
        const scan = (text, pause) => {{ keys(text, pause); return tablet.takeScan(); }};
        Object.assign(answers, {{ terms, ask: {{outcome: "asked"}}, spend: waits, withdraw: waits }});
        async function call(method, path, body) {{
          calls.push([method, path, body || null]);
          if (answers.broken) throw new Error("no line");
          if (path.endsWith("/phone")) return answers.phone;
          if (path.endsWith("/skip")) return {{status: 200, body: {{outcome: "skipped"}}}};
          if (path === "/v1/tablet/claims/offer") return answers.slip;
          if (path === "/v1/tablet/claims") return answers.claim;
          if (path === "/v1/tablet/spends") return {{status: 201, body: answers.terms}};
          if (path.endsWith("/ask")) return {{status: 201, body: answers.ask}};
          if (path.endsWith("/withdraw")) return {{status: 200, body: answers.withdraw}};
          if (path.startsWith("/v1/tablet/spends/")) return {{status: 200, body: answers.spend}};
          if (path === "/v1/tablet/entries") return {{status: 201, body: {{entry_id: "e1", offer: null}}}};
          if (path.startsWith("/v1/tablet/entries/")) return answers.entry;
          return {{status: 200, body: {{shop: "느린오후", language: "ko", rate_bp: 100, online: true, offer: null}}}};
        }}
        const tablet = new page.Tablet({{ call, now: () => clock, onChange: () => tablet && tablet.words() }});
        const type = (keys) => [...keys].forEach((key) => tablet.press(key));
        const at = async (ms) => {{ clock = ms; await tablet.tick(); }};
        const earn = async () => {{ await tablet.start(); type("12345678"); await tablet.submit(); }};
        const numbered = async () => {{ await tablet.start(); type("12345678"); await tablet.usePoints(); }};
        const pay = async (won = "18000") => {{ await numbered(); type(won); tablet.goOn(); }};
        const use = async (choice = "more") => {{ await pay(); tablet.choose(choice); await tablet.ask(); }};
        const out = [];
        const say = (value) => process.stdout.write(JSON.stringify(value));
        (async () => {{ await tablet.refresh(); {body} }})();
    """
    done = subprocess.run([NODE, "-e", prelude], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def texts_of_page() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for language in ("ko", "en"):
        block = re.search(rf"^  {language}: \{{(.*?)^  \}},", TEXTS, re.S | re.M)
        assert block is not None
        pairs = re.findall(r'(\w+): ("(?:[^"\\]|\\.)*")', block.group(1))
        found[language] = {key: json.loads(value) for key, value in pairs}
    return found


def test_both_languages_have_the_same_texts() -> None:
    texts = texts_of_page()
    assert set(texts["ko"]) == set(texts["en"])
    for key in set(re.findall(r'data-text="(\w+)"', HTML)):
        assert key in texts["ko"]


def test_the_page_says_what_the_window_says() -> None:
    """Every English text that the window has as well stands in Korean as the catalogue has it."""
    texts, korean = texts_of_page(), Texts("ko")
    window = Path(viewmodel.__file__).parent
    names = ("words.py", "view.py", "viewmodel.py", "spending.py", "spend/view.py", "slips.py", "slip/view.py")
    source = "".join((window / name).read_text("utf-8") for name in names)
    own = {"other_language"}  # each language names the other one
    shared = [
        key for key, text in texts["en"].items() if key not in own and json.dumps(text, ensure_ascii=False) in source
    ]
    assert len(shared) > 75
    for key in shared:
        assert texts["ko"][key] == korean._(texts["en"][key]), key


@pytest.mark.parametrize(("tokens", "part"), [(LIGHT, 0), (DARK, 1)], ids=["light", "dark"])
def test_the_colours_are_the_theme_s(tokens: Tokens, part: int) -> None:
    block = re.findall(r":root \{(.*?)\}", CSS, re.S)[part]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6})", block))
    assert len(colours) > 15
    for name, value in colours.items():
        expected = DARK.amber if name == "coin" else getattr(tokens, name.replace("-", "_"))
        assert value == expected, name


def test_nothing_is_loaded_from_elsewhere_stored_or_put_into_an_address() -> None:
    """MEM-02: no number outside the entry in progress. The page obeys `default-src 'self'` without exceptions."""
    for text in (HTML, CSS, SCRIPT):
        assert not re.search(
            r"https?://|//cdn|@import|eval\(|innerHTML|localStorage|sessionStorage|document\.cookie", text
        )
    assert not re.search(r"\son\w+=|\sstyle=", HTML)
    assert "digits}" not in re.findall(r"`/v1[^`]*`", SCRIPT)


def test_every_pressable_thing_has_its_stable_name() -> None:
    names = set(re.findall(r'<button[^>]* id="([^"]+)"', HTML))
    assert names >= {f"tablet.key.{digit}" for digit in range(10)}
    assert names >= {"tablet.start", "tablet.back", "tablet.clear", "tablet.submit", "tablet.skip", "tablet.done"}
    assert names >= {f"tablet.sum.{digit}" for digit in range(10)}
    assert names >= {"tablet.use_points", "tablet.go_on", "tablet.earn_only", "tablet.use", "tablet.earn_instead"}
    assert names >= {f"tablet.choice.{choice.value}" for choice in Choice}


def test_the_shapes_are_written_down() -> None:
    readme = (WEB / "README.md").read_text("utf-8")
    for word in ("entry_id", "digits", "remaining_ms", "retry_after_ms", "rate_bp", "problem", "expired", "skipped"):
        assert f"`{word}" in readme or word in readme
    for word in (
        "spend_id",
        "use_unit",
        "most_points",
        "payment_won",
        "left_won",
        "taken_back",
        "not_now",
        "store_day",
    ):
        assert f"`{word}" in readme or word in readme


@needs_node
def test_a_number_earns_in_one_call_under_the_id_of_the_opened_screen() -> None:
    assert run("await earn(); say([calls.slice(1), tablet.words()]);") == [
        [
            ["POST", "/v1/tablet/entries", {"till": "1"}],
            ["POST", "/v1/tablet/entries/e1/phone", {"digits": "01012345678"}],
        ],
        {
            "look": "solid",
            "icon": "check",
            "figure": "+45P",
            "headline": "쌓였어요, 고맙습니다",
            "quiet": "",
            "line": "결제 4,500원의 1% · 010-****-5678",
        },
    ]


@needs_node
def test_the_number_line_masks_as_the_window_does() -> None:
    """R10."""
    shown = run("""
        const look = () => out.push(tablet.number.shown(clock));
        await tablet.start(); look();
        type("1234"); look();
        type("5678"); look();
        clock = 1000; look();
        tablet.back(); look();
        tablet.clear(); look();
        tablet.back(); type("11234567"); clock = 5000; look();
        say(out);
    """)
    assert shown == [
        "010-",
        "010-•••4-",
        "010-••••-•••8",
        "010-••••-••••",
        "010-••••-•••",
        "010-",
        "011-•••-••••",
    ]


@needs_node
def test_mashing_and_paste_do_no_harm() -> None:
    """Case 40."""
    found = run("""
        await tablet.start();
        type("00001234"); await tablet.submit(); out.push(tablet.number.canSubmit);
        tablet.clear(); type("9".repeat(500)); out.push(tablet.number.digits.length);
        tablet.clear();
        for (const text of ["", "<b>1", "０１０１２３４５６７８", "1".repeat(9999)]) tablet.paste(text);
        out.push(tablet.number.digits);
        tablet.paste("+82 10-2345-6789"); out.push(tablet.number.digits);
        await Promise.all(Array.from({ length: 20 }, () => tablet.submit()));
        out.push(calls.filter((call) => call[1].endsWith("/phone")).length, tablet.page);
        say(out);
    """)
    assert found == [False, 11, "010", "01023456789", 1, "earned"]


@needs_node
def test_the_page_goes_home_after_five_and_after_fifteen_seconds() -> None:
    """R10, case 41."""
    found = run("""
        await tablet.start(); type("1234");
        await at(14999); out.push(tablet.page);
        await at(15000); out.push(tablet.page, tablet.number.digits);
        await earn();
        clock += 4999; tablet.touch(); await tablet.tick(); out.push(tablet.page);
        await at(clock + 1); out.push(tablet.page, tablet.result);
        say(out);
    """)
    assert found == ["keypad", "idle", "010", "earned", "idle", None]


@needs_node
def test_number_first_waits_and_shows_the_result_when_the_receipt_comes() -> None:
    """PNT-08."""
    found = run("""
        const masked = earned.masked;
        const waiting = (remaining_ms) => ({ status: 200, body: { outcome: "waiting", masked, remaining_ms } });
        answers.phone = waiting(180000);
        answers.entry = waiting(165000);
        await earn(); out.push(tablet.page, tablet.words().line);
        await at(15000); out.push(tablet.page, tablet.words().quiet);
        answers.entry = { status: 200, body: earned };
        await at(17000); out.push(tablet.page, tablet.words().figure);
        say(out);
    """)
    assert found == [
        "waiting",
        "010-****-5678 · [3:00] 안에 결제하면 돼요",
        "idle",
        "영수증을 기다리고 있어요 · 2:45",
        "earned",
        "+45P",
    ]


@needs_node
@pytest.mark.parametrize(
    ("answer", "page"),
    [
        ('{status: 200, body: {outcome: "refused", problem: "not_mobile"}}', "keypad"),
        ('{status: 429, body: {outcome: "too_many", code: "too_many_entries", retry_after_ms: 60000}}', "too_many"),
        ('{status: 200, body: {outcome: "expired"}}', "expired"),
        ('{status: 500, body: {code: "internal"}}', "trouble"),
        ("{status: 200, body: null}", "trouble"),
        ('{status: 200, body: {outcome: "something new"}}', "trouble"),
    ],
)
def test_every_answer_has_its_page(answer: str, page: str) -> None:
    assert run(f"answers.phone = {answer}; await earn(); say(tablet.page);") == page


@needs_node
def test_a_cut_line_never_says_earned_and_lets_the_customer_go_on() -> None:
    found = run("""
        await tablet.start(); type("12345678");
        answers.broken = true;
        await tablet.submit(); out.push(tablet.page, tablet.words().figure || "");
        tablet.done(); await tablet.start(); out.push(tablet.page);
        tablet.done(); answers.broken = false; await tablet.start(); answers.broken = true;
        await tablet.skip(); out.push(tablet.page);
        say(out);
    """)
    assert found == ["trouble", "", "trouble", "no_number"]


# -- using points: the same steps as the window (test_spending.py) -----------------------------------------------------


@needs_node
def test_a_customer_pays_with_points_and_the_rest_earns_with_the_receipt() -> None:
    """PNT-10, PNT-15: number, sum, points, staff, what is left to pay."""
    found = run("""
        answers.phone = { status: 200, body: { outcome: "waiting", masked: earned.masked, remaining_ms: 180000 } };
        await pay(); out.push(tablet.page, tablet.words().toPay);
        tablet.choose("more"); const w = tablet.words(); out.push(w.points, w.left, w.gain, w.press);
        await tablet.ask(); out.push(tablet.page, tablet.words().headline, tablet.ring);
        answers.spend = { outcome: "spent", points: 2000, left_won: 16000 };
        answers.entry = { status: 200, body: { outcome: "waiting", masked: earned.masked, remaining_ms: 175000 } };
        await at(600); out.push(tablet.page, tablet.words().figure, tablet.words().line);
        out.push(calls.filter((call) => /spends.*ask|phone/.test(call[1])));
        await at(5600); out.push(tablet.page, tablet.words().quiet);
        say(out);
    """)
    asked = {"digits": "01012345678", "points": 2_000, "payment_won": 18_000}
    assert found == [
        *("amount", "18,000원", "−2,000원", "16,000원", "+160P", "2,000P 쓰기"),
        *("asking", "직원이 확인하고 있어요", {"left": 47, "whole": 60}),
        *("spent", "−2,000P", "결제할 금액 [16,000원]"),
        [
            ["POST", "/v1/tablet/spends/s1/ask", asked],
            ["POST", "/v1/tablet/entries/e1/phone", {"digits": "01012345678"}],
        ],
        *("idle", "영수증을 기다리고 있어요 · 2:55"),
    ]


@needs_node
@pytest.mark.parametrize(
    ("terms", "payment", "possible"),
    [
        ("", "18000", [True, True, True, True]),
        ("", "1500", [True, False, True, True]),
        ("most_points: 1990", "18000", [True, False, True, True]),
        ("use_unit: 3000", "18000", [False, False, True, True]),
        ("payment_max_percent: 10", "18000", [True, False, True, True]),
        ("payment_max_percent: 0", "18000", [False, False, False, False]),
        ("use_unit: 500, most_points: 400", "18000", [False, False, False, False]),
    ],
)
def test_sums_are_offered_as_the_window_offers_them(terms: str, payment: str, possible: list[bool]) -> None:
    """PNT-10: no balance behind any of it (R9)."""
    found = run(f"""
        Object.assign(answers.terms, {{ {terms} }});
        await pay("{payment}");
        say([tablet.words().choices.map((choice) => choice.possible), tablet.words().ready]);
    """)

    unit, most, share = (int(m[1]) if (m := re.search(rf"{name}: (\d+)", terms)) else None for name in _TERMS)
    found_terms = SpendTerms(True, unit or 1, most, 100, 100 if share is None else share)
    bill = Bill("", "s1", found_terms, payment_won=int(payment))
    assert found == [[bill.offers(choice) for choice in Choice], bill.ready]
    assert found[0] == possible


@needs_node
def test_own_points_are_typed_within_what_is_possible() -> None:
    found = run("""
        answers.terms.use_unit = 100;
        await pay(); tablet.choose("own"); out.push(tablet.page, tablet.words().hint);
        type("1250"); out.push(tablet.words().problem, tablet.words().canGoOn); tablet.goOn(); out.push(tablet.page);
        tablet.clear(); type("1200"); tablet.goOn(); out.push(tablet.page, tablet.words().press);
        tablet.choose("own"); type("18100"); out.push(tablet.words().problem);
        say(out);
    """)
    assert found == [
        "own",
        "최대 18,000P, 100P 단위로 쓸 수 있어요",
        True,
        False,
        "own",
        "amount",
        "1,200P 쓰기",
        True,
    ]


@needs_node
@pytest.mark.parametrize(
    ("why", "headline", "again"),
    [
        ('{outcome: "refused", why: "balance"}', "이만큼은 쓸 수 없어요", "amount"),
        ('{outcome: "refused", why: "something new"}', "이만큼은 쓸 수 없어요", "amount"),
        ('{outcome: "refused", why: "store_day"}', "지금은 쓸 수 없어요", None),
        ('{outcome: "refused", why: "day_total"}', "지금은 쓸 수 없어요", None),
        ('{outcome: "refused", why: "share"}', "이만큼은 쓸 수 없어요", "amount"),
        ('{outcome: "refused", why: "snapshot_stale"}', "지금은 쓸 수 없어요", None),
        ('{outcome: "not_now"}', "직원에게 말씀해 주세요", None),
        ('{outcome: "no_number", problem: "not_mobile"}', "직원에게 말씀해 주세요", None),
        ("null", "직원에게 말씀해 주세요", None),
    ],
)
def test_a_refusal_says_nothing_about_what_a_number_has(why: str, headline: str, again: str | None) -> None:
    """R9: who is no member, has too little or spent today reads the same; only a smaller sum is offered again."""
    found = run(f"""
        answers.ask = {why};
        await use(); const words = tablet.words();
        out.push(tablet.page, words.headline);
        if (words.again) {{ await tablet.again(); out.push(tablet.page); }} else out.push(null);
        say(out);
    """)
    assert found == ["not_spent", headline, again]


@needs_node
def test_where_nothing_can_be_spent_nobody_types_a_sum() -> None:
    found = run("""
        answers.terms.possible = false;
        await tablet.start(); type("12345678"); await tablet.usePoints();
        say([tablet.page, tablet.words().line, tablet.words().again || ""]);
    """)
    assert found == ["not_spent", "인터넷이 다시 연결되면 포인트를 쓸 수 있어요.", ""]


@needs_node
def test_the_customer_takes_it_back_and_is_told_how_it_ended() -> None:
    """APR-14, APR-36: pressed twice, asked until there is an end; staff may have been faster."""
    found = run("""
        await use(); out.push(tablet.words().again);
        tablet.again(); tablet.again(); await at(100);
        out.push(tablet.page, tablet.words().headline, tablet.words().again || "");
        answers.withdraw = { outcome: "not_spent", taken_back: true };
        await at(700); out.push(tablet.page, tablet.words().headline, tablet.words().again);
        const posts = calls.filter((call) => call[1].endsWith("/withdraw")).length;
        await at(3000); out.push(posts === calls.filter((call) => call[1].endsWith("/withdraw")).length, posts >= 2);
        await tablet.done(); answers.withdraw = { outcome: "spent", points: 2000, left_won: 16000 };
        await use(); await tablet.again(); out.push(tablet.page);
        say(out);
    """)
    assert found == [
        "요청 취소",
        *("asking", "취소하고 있어요", ""),
        *("not_spent", "요청을 취소했어요", "번호 입력"),
        *(True, True),
        "spent",
    ]


@needs_node
def test_a_customer_who_walks_away_leaves_no_number_behind() -> None:
    """R10: half a minute on the sums, the staff's eleven minutes while they decide."""
    found = run("""
        await pay(); await at(29999); out.push(tablet.page); await at(30000); out.push(tablet.page, tablet.bill);
        await use(); answers.spend = { outcome: "waiting", remaining_ms: null }; await at(clock + 600);
        out.push(tablet.page, tablet.ring.left); await at(clock + 600000); out.push(tablet.page);
        await at(clock + 60000); out.push(tablet.page, tablet.bill);
        await use(); tablet.done(); out.push(tablet.page, tablet.bill);
        say(out);
    """)
    assert found == ["amount", "idle", None, "asking", None, "asking", "idle", None, "idle", None]


@needs_node
def test_earning_alone_is_one_press_away_from_every_sum() -> None:
    found = run("""
        for (const stop of ["payment", "amount", "own"]) {
          await numbered();
          if (stop !== "payment") { type("18000"); tablet.goOn(); }
          if (stop === "own") tablet.choose("own");
          out.push(tablet.page); await tablet.earnOnly(); out.push(tablet.page); tablet.done();
        }
        out.push(calls.filter((call) => call[1].endsWith("/ask")).length);
        say(out);
    """)
    assert found == ["payment", "earned", "amount", "earned", "own", "earned", 0]


@needs_node
def test_a_slip_s_letters_and_a_number_earn_in_two_calls() -> None:
    """PNT-09"""
    found = run("""
        await bring("bcdf1ghjk");
        out.push(tablet.page, tablet.words().title, tablet.words().line);
        await tablet.usePoints();
        type("12345678"); await tablet.submit();
        out.push(tablet.page, calls.slice(1));
        say(out);
    """)
    assert found == [
        "keypad",
        "전표의 결제 4,500원",
        "번호를 누르면 [45P]가 쌓여요",
        "earned",
        [
            ["POST", "/v1/tablet/claims/offer", {"slip": "BCDFGHJK"}],
            ["POST", "/v1/tablet/claims", {"slip": "BCDFGHJK", "digits": "01012345678"}],
        ],
    ]


@needs_node
def test_a_scan_is_a_slip_from_the_greeting_and_the_keypad_and_slow_keys_are_not() -> None:
    found = run("""
        const text = "WFC1.abc-DEF_0123";
        out.push(scan(text, 100), tablet.page);
        scan(text, 5); await settle();
        out.push(tablet.page, tablet.slip === text);
        tablet.skip();
        await tablet.start(); scan(text, 5); await settle();
        out.push(tablet.page, tablet.slip === text, tablet.number.digits, calls.at(-1)[1]);
        say(out);
    """)
    assert found == [False, "idle", "keypad", True, "keypad", True, "010", "/v1/tablet/entries/e1/skip"]


@needs_node
@pytest.mark.parametrize(
    ("status", "body", "page", "headline"),
    [
        (409, {"code": "claim_unknown"}, "no_slip", "이 전표는 확인할 수 없어요"),
        (409, {"code": "claim_used"}, "no_slip", "이 전표로는 더 쌓을 수 없어요"),
        (409, {"code": "claim_expired"}, "no_slip", "적립할 수 있는 기간이 지났어요"),
        (429, {"code": "too_many_tries", "retry_after_ms": 90_000}, "too_many", "직원에게 말씀해 주세요"),
        (503, {"code": "not_saved"}, "trouble", "지금은 포인트를 쌓을 수 없어요"),
    ],
)
def test_what_a_slip_may_be_answered_with(status: int, body: dict[str, object], page: str, headline: str) -> None:
    answer = json.dumps({"status": status, "body": body})
    found = run(f"""
        answers.slip = {answer}; await bring("BCDFGHJK"); out.push(tablet.page, tablet.words().headline);
        tablet.done();
        answers.slip = {{status: 200, body: {{paid_won: 4500, points: 45}}}}; answers.claim = {answer};
        await bring("BCDFGHJK"); type("12345678"); await tablet.submit();
        out.push(tablet.page, tablet.words().headline);
        say(out);
    """)
    assert found == [page, headline] * 2


@needs_node
def test_a_number_that_is_none_can_be_typed_again_for_the_same_slip() -> None:
    found = run("""
        answers.claim = {status: 422, body: {code: "not_a_number", problem: "self_issue"}};
        await bring("BCDFGHJK"); type("12345678"); await tablet.submit();
        out.push(tablet.page, tablet.problem);
        answers.claim = {status: 201, body: earned};
        tablet.back(); type("9"); await tablet.submit();
        out.push(tablet.page);
        say(out);
    """)
    assert found == ["keypad", "self_issue", "earned"]
