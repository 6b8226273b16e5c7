"""Where an edition stands after what people did with it, and which act is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from nplv_orchestration.edition import life
from nplv_orchestration.edition.build import compared_with
from nplv_orchestration.edition.life import Act, Standing
from nplv_orchestration.errors import NplvError, WrongCall

DAY = date(2025, 10, 1)
ALL = [Act("2025-10-02T08:00:00+00:00", "afgestemd", 1, "A. Jansen", body=body, version="v1") for body in life.BODIES]
CUT_OFF = Act("2025-08-01T08:00:00+00:00", "sluitingsdatum", 1, "A. Jansen", day="2025-09-01")
FROZEN = Act("2025-10-20T08:00:00+00:00", "ter-besluitvorming", 1, "A. Jansen", version="v1", seal="abc")
SENT = Act("2025-11-27T08:00:00+00:00", "verzonden", 1, "A. Jansen", day="2025-11-27", letter="30995-110")
REVISED = Act("2025-12-01T08:00:00+00:00", "revisie", 2, "A. Jansen", text="fout van de uitgever")


@pytest.mark.parametrize(
    ("acts", "revision", "status", "told"),
    [
        ([], 1, "concept", "Concept"),
        ([CUT_OFF], 1, "concept", "Concept"),
        ([CUT_OFF, ALL[0]], 1, "concept", "Concept"),
        ([CUT_OFF, *ALL], 1, "afgestemd", "Concept"),
        ([CUT_OFF, *ALL, FROZEN], 1, "ter-besluitvorming", ""),
        ([CUT_OFF, *ALL, FROZEN, SENT], 1, "verzonden", ""),
        ([CUT_OFF, *ALL, FROZEN, SENT, REVISED], 2, "concept", "Concept revisie 2"),
    ],
)
def test_where_it_stands_follows_from_the_acts(acts: list[Act], revision: int, status: str, told: str) -> None:
    now = life.standing(acts)
    assert (now.revision, now.status, now.told()) == (revision, status, told)


def test_a_revision_begins_anew_and_knows_whether_it_corrects_what_was_sent() -> None:
    assert life.standing([CUT_OFF, *ALL, FROZEN, SENT, REVISED]) == Standing(2, reason="fout van de uitgever", corrects_sent=True)
    assert not life.standing([CUT_OFF, *ALL, FROZEN, REVISED]).corrects_sent
    again = [Act(a.at, a.act, 2, a.who, a.body, a.day, version="v2") for a in [CUT_OFF, *ALL, FROZEN]]
    third = Act("2025-12-05T08:00:00+00:00", "revisie", 3, "A. Jansen", text="nog een fout")
    assert life.standing([CUT_OFF, *ALL, FROZEN, SENT, REVISED, *again, third]).corrects_sent  # revision 2 was not sent, revision 1 was


def test_taking_back_what_was_agreed_to_makes_it_a_concept_of_every_night() -> None:
    back = Act("2025-10-03T08:00:00+00:00", "concept", 1, "A. Jansen", text="herziening van de politie")
    assert life.standing([CUT_OFF, *ALL, back]) == Standing()


CONCEPT = life.standing([CUT_OFF])
PART = life.standing([CUT_OFF, ALL[0]])
AGREED = life.standing([CUT_OFF, *ALL])
FINAL = life.standing([CUT_OFF, *ALL, FROZEN])
GONE = life.standing([CUT_OFF, *ALL, FROZEN, SENT])


def test_the_route_in_order() -> None:
    assert life.cut_off(Standing(), 2025, "2025-10-02") == date(2025, 10, 2)
    assert life.agree(CONCEPT, 2025, ["VRO", "VRO", "SZW"], DAY) == ["VRO", "SZW"]
    life.demand_agreed(AGREED, 2025)
    assert life.send(FINAL, 2025, "2025-09-30", " 30995-110 ", DAY) == (date(2025, 9, 30), "30995-110")
    assert life.revise(GONE, 2025, "fout\nvan de  uitgever") == "fout van de uitgever"
    assert life.take_back(PART, 2025, "herziening") == "herziening"
    assert life.remark("  zie de voetnoot ") == "zie de voetnoot"
    assert life.demand_person("A. Jansen, beleidsmedewerker") == "A. Jansen, beleidsmedewerker"


@pytest.mark.parametrize(
    ("refused", "line"),
    [
        (lambda: life.demand_person("  "), "say who does this with --by NAME"),
        (lambda: life.cut_off(FINAL, 2025, "2025-12-01"), "edition 2025 r1 is ter-besluitvorming, and never touched again"),
        (lambda: life.cut_off(Standing(), 2025, "1 oktober"), "the data cut-off: '1 oktober' is no day; write it as 2026-09-01"),
        (lambda: life.cut_off(PART, 2025, "2025-12-01"), "was agreed to by VRO; its data cut-off does not move any more"),
        (lambda: life.agree(CONCEPT, 2025, [], DAY), "say who agrees with --body; to be heard: VRO, J&V, OCW"),
        (lambda: life.agree(Standing(), 2025, ["VRO"], DAY), "until its data cut-off, which is not set"),
        (lambda: life.agree(CONCEPT, 2025, ["VRO"], date(2025, 8, 31)), "until its data cut-off, which is 2025-09-01"),
        (lambda: life.agree(CONCEPT, 2025, ["EZK"], DAY), "'EZK' is not on the route; --body is one of VRO"),
        (lambda: life.agree(PART, 2025, ["VRO"], DAY), "VRO agreed to edition 2025 r1 already"),
        (lambda: life.agree(FINAL, 2025, ["VRO"], DAY), "never touched again"),
        (lambda: life.demand_agreed(CONCEPT, 2025), "cannot go to the minister: nobody agreed"),
        (lambda: life.demand_agreed(PART, 2025), "cannot go to the minister: not agreed: J&V, OCW, SZW, VWS, gebiedsoverleg"),
        (lambda: life.demand_agreed(FINAL, 2025), "edition 2025 r1 is ter-besluitvorming, and never touched again"),
        (lambda: life.send(AGREED, 2025, "2025-09-30", "1", DAY), "is afgestemd; it is sent after ter-besluitvorming"),
        (lambda: life.send(FINAL, 2025, "2025-09-30", " ", DAY), "give the number of the letter (Kamerstuknummer) with --letter"),
        (lambda: life.send(FINAL, 2025, "", "1", DAY), "'' is no day"),
        (lambda: life.send(FINAL, 2025, "2025-10-02", "1", DAY), "cannot have been sent on 2025-10-02, which is to come"),
        (lambda: life.send(GONE, 2025, "2025-09-30", "1", DAY), "was sent already; a correction is `nplv edition revise 2025`"),
        (lambda: life.revise(AGREED, 2025, "fout"), "is afgestemd, and is made anew every night; a revision follows on a frozen one"),
        (lambda: life.revise(GONE, 2025, " "), "say why with --reason"),
        (lambda: life.take_back(CONCEPT, 2025, "fout"), "is a concept already, and nobody agreed to it"),
        (lambda: life.take_back(PART, 2025, ""), "say why with --reason"),
        (lambda: life.take_back(FINAL, 2025, "fout"), "never touched again"),
        (lambda: life.remark(" \n"), "the remark is empty"),
        (lambda: life.remark("x" * 2001), "has 2001 characters; 2000 is the most"),
    ],
)  # fmt: skip
def test_what_is_out_of_order_is_refused_in_a_line(refused: object, line: str) -> None:
    assert callable(refused)
    with pytest.raises(WrongCall) as error:
        refused()
    assert line in str(error.value)


def test_acts_are_kept_in_order_and_a_line_that_is_none_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "2025"
    assert life.read(folder) == []
    life.write(folder, CUT_OFF)
    life.write(folder, *ALL)
    assert life.read(folder) == [CUT_OFF, *ALL]
    (folder / life.HISTORY).write_text('{"at": "x"}\n')
    with pytest.raises(NplvError, match=r"cannot be read .* restore it from a backup"):
        life.read(folder)


def test_an_earlier_letter_is_revision_nought() -> None:
    entered = Act("2026-01-05T08:00:00+00:00", "ingevoerd", 0, "A. Jansen", day="2024-10-17", letter="30995-101", seal="abc")
    assert (life.frozen([entered]), life.sent([entered]), life.standing([entered])) == ({0: entered}, {0: entered}, Standing())


def test_an_edition_is_compared_with_what_was_told_last(tmp_path: Path) -> None:
    first, other_year = [CUT_OFF, *ALL, FROZEN, SENT, REVISED], tmp_path / "2024"
    second = [Act(FROZEN.at, "ter-besluitvorming", 2, "A. Jansen", seal="def"), Act(REVISED.at, "revisie", 3, "A. Jansen", text="nog een fout")]
    assert compared_with(tmp_path, 2025, [], Standing()) is None
    life.write(other_year, Act(SENT.at, "ingevoerd", 0, "A. Jansen", day="2024-10-17", letter="30995-101"))
    assert compared_with(tmp_path, 2025, [], Standing()) == other_year / "r0"
    assert compared_with(tmp_path, 2025, first, life.standing(first)) == tmp_path / "2025" / "r1"
    corrected = Standing(3, corrects_sent=True)
    assert compared_with(tmp_path, 2025, [*first, *second], corrected) == tmp_path / "2025" / "r1", (
        "revision 2 was not sent, so nobody was told its figures"
    )
    assert compared_with(tmp_path, 2025, [*first, *second], Standing(3)) == tmp_path / "2025" / "r2"
