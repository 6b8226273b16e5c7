"""The progress overview as one page that needs nothing else, and the lines of its cover."""

from __future__ import annotations

from pathlib import Path

from nplv_orchestration.edition.table import ACTIELIJNEN, DEMO, Edition, changes, development, number, remarks, signed


def cover(edition: Edition) -> list[str]:
    """Title and notes that stand on top of every form of the table."""
    absent = len(edition.missing)
    return [
        f"Voortgangsoverzicht Nationaal Programma Leefbaarheid en Veiligheid {edition.year}",
        *([DEMO] if edition.is_demo else []),
        "Concept. Cijfers van het totaal van de 20 focusgebieden; gebieden worden niet met elkaar vergeleken.",
        f"Gebiedsafbakening: {edition.delineated}." + (" De lijst van buurten is nog niet officieel." if "kandidaat" in edition.delineated else ""),
        f"Cijfers tot en met {edition.year}, vergeleken op de gemeente-, wijk- en buurtgrenzen van {edition.facts['boundary_year']}.",
        f"{len(edition.rows) - absent} van de {len(edition.rows)} indicatoren hebben een cijfer.",
        f"Gegevensversie {edition.facts['version']}.",
    ]


def html(edition: Edition) -> str:
    """The whole page: no script, no outside address."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(number=number, signed=signed, remarks=remarks, development=development, changes=changes)
    used = [s for s in edition.sources if s["sha256"]]
    return environment.get_template("voortgangsoverzicht.html.j2").render(
        edition=edition, cover=cover(edition), actielijnen=ACTIELIJNEN, used=used, demo=DEMO if edition.is_demo else ""
    )
