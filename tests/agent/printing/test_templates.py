"""The shop's own slips: kept, checked, in force at once; and the slips that the agent prints by itself."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import PIL.Image
import pytest

from agent.bootstrap import Agent
from agent.launch import AgentSettings
from agent.printing.templates import LOGO_DOTS_MAX, SlipTemplates
from printers.document import Document, Picture
from printers.errors import BadDocument, BadTemplate
from printers.layout import as_text, lay_out
from printers.slip_kinds import bundled_text
from tests.helpers.counter import Counter, captured, counter

OWN = "{points} 적립! {shop}"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as found:
        yield found


def printed(shop: Counter) -> list[tuple[str, list[str]]]:
    """(kind, text of the paper) of every job, oldest first."""
    rows = shop.rows("SELECT kind, document_json FROM print_job ORDER BY created_ms, job_id")
    return [(kind, as_text(lay_out(Document.from_json(text), 32))) for kind, text in rows]


def earn_once(shop: Counter) -> None:
    entry = shop.agent.earn.open_entry()
    shop.agent.earn.submit_phone(entry, "01000005678")
    shop.agent.earn.ingest(captured(shop.clock))


def test_an_own_template_is_in_force_at_once_and_after_a_restart(shop: Counter) -> None:
    """AGT-12: what slips say."""
    templates = shop.agent.slip_templates
    templates.save("points", OWN)
    templates.set_prints_by_itself("points", True)

    earn_once(shop)

    assert printed(shop) == [("points_slip", ["178P 적립! 마포 시험점"])]
    again = SlipTemplates(shop.bench.store)
    assert (again.text("points"), again.is_own("points"), again.prints_by_itself("points")) == (OWN, True, True)


def test_a_useless_template_is_refused_and_nothing_changes(shop: Counter) -> None:
    templates = shop.agent.slip_templates
    templates.save("points", OWN)

    with pytest.raises(BadTemplate):
        templates.save("points", "{pionts}")

    assert templates.text("points") == OWN
    templates.reset("points")
    assert (templates.text("points"), templates.is_own("points")) == (bundled_text("points"), False)


def test_saving_ours_unchanged_keeps_following_ours(shop: Counter) -> None:
    shop.agent.slip_templates.save("claim", bundled_text("claim"))

    assert not shop.agent.slip_templates.is_own("claim")


def test_a_logo_is_made_to_fit_and_stands_on_every_slip(shop: Counter) -> None:
    out = io.BytesIO()
    PIL.Image.new("RGB", (1200, 300), "black").save(out, "JPEG")
    templates = shop.agent.slip_templates

    templates.set_logo(out.getvalue())

    document = templates.current.document("points", "-", {"points": "1P"})
    (picture,) = [block for block in document.blocks if isinstance(block, Picture)]
    with PIL.Image.open(io.BytesIO(picture.png)) as shown:
        assert (shown.format, shown.size) == ("PNG", (LOGO_DOTS_MAX, 126))
    with pytest.raises(BadDocument):
        templates.set_logo(b"GIF89a")
    assert templates.logo is not None
    templates.set_logo(None)
    assert SlipTemplates(shop.bench.store).logo is None


def test_no_points_slip_prints_until_the_shop_wants_them(shop: Counter) -> None:
    earn_once(shop)

    assert printed(shop) == []


def test_a_points_slip_says_what_was_earned_but_never_the_number_or_the_balance(shop: Counter) -> None:
    """AGT-12; R9: paper is read by everyone."""
    shop.agent.slip_templates.set_prints_by_itself("points", True)
    shop.link.online = False

    earn_once(shop)

    ((kind, lines),) = printed(shop)
    text = "\n".join(lines)
    assert kind == "points_slip"
    assert "178P 적립" in text
    assert "010-****-5678" in text
    assert "0000" not in text
    assert "잔액" not in text
    assert "사라지지" in text  # the line is down
    assert "POS 01 · 전표 20261120-01-0057" in text


def test_the_same_earn_prints_one_slip_however_often_its_receipt_comes(shop: Counter) -> None:
    shop.agent.slip_templates.set_prints_by_itself("points", True)
    entry = shop.agent.earn.open_entry()
    shop.agent.earn.submit_phone(entry, "01000005678")
    receipt = captured(shop.clock)

    shop.agent.earn.ingest(receipt)
    shop.agent.earn.ingest(receipt)

    assert len(printed(shop)) == 1


def test_the_closing_slip_opens_with_what_was_lost_and_tells_the_day(shop: Counter) -> None:
    shop.employ("이지은", "owner")
    earn_once(shop)

    shop.agent.printing.print_closing()
    shop.agent.printing.print_closing()

    (kind, lines), second = printed(shop)
    assert (kind, second[0]) == ("closing_slip", "closing_slip")
    text = "\n".join(lines)
    assert text.index("오늘 잃은 것 0건") < text.index("영수증 읽음")
    assert "모두 전송 완료" in text
    assert [line.split() for line in lines if line.startswith("  적립됨")] == [["적립됨", "1건", "178P"]]
    assert [line.split() for line in lines if "인쇄 실패" in line] == [["인쇄", "실패", "0건"]]


def test_templates_of_one_counter_are_its_own(shop: Counter, tmp_path: Path) -> None:
    shop.agent.slip_templates.save("points", OWN)

    again = Agent(AgentSettings(folder=tmp_path), shop.bench.store, shop.clock, shop.bench.ids)

    assert again.slip_templates.text("points") == OWN
    assert [name for name in ("claim", "approval") if again.slip_templates.is_own(name)] == []
