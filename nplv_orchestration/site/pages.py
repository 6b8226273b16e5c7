"""The pages of the site that follow from what is known: one for each indicator, the dictionary, the lineage, the calendar, what changed. In Markdown, in Dutch.

What stands in them belongs here; how a page looks is the theme's, and the texts that people write are in `texts/`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from nplv_orchestration.changes import because
from nplv_orchestration.dictionary import Table, in_dutch
from nplv_orchestration.edition.chart import chart
from nplv_orchestration.edition.table import ACTIELIJNEN, DEMO, DEMO_MARK, NO_FIGURE, number, signed
from nplv_orchestration.manifest import PROJECT, Manifest, Node
from nplv_orchestration.published import GEO_NAMES
from nplv_orchestration.site.read import Known, Row
from nplv_orchestration.sources.registry import REGISTRY
from nplv_orchestration.sources.rhythm import due

_KINDS = {
    "aandeel": "een aandeel",
    "gemiddelde": "een gewogen gemiddelde",
    "per_inwoner": "een aantal per inwoner",
    "aantallen": "geleverde tellers en noemers",
}
_SCHEMAS = {
    "marts": "Cijfers, en wat ervan is gemaakt", "programma": "Wat het programma deed", "areas": "De gebieden", "quality": "Controles en besluiten",
    "provenance": "Waar alles vandaan komt",
}  # fmt: skip
_MART = "marts.mart_*"  # 17 tables with one set of columns


def pages(known: Known) -> dict[str, str]:
    """Every page by its file name."""
    found = {"index.md": _index(known), "indicatoren/index.md": _overview(known), "tabellen/index.md": _tables(known)}
    found |= {f"indicatoren/{i['indicator_id']}.md": _indicator(known, i) for i in known.indicators}
    found |= {f"tabellen/{schema}.md": _schema(known, schema) for schema in _SCHEMAS}
    return found | {"herkomst.md": _lineage(known), "kalender.md": _calendar(known), "wijzigingen.md": _changes(known)}


# --------------------------------------------------------------------------------------------------------- small pieces


def _text(text: object) -> str:
    """A text of somebody else within Markdown: nothing in it is markup, but for a plain name in backticks."""
    parts = re.split(r"(`[\w.*/-]+`)", " ".join(str(text).split()))
    plain = "".join(part if n % 2 else re.sub(r"([\\`*_\[\]<>|{}$~#&])", r"\\\1", part) for n, part in enumerate(parts))
    return re.sub(r"^(\d*)([-+.)])", r"\1\\\2", plain)  # what begins a list


def _english(text: object) -> str:
    """An English term beside the Dutch one, which a program that reads aloud pronounces as such."""
    return f'<span lang="en"><em>{_text(text)}</em></span>'


def _day(when: object) -> str:
    """A day, on one line; of a moment the day, of nothing nothing."""
    return f'<span class="dag">{str(when)[:10]}</span>' if when else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    """A table; right: which columns have figures."""
    marks = "|".join("--:" if place in right else "---" for place in range(len(head)))
    return "\n".join([f"| {' | '.join(head)} |", f"|{marks}|", *(f"| {' | '.join(row)} |" for row in rows)])


def _code(language: str, text: str) -> str:
    return f"```{language}\n{text.strip()}\n```"


def _toctree(names: Iterable[str]) -> str:
    return "```{toctree}\n:maxdepth: 1\n:hidden:\n\n" + "\n".join(names) + "\n```"


def _page(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def _mark(known: Known) -> str:
    return f":::{{warning}}\n{DEMO}.\n:::" if known.is_demo else ""


# ---------------------------------------------------------------------------------------------------------------- pages


def _index(known: Known) -> str:
    version = known.facts
    return _page(
        f"# De cijfers van {_text(known.programme.article_nl)} {_text(known.programme.short_nl)}",
        _mark(known),
        f"De {len(known.indicators)} indicatoren van {_text(known.programme.named_nl)}: wat zij meten, waar zij vandaan komen en hoe u ze gebruikt. Voor analisten "
        f"({_english('documentation of the published figures')}).",
        _table(
            ("Wat u zoekt", _english("in English")),
            [
                ("[Indicatoren](indicatoren/index.md): definitie, berekening, bronnen, cijfers", _english("the indicators")),
                ("[Hoe kan ik …](hoe-kan-ik.md): een tabel vinden, vragen stellen, citeren", _english("how do I")),
                ("[Vragen en antwoorden](vragen.md): vijftien vragen, elk met een query", _english("questions and answers")),
                ("[Tabellen](tabellen/index.md): elke tabel en kolom", _english("data dictionary")),
                ("[Herkomst](herkomst.md): waaruit elke tabel is gemaakt", _english("lineage")),
                ("[Kalender](kalender.md): wanneer nieuwe cijfers komen", _english("calendar")),
                ("[Wijzigingen](wijzigingen.md): wat er veranderde, en waarom", _english("what changed")),
                ("[Begrippen](begrippen.md)", _english("glossary")),
                ("[Open data](open-data.md)", _english("open data")),
            ],
        ),
        "## Deze versie",
        f"Versie `{version['version']}`, gepubliceerd op {version['published_at'][:10]}; cijfers tot en met {version['newest_year']}, op de gebiedsindeling van "
        f"{version['boundary_year']}. Cijfers van afzonderlijke gebieden staan hier niet.",
        _toctree(["indicatoren/index", "tabellen/index", "hoe-kan-ik", "vragen", "herkomst", "kalender", "wijzigingen", "begrippen", "open-data"]),
    )


def _overview(known: Known) -> str:
    rows = []
    for i in known.indicators:
        trend = known.trends.get(i["indicator_id"])
        figures = [number(trend[name], i["decimals"]) if trend else NO_FIGURE for name in ("latest_value", "latest_nl")]
        year = str(trend["latest_year"] or "") if trend else ""
        rows.append(
            (
                str(i["number"]),
                f"[{_text(i['name_nl'])}]({i['indicator_id']}.md)<br>{_english(i['name_en'])}",
                ACTIELIJNEN[i["actielijn"]],
                year,
                *figures,
                _text(i["unit"]),
            )
        )
    head = ("#", "Indicator", "Actielijn", "Jaar", "Gebieden samen", "Nederland", "Eenheid")
    return _page("# Indicatoren", _mark(known), _table(head, rows, right=(0, 3, 4, 5)), _toctree(i["indicator_id"] for i in known.indicators))


def _indicator(known: Known, i: Row) -> str:
    breaks, relations = json.loads(i["breaks"]), json.loads(i["sources"])
    facts = [
        ("Teller", _text(i["numerator_nl"])),
        ("Noemer", _text(i["denominator_nl"])),
        ("Soort", f"{_KINDS[i['kind']]}, maal {number(float(i['multiplier']), 0)}"),
        ("Weging", "geen" if i["weight"] == "geen" else f"`{i['weight']}`"),
        ("Peildatum", _text(i["reference_nl"])),
        ("Marge", _text(i["uncertainty_nl"])),
        ("Breuken", "; ".join(f"{b['year']}: {_text(b['text_nl'])}" for b in breaks) or "geen"),
        ("Kleinste verandering die telt", number(float(i["smallest_change"]), 3).rstrip("0").rstrip(",")),
        ("Minste dekking", f"{100 * float(i['minimum_coverage']):.0f}%"),
        ("Beter is", "hoger" if i["direction"] == "omhoog" else "lager"),
        ("Lijst", f"{i['support']}{', benadering' if i['approximation'] else ''}"),
        ("Beheer", _text(i["owner"])),
    ]
    return _page(
        f"# {_text(i['name_nl'])}",
        f"Indicator {i['number']}, actielijn {ACTIELIJNEN[i['actielijn']].lower()} · {_english(i['name_en'])}",
        _mark(known),
        "## Definitie",
        _text(i["definition_nl"]),
        _english(i["definition_en"]),
        "## Wat dit cijfer niet zegt",
        _text(i["caveat_nl"]),
        "## Cijfers",
        *_figures(known, i, breaks),
        "## Ontwikkeling",
        _development(known, i),
        "## Berekening",
        _text(i["method_nl"]),
        _table(("Wat", "Hoe"), facts),
        "## Bronnen",
        _table(
            ("Bron", "Tabel", "Gewijzigd", "Licentie", "Stand"),
            [
                (
                    _text(s["source_table"]),
                    _text(s["title"]),
                    _day(s["source_modified"]),
                    _text(s["licence"]),
                    f"`{s['state']}`",
                )
                for s in known.sources
                if s["relation"] in relations
            ],
        ),
        "## Herkomst",
        _way(known.manifest, known.manifest.marts[i["indicator_id"]]),
        "## De SQL",
        "Wat dbt van de bronnen maakt, hoe regio's en gewichten erbij komen staat in de macro die wordt aangeroepen.",
        _code("jinja", (PROJECT / known.manifest.marts[i["indicator_id"]].path).read_text(encoding="utf-8")),
        "## Zelf vragen",
        *_examples(i),
        "## Wijzigingen van de indicator",
        _table(("Datum", "Wat"), [(_day(c["date"]), _text(c["text_nl"])) for c in json.loads(i["changelog"])]),
    )


def _figures(known: Known, i: Row, breaks: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The chart of the main series, and a table of each series."""
    rows = known.figures.get(i["indicator_id"], [])
    for one in json.loads(i["series"]):
        by_year: dict[int, dict[str, Row]] = {}
        for row in rows:
            if row["series"] == one["id"]:
                by_year.setdefault(row["year"], {})[row["geo_level"]] = row
        if one["id"] == i["main_series"]:
            points = [(year, _value(of, "nplv"), _value(of, "nederland")) for year, of in sorted(by_year.items())]
            yield (
                '<div class="grafiek">'
                + chart(
                    points,
                    unit=i["unit"],
                    decimals=i["decimals"],
                    breaks=[b["year"] for b in breaks if b["series"] == one["id"]],
                    title=f"{i['name_nl']}: de gebieden samen en Nederland, {i['unit']}. De tabel hieronder heeft dezelfde cijfers.",
                    note=DEMO_MARK if known.is_demo else "",
                )
                + "</div>"
            )
        else:
            yield f"Reeks {_text(one['name_nl'])} (`{one['id']}`), die nooit aan een andere wordt geplakt:"
        levels = [level for level in GEO_NAMES if any(level in of for of in by_year.values())]
        table = []
        for year, of in sorted(by_year.items()):
            cells = [number(of[level]["value"], i["decimals"]) if level in of else "niet gegeven" for level in levels]
            first = of.get("nplv", {})
            table.append((str(year), *cells, f"`{first['status']}`" if first else "", _text(first.get("status_reason") or "")))
        yield _table(
            ("Jaar", *(GEO_NAMES[level].capitalize() if level == "nplv" else GEO_NAMES[level] for level in levels), "Status", "Opmerking"),
            table,
            right=range(1, len(levels) + 1),
        )
    yield f"Eenheid: {_text(i['unit'])}. Status en opmerking zijn die van de gebieden samen."


def _value(of_year: dict[str, Row], level: str) -> float | None:
    return of_year[level]["value"] if level in of_year else None


def _development(known: Known, i: Row) -> str:
    trend = known.trends.get(i["indicator_id"])
    if trend is None or trend["latest_value"] is None:
        return "Er is nog geen cijfer van de gebieden samen."
    rows = []
    for start in ("start1", "start2"):
        rows.append(
            (
                f"sinds {trend[f'{start}_year']}" if trend[f"{start}_year"] else "geen meting",
                signed(trend[f"change_{start}"], i["decimals"]),
                _text(trend[f"verdict_{start}"]),
                _text(trend[f"gap_verdict_{start}"]),
                _text(trend[f"break_{start}"] or ""),
            )
        )
    return _table(("Vergeleken", "Verandering", "Oordeel", "Achterstand op Nederland", "Breuk"), rows, right=(1,))


def _way(manifest: Manifest, mart: Node) -> str:
    """From which tables a mart is made, step by step."""
    behind = manifest.ancestors(mart.unique_id)
    found = [node for uid, node in manifest.nodes.items() if uid in behind and node is not mart]
    given = sorted({source for node in (*found, mart) for source in node.sources if source != "sources"})
    layers = [
        ("bronnen", given),
        ("staging", [n.name for n in found if n.schema == "staging"]),
        ("bewerking", [n.name for n in found if n.schema in ("intermediate", "areas")]),
        ("mart", [mart.name]),
    ]
    return _table(("Stap", "Tabellen"), [(name, ", ".join(f"`{one}`" for one in tables)) for name, tables in layers if tables])


def _examples(i: Row) -> Iterator[str]:
    """How to ask for the series of an indicator, in SQL, Python and R."""
    name, series = i["indicator_id"], i["main_series"]
    where = f"indicator_id = '{name}' AND series = '{series}'"
    yield _code("sql", f"SELECT year, value, nl_value, gap_difference\nFROM gap_over_time\nWHERE {where} AND geo_level = 'nplv'\nORDER BY year")
    yield _code(
        "python",
        "from nplv_orchestration import open_published\n\n"
        'with open_published(part="openbaar") as versie:\n'
        f"    cijfers = versie.sql(\"FROM mart_{name} WHERE series = '{series}'\").df()\n"
        'print(cijfers.pivot(index="year", columns="geo_level", values="value"))',
    )
    yield 'In R, na `nplv query --public --format csv --out cijfers.csv "FROM indicator_values"`:'
    yield _code(
        "r",
        'cijfers <- read.csv("cijfers.csv", encoding = "UTF-8")\n'
        f'reeks <- subset(cijfers, indicator_id == "{name}" & series == "{series}" & geo_level %in% c("nplv", "nederland"))\n'
        'print(reshape(reeks[c("year", "geo_level", "value")], idvar = "year", timevar = "geo_level", direction = "wide"))',
    )


def _tables(known: Known) -> str:
    rows = [
        (f"[`{name}`]({name.split('.')[0]}.md)", _text(in_dutch(name)), "alleen intern" if table.is_internal else "intern en openbaar")
        for name, table in _grouped(known.tables)
    ]
    return _page(
        "# Tabellen",
        f"Elke tabel van een gepubliceerde versie ({_english('data dictionary')}). Dezelfde betekenissen staan, in het Engels, in de database zelf: bij elke tabel en kolom. "
        "Elke tabel is er ook als Parquet.",
        _table(("Tabel", "Wat", "Waar"), rows),
        _toctree(_SCHEMAS),
    )


def _grouped(tables: Iterable[Table]) -> Iterator[tuple[str, Table]]:
    """The tables by the names under which they are told, with the first of the marts for all of them."""
    is_told = False
    for table in tables:
        if not table.name.startswith("marts.mart_"):
            yield table.name, table
        elif not is_told:
            is_told = True
            yield _MART, replace(table, description="The mart of one indicator; each has the same columns. One row for each geo, series and year.")


def _schema(known: Known, schema: str) -> str:
    parts = [f"# {schema}: {_SCHEMAS[schema].lower()}"]
    for name, table in _grouped(known.tables):
        if name.split(".")[0] != schema:
            continue
        rows = []
        for column, meaning in table.columns.items():
            kind = known.types.get((table.name, column))
            rows.append((f"`{column}`", f"`{kind}`" if kind else "alleen intern", f"{_text(in_dutch(name, column))}<br>{_english(meaning)}"))
        inside = " Alleen in de interne database." if table.is_internal else ""
        parts += [f"## {name.replace('*', '…')}", in_dutch(name) + inside, _english(table.description), _table(("Kolom", "Type", "Betekenis"), rows)]
    return _page(*parts)


def _lineage(known: Known) -> str:
    nodes = list(known.manifest.nodes.values())
    names = {node.unique_id: node.relation for node in nodes}
    kinds = {"seed": "vaste tabel", "model": "model"}
    rows = [
        (
            f"`{n.relation}`",
            kinds[n.kind],
            ", ".join(f"`{names[uid]}`" for uid in n.depends_on if uid in names),
            ", ".join(f"`{s}`" for s in n.sources),
        )
        for n in nodes
    ]
    columns = []
    for mart in known.manifest.marts.values():
        lines = [
            (f"`{column}`", ", ".join(f"`{table}.{origin}`" for table, origin in origins) or "vaste waarde")
            for column, origins in known.manifest.columns_from.get(mart.unique_id, {}).items()
            if column in mart.columns and column != "components"
        ]
        columns += [f"### {mart.name}", _table(("Kolom", "Komt uit"), lines)]
    return _page(
        "# Herkomst",
        f"De weg van de gegevens ({_english('lineage')}): bronnen, archief, staging, bewerking, marts, controles, poort, publicatie, editie. Elke tabel hieronder is uit die in de derde "
        "en vierde kolom gemaakt; wat in de database staat heet hetzelfde.",
        "## Tabellen",
        _table(("Tabel", "Soort", "Gemaakt uit", "Bronnen en vrijgave"), rows),
        "## Kolommen van de marts",
        *columns,
    )


def _calendar(known: Known) -> str:
    day = date.fromisoformat(known.facts["day"])
    rows = []
    for relation in dict.fromkeys(t.relation for t in REGISTRY if t.rhythm):
        tables = [t for t in REGISTRY if t.relation == relation and t.rhythm]
        rhythm = tables[-1].rhythm
        found = [
            year
            for s in known.sources
            if s["relation"] == relation and s["sha256"] and (year := s["newest_year"] or s["period"] or s["boundary_year"])
        ]
        if rhythm is None:
            continue
        name = f"{tables[-1].publisher}: {tables[-1].title}"
        if not found:
            rows.append((_text(name), "geen", "", "", "er is nog niets"))
            continue
        wanted = max(found) + rhythm.every
        until = due(wanted, rhythm.months)
        rows.append((_text(name), str(max(found)), str(wanted), _day(until), "te laat" if day >= until else "op tijd"))
    of_indicators = [
        (
            _text(i["name_nl"]),
            str(known.trends[i["indicator_id"]]["latest_year"] or "") if i["indicator_id"] in known.trends else "",
            f"{i['due_after_months']} maanden",
        )
        for i in known.indicators
    ]
    return _page(
        "# Kalender",
        _mark(known),
        f"Wanneer nieuwe cijfers komen ({_english('calendar')}), gezien vanaf {day.isoformat()}. De termijnen zijn ruim gekozen naar wat uitgevers eerder deden.",
        "## Bronnen",
        _table(("Bron", "Cijfers tot en met", "Volgend jaar", "Uiterlijk", "Stand"), rows),
        "## Indicatoren",
        _table(("Indicator", "Laatste jaar", "Termijn na een jaar"), of_indicators),
        "Elke nacht wordt elke bron gevraagd of zij iets nieuws heeft; de editie bij de Kamerbrief verschijnt eens per jaar.",
    )


def _changes(known: Known) -> str:
    names = {i["indicator_id"]: i for i in known.indicators}
    rows = []
    for c in known.changes:
        decimals = names[c["indicator_id"]]["decimals"] if c["indicator_id"] in names else 1
        figures = (number(c[name], decimals) for name in ("value_before", "value"))
        rows.append((f"`{c['indicator_id']}`", _text(c["geo_name"]), str(c["year"]), c["what"], *figures, _text(because(c))))
    made = sorted(
        (
            (str(c["date"]), f"[{_text(i['name_nl'])}](indicatoren/{i['indicator_id']}.md)", _text(c["text_nl"]))
            for i in known.indicators
            for c in json.loads(i["changelog"])
        ),
        reverse=True,
    )
    last = known.changes[0]["version"] if known.changes else ""
    of_this = "" if last == known.facts["version"] else "In deze versie veranderde geen cijfer. "
    return _page(
        "# Wijzigingen",
        _mark(known),
        f"Wat er veranderde ({_english('what changed')}); alles, ook van eerdere versies, staat in `marts.indicator_changes`.",
        "## Cijfers",
        f"{of_this}In versie `{last}`:" if rows else "Er veranderde nog geen cijfer sinds de eerste versie.",
        _table(("Indicator", "Waar", "Jaar", "Wat", "Was", "Is nu", "Waarom"), rows, right=(4, 5)) if rows else "",
        "## Indicatoren",
        _table(("Datum", "Indicator", "Wat"), made),
    )
