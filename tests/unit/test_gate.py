"""The gate on evidence written by hand: two marts, a staging table under one of them, and a foundation under both."""

from datetime import date
from typing import Any

import pytest

from nplv_orchestration.errors import GateStopped
from nplv_orchestration.evidence import Evidence
from nplv_orchestration.expectations import expected
from nplv_orchestration.gate import decide, demand_derived, required_checks
from nplv_orchestration.manifest import Manifest, load_manifest
from nplv_orchestration.waivers import Waiver, faults

META = load_manifest().indicators[0].model_dump()


def model(schema: str, name: str, *parents: str, **meta: Any) -> dict[str, Any]:
    return {
        "name": name, "schema": schema, "resource_type": "model", "original_file_path": f"models/{schema}/fysiek/{name}.sql", "description": "", "columns": {},
        "depends_on": {"nodes": [f"model.{p}" for p in parents]}, "config": {"meta": meta},
    }  # fmt: skip


def judging(name: str, node: str, severity: str = "ERROR") -> dict[str, Any]:
    return {"name": name, "resource_type": "test", "attached_node": f"model.{node}", "config": {"severity": severity}, "description": ""}


MANIFEST = Manifest(
    {
        "nodes": {
            "model.weights": model("intermediate", "weights", foundation=True),
            "model.crimes": model("staging", "crimes", "weights"),
            "model.mart_a": model("marts", "mart_a", "crimes", **META | {"indicator_id": "a", "number": 1, "actielijn": "fysiek"}),
            "model.mart_b": model("marts", "mart_b", "weights", **META | {"indicator_id": "b", "number": 2, "actielijn": "fysiek"}),
            "model.trends": model("publication", "trends"),
            "test.1": judging("weights_known", "weights"),
            "test.2": judging("crimes_positive", "crimes"),
            "test.3": judging("a_unique", "mart_a"),
            "test.4": judging("b_unique", "mart_b"),
            "test.5": judging("b_pretty", "mart_b", "WARN"),
            "test.6": judging("trends_unique", "trends"),
        }
    }
)
PRINTS = {"intermediate.weights": "w1", "staging.crimes": "c1", "marts.mart_a": "a1", "marts.mart_b": "b1", "publication.trends": "t1"}
CHECKS = {
    "weights_known": "intermediate.weights", "crimes_positive": "staging.crimes", "a_unique": "marts.mart_a", "b_unique": "marts.mart_b",
    "b_pretty": "marts.mart_b", "trends_unique": "publication.trends",
}  # fmt: skip
EXPECTED = [e.check for e in expected(MANIFEST.indicators[0]) if e.severity == "error"]
GOOD = {(c, n): Evidence(c, "dbt", n, "warn" if c == "b_pretty" else "error", "passed", PRINTS[n], {}) for c, n in CHECKS.items()} | {
    (c, n): Evidence(c, "expectations", n, "error", "passed", PRINTS[n], {}) for n in ("marts.mart_a", "marts.mart_b") for c in EXPECTED
}
DAY = date(2026, 2, 1)
WAIVED = Waiver("a_unique", "a", "dubbele rij van de uitgever", "A. Jansen", date(2026, 3, 1))

MADE = {
    "staging.crimes": {"intermediate.weights": "w1"},
    "marts.mart_a": {"staging.crimes": "c1"},
    "marts.mart_b": {"intermediate.weights": "w1"},
}


def changed(check: str, node: str, **change: Any) -> dict[tuple[str, str], Evidence]:
    return GOOD | {(check, node): Evidence(**vars(GOOD[check, node]) | change)}


def released(
    evidence: dict[tuple[str, str], Evidence], prints: dict[str, str] = PRINTS, made: dict[str, dict[str, str]] = MADE
) -> dict[str, tuple[str, ...]]:
    """The reasons by indicator; none is a release."""
    return {d.indicator_id: d.reasons for d in decide(MANIFEST, evidence, made, prints)}


def test_required_is_every_check_of_error_severity_on_a_mart_and_what_it_is_made_from() -> None:
    named = {indicator: [r.check for r in needs] for indicator, needs in required_checks(MANIFEST).items()}
    assert named == {
        "a": ["crimes_positive", "a_unique", "weights_known", *EXPECTED],
        "b": ["b_unique", "weights_known", *EXPECTED],
    }
    assert EXPECTED == ["bereik", "plausibel", "sprong", "dekking", "herziening_groot"]


def test_all_passed_releases_all() -> None:
    assert released(GOOD) == {"a": (), "b": ()}


@pytest.mark.parametrize(("check", "node"), [("a_unique", "marts.mart_a"), ("sprong", "marts.mart_a"), ("crimes_positive", "staging.crimes")])
def test_a_failed_check_holds_its_mart_and_no_other(check: str, node: str) -> None:
    assert released(changed(check, node, outcome="failed")) == {"a": (f"controle {check} op {node} is niet geslaagd",), "b": ()}


@pytest.mark.parametrize(("check", "node"), [("a_unique", "marts.mart_a"), ("sprong", "marts.mart_a"), ("crimes_positive", "staging.crimes")])
def test_a_check_that_never_ran_holds_its_mart_and_no_other(check: str, node: str) -> None:
    evidence = {key: found for key, found in GOOD.items() if key != (check, node)}
    assert released(evidence) == {"a": (f"controle {check} op {node} is niet uitgevoerd",), "b": ()}


def test_a_check_of_other_content_holds_its_mart_and_no_other() -> None:
    reasons = released(GOOD, PRINTS | {"marts.mart_b": "b2"})
    assert reasons["a"] == ()
    assert reasons["b"] == tuple(f"controle {c} op marts.mart_b is uitgevoerd op andere inhoud" for c in ("b_unique", *EXPECTED))


@pytest.mark.parametrize("crimes", [{"intermediate.weights": "w0"}, {}])
def test_a_table_made_from_other_content_than_its_parents_hold_now_holds_its_mart_and_no_other(crimes: dict[str, str]) -> None:
    reasons = released(GOOD, made=MADE | {"staging.crimes": crimes})
    assert reasons == {"a": ("staging.crimes is gemaakt van andere inhoud van intermediate.weights",), "b": ()}


def test_a_warning_holds_nothing() -> None:
    assert released(changed("b_pretty", "marts.mart_b", outcome="failed")) == {"a": (), "b": ()}


def test_a_mart_that_is_not_there_is_held() -> None:
    reasons = released(GOOD, {n: p for n, p in PRINTS.items() if n != "marts.mart_b"})
    assert reasons["b"][0] == "marts.mart_b: de tabel is er niet"


@pytest.mark.parametrize("change", [{"outcome": "failed"}, {"fingerprint": "w0"}])
def test_what_all_rest_on_stops_everything(change: dict[str, Any]) -> None:
    with pytest.raises(GateStopped, match="nothing is published: all figures rest on what does not hold: controle weights_known"):
        decide(MANIFEST, changed("weights_known", "intermediate.weights", **change), MADE, PRINTS)


def waived(
    evidence: dict[tuple[str, str], Evidence], *waivers: Waiver, prints: dict[str, str] = PRINTS
) -> dict[str, tuple[tuple[str, ...], list[Waiver]]]:
    """Reasons and waivers used, by indicator."""
    return {d.indicator_id: (d.reasons, list(d.waived)) for d in decide(MANIFEST, evidence, MADE, prints, waivers, day=DAY)}


def test_a_waiver_releases_its_mart_although_its_check_failed_and_nothing_else() -> None:
    failed = changed("a_unique", "marts.mart_a", outcome="failed")
    assert waived(failed, WAIVED) == {"a": ((), [WAIVED]), "b": ((), [])}
    both = failed | changed("sprong", "marts.mart_a", outcome="failed") | {("a_unique", "marts.mart_a"): failed["a_unique", "marts.mart_a"]}
    assert waived(both, WAIVED)["a"] == (("controle sprong op marts.mart_a is niet geslaagd",), [WAIVED])


@pytest.mark.parametrize(
    "waiver",
    [
        Waiver("a_unique", "b", "", "", date(2026, 3, 1)),
        Waiver("sprong", "a", "", "", date(2026, 3, 1)),
        Waiver("a_unique", "a", "", "", date(2026, 1, 31)),
    ],
    ids=["another mart", "another check", "expired"],
)
def test_a_waiver_of_something_else_or_of_the_past_releases_nothing(waiver: Waiver) -> None:
    failed = changed("a_unique", "marts.mart_a", outcome="failed")
    assert waived(failed, waiver)["a"] == (("controle a_unique op marts.mart_a is niet geslaagd",), [])
    assert faults([waiver], [], DAY)


def test_a_waiver_holds_up_to_and_including_its_last_day() -> None:
    last = Waiver("a_unique", "a", "", "", DAY)
    assert waived(changed("a_unique", "marts.mart_a", outcome="failed"), last)["a"] == ((), [last])
    assert faults([last], [last], DAY) == []


def test_a_check_that_did_not_judge_this_content_cannot_be_waived() -> None:
    never = {key: found for key, found in GOOD.items() if key != ("a_unique", "marts.mart_a")}
    assert waived(never, WAIVED)["a"] == (("controle a_unique op marts.mart_a is niet uitgevoerd",), [])
    reasons, used = waived(GOOD, WAIVED, prints=PRINTS | {"marts.mart_a": "a2"})["a"]
    assert "controle a_unique op marts.mart_a is uitgevoerd op andere inhoud" in reasons
    assert used == []


def test_what_all_rest_on_is_never_waived() -> None:
    failed = changed("weights_known", "intermediate.weights", outcome="failed")
    with pytest.raises(GateStopped):
        waived(failed, *(Waiver("weights_known", i, "", "", date(2026, 3, 1)) for i in ("a", "b")))


def test_a_waiver_that_is_expired_or_not_needed_is_told() -> None:
    ended = Waiver("b_unique", "b", "", "B. de Vries", date(2026, 1, 31))
    assert faults([WAIVED, ended], [], DAY) == [
        "ontheffing van controle a_unique voor a (A. Jansen) is niet nodig: geen controle van die naam die daar faalt heeft haar nodig; haal haar uit waivers.csv",
        "ontheffing van controle b_unique voor b (B. de Vries) verliep op 2026-01-31: haal haar uit waivers.csv, of laat opnieuw besluiten",
    ]
    assert faults([WAIVED], [WAIVED], DAY) == []


def test_figures_that_were_taken_back_are_held_until_they_change() -> None:
    taken = {("a", "a1"): "teruggetrokken op 2026-01-31 door jansen: verkeerde eenheid"}
    held = {d.indicator_id: d.reasons for d in decide(MANIFEST, GOOD, MADE, PRINTS, withdrawn=taken)}
    assert held == {"a": (taken["a", "a1"],), "b": ()}
    other = {d.indicator_id: d.reasons for d in decide(MANIFEST, GOOD, MADE, PRINTS, withdrawn={("a", "a0"): "", ("b", "a1"): ""})}
    assert other == {"a": (), "b": ()}


def test_what_is_derived_is_published_whole_or_not() -> None:
    demand_derived(MANIFEST, GOOD, PRINTS)
    for evidence, prints in (
        (changed("trends_unique", "publication.trends", outcome="failed"), PRINTS),
        ({}, PRINTS),
        (GOOD, PRINTS | {"publication.trends": "t2"}),
    ):
        with pytest.raises(GateStopped, match=r"controle trends_unique op publication\.trends"):
            demand_derived(MANIFEST, evidence, prints)


def test_the_real_gate_demands_checks_of_every_mart_and_a_foundation() -> None:
    manifest = load_manifest()
    required = required_checks(manifest)
    assert len(required) == 17 + 6
    assert any(need.check.startswith("areas_make_the_delivered_total") for need in required["resultaten"])
    for indicator in manifest.marts:
        needs = required[indicator]
        on_mart = {need.check for need in needs if need.node == manifest.marts[indicator].relation}
        assert {"sprong", "bereik", f"unique_row_mart_{indicator}_", f"parts_add_up_mart_{indicator}_"} <= on_mart
        assert any(need.is_foundation for need in needs)
