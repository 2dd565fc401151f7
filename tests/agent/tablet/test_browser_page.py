"""The browser's copy of the customer's screen: same words, same colours, same flow as the window; no secrets kept."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from agent.tablet import viewmodel
from agent.texts import Texts
from agent.ui.theme import DARK, LIGHT, Tokens

WEB = Path(viewmodel.__file__).parent.parent / "lan" / "web"
HTML, CSS, SCRIPT = ((WEB / name).read_text("utf-8") for name in ("index.html", "tablet.css", "tablet.js"))
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed on this machine")


def run(body: str) -> object:
    """Run JavaScript against the page's script, without a document; answers what it prints as JSON."""
    assert NODE is not None
    prelude = f"""
        const page = require({json.dumps(str(WEB / "tablet.js"))});
        let clock = 0;
        const calls = [];
        const earned = {{outcome: "earned", points: 45, paid_won: 4500, rate_bp: 100, masked: "010-****-5678"}};
        const answers = {{ phone: {{status: 200, body: earned}}, entry: {{status: 200, body: {{outcome: "open"}}}} }};
        async function call(method, path, body) {{
          calls.push([method, path, body || null]);
          if (answers.broken) throw new Error("no line");
          if (path.endsWith("/phone")) return answers.phone;
          if (path.endsWith("/skip")) return {{status: 200, body: {{outcome: "skipped"}}}};
          if (path === "/v1/tablet/entries") return {{status: 201, body: {{entry_id: "e1", offer: null}}}};
          if (path.startsWith("/v1/tablet/entries/")) return answers.entry;
          return {{status: 200, body: {{shop: "느린오후", language: "ko", rate_bp: 100, online: true, offer: null}}}};
        }}
        const tablet = new page.Tablet({{ call, now: () => clock, onChange: () => tablet && tablet.words() }});
        const type = (keys) => [...keys].forEach((key) => tablet.press(key));
        const at = async (ms) => {{ clock = ms; await tablet.tick(); }};
        const earn = async () => {{ await tablet.start(); type("12345678"); await tablet.submit(); }};
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
        block = re.search(rf"^  {language}: \{{(.*?)^  \}},", SCRIPT, re.S | re.M)
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
    source = "".join((Path(viewmodel.__file__).parent / name).read_text("utf-8") for name in ("words.py", "view.py"))
    own = {"other_language"}  # each language names the other one
    shared = [
        key for key, text in texts["en"].items() if key not in own and json.dumps(text, ensure_ascii=False) in source
    ]
    assert len(shared) > 25
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


def test_the_shapes_are_written_down() -> None:
    readme = (WEB / "README.md").read_text("utf-8")
    for word in ("entry_id", "digits", "remaining_ms", "retry_after_ms", "rate_bp", "problem", "expired", "skipped"):
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
