"""The catalogue as a page to read: docs/indicators.md, made from the `meta` of the marts and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from nplv_orchestration.catalogue import Indicator

_HEAD = """# The indicators

Made by `nplv indicators --markdown` from the catalogue, the `meta` of each mart in `dbt_project/models/marts/`; change it there. What
the ministry's readers see is in Dutch.
"""
_KINDS = {
    "aandeel": "a share",
    "gemiddelde": "a weighted mean",
    "per_inwoner": "a count per resident",
    "aantallen": "delivered numerators over delivered denominators",
}


def page(indicators: Sequence[Indicator]) -> str:
    """The page, in Markdown."""
    lines = [_HEAD, "| # | id | naam | eenheid | beter | actielijn |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {i.number} | [`{i.indicator_id}`](#{i.number}-{i.indicator_id}) | {i.name_nl} | {i.unit} | {i.direction} | {i.actielijn} |"
        for i in indicators
    ]
    for i in indicators:
        lines += ["", *_described(i)]
    return "\n".join(lines) + "\n"


def _described(i: Indicator) -> list[str]:
    of_area = f" ({i.maximum_jump_area:g} for one area)" if i.maximum_jump_area is not None else ""
    measured = "; ".join(
        f"{s.name_nl} (`{s.id}`) from {s.first}{f' to {s.last}' if s.last else ''}, every {s.every} year{'s' if s.every > 1 else ''}"
        for s in i.series
    )
    facts = [
        ("English", f"{i.name_en}: {i.definition_en}"),
        ("Definitie", i.definition_nl),
        ("Teller, noemer", f"{i.numerator_nl}; {i.denominator_nl}; times {i.multiplier:g}, shown with {i.decimals} decimals"),
        ("Berekening", i.method_nl),
        (
            "Kind",
            f"{_KINDS[i.kind]}{'' if i.weight == 'geen' else f'; its population is `{i.weight}`'}, from {', '.join(f'`{s}`' for s in i.sources)}",
        ),
        ("Measured", f"{measured}; first base year {i.base_year}"),
        ("Breuken", "; ".join(f"{b.year} ({b.series}): {b.text_nl}" for b in i.breaks) or "geen"),
        ("Trend", f"judged on its {'ratio to the country' if i.trend_basis == 'verhouding' else 'value'}; counts from {i.smallest_change:g}"),
        ("Marge", i.uncertainty_nl),
        ("Comparators", _compared(i)),
        (
            "Expected",
            f"{i.plausible_low:g} to {i.plausible_high:g}, at most {i.maximum_jump:g} from one measurement to the next{of_area}, over at least "
            f"{100 * i.minimum_coverage:.0f}% of the denominator; at most {100 * i.unplaced_share:g}% of the numerator lies in no region; within {i.due_after_months} months after the end of the year",
        ),
        ("Peildatum", i.reference_nl),
        ("Wat dit cijfer niet zegt", i.caveat_nl),
        ("In een zin", f"{i.wording_nl.subject}, …{i.wording_nl.suffix}{f'. {i.wording_nl.always}' if i.wording_nl.always else ''}"),
        ("List", f"{i.support}{', benadering' if i.approximation else ''}{', a relative measure' if i.relative else ''}; owner {i.owner}"),
        ("Wijzigingen", "; ".join(f"{c.date}: {c.text_nl}" for c in i.changelog)),
    ]
    return [f"## {i.number} {i.indicator_id}", "", f"**{i.name_nl}**", "", *(f"- *{name}*: {text}" for name, text in facts)]


def _compared(i: Indicator) -> str:
    country = {
        "uitgever": "the country as its publisher gives it",
        "gebouwd": "the country built from its regions",
        "definitie": "the country, 0 by definition",
    }[i.national]
    within = f", within {i.national_tolerance:g} of what is built" if i.national_tolerance is not None else ""
    absent = "".join(f"; no {level}: {reason}" for level, reason in i.comparators_not_given.items())
    return f"{country}{within}{absent}"
