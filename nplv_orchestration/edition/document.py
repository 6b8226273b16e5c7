"""What the progress overview tells, in the order in which it is read: as blocks, which each form of the document (page, pdf) draws in its own way.

Words and order belong here; a sentence about a figure is made in `sentences`, how a block looks is up to the form.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nplv_orchestration.edition import achieved
from nplv_orchestration.edition.chart import chart
from nplv_orchestration.edition.difference import HEAD, Moved
from nplv_orchestration.edition.difference import rows as difference_rows
from nplv_orchestration.edition.sentences import sentences
from nplv_orchestration.edition.table import (
    DEMO_MARK,
    UNDECIDED,
    Edition,
    breaks,
    changes,
    development,
    number,
    remarks,
    signed,
)

_UPRIGHT = 6  # columns that stand beside each other on a page


@dataclass(frozen=True)
class Heading:
    """A heading of level 2 to 4; anchor: what a link goes to; is_on_new_page: whether a page begins with it, where there are pages."""

    level: int
    text: str
    anchor: str = ""
    is_on_new_page: bool = False


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Points:
    """A list of lines."""

    lines: Sequence[str]


@dataclass(frozen=True)
class Terms:
    """Words, each with what it stands for."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Cell:
    """A cell of a table. below: smaller lines under it; is_number: it is set to the right; is_empty: it says in words that there is no figure."""

    text: str
    below: tuple[str, ...] = ()
    is_number: bool = False
    is_empty: bool = False


@dataclass(frozen=True)
class Table:
    """A table whose first column names its rows. widths: of the columns, in parts of a hundred."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    widths: Sequence[int]

    @property
    def is_wide(self) -> bool:
        """Whether it has so many columns that on paper it is laid across."""
        return len(self.head) > _UPRIGHT


@dataclass(frozen=True)
class Picture:
    """A chart in SVG. told: the same in words."""

    svg: str
    told: str


Block = Heading | Text | Points | Terms | Table | Picture


def title_of(edition: Edition) -> str:
    """The title of every form of the edition."""
    return f"Voortgangsoverzicht {edition.programme.name_nl} {edition.year}"


def notes_of(edition: Edition) -> list[str]:
    """What stands below the title in every form, but for the mark of invented figures."""
    standing = edition.standing.told()
    return [
        *([f"{standing}."] if standing else []),
        f"Cijfers van het totaal van de {edition.areas} {edition.programme.areas_nl}; gebieden worden niet met elkaar vergeleken.",
        f"Gebiedsafbakening: {edition.delineated}." + (" De lijst van buurten is nog niet officieel." if "kandidaat" in edition.delineated else ""),
        f"Cijfers tot en met {edition.year}, vergeleken op de gemeente-, wijk- en buurtgrenzen van {edition.facts['boundary_year']}.",
        f"{len(edition.rows) - len(edition.missing)} van de {len(edition.rows)} indicatoren hebben een cijfer.",
        f"Gegevensversie {edition.facts['version']}.",
    ]


def cover(edition: Edition) -> list[str]:
    """Title, mark and notes in one, where they are lines of a text."""
    return [title_of(edition), *([edition.mark] if edition.mark else []), *notes_of(edition)]


def document(edition: Edition) -> list[Block]:
    """The whole overview, without its title and notes."""
    told = (
        _erratum, _summary, _absent, _about, _main_figures, _grant, _survey, _overview, _reading, _changed, _examples, _indicators, _questions, _delineation, _checked, _citing,
        _accessible, _sources,
    )  # fmt: skip
    return [block for part in told for block in part(edition)]


def parts(blocks: Sequence[Block]) -> list[list[Block]]:
    """The blocks of each heading of the highest level, with that heading."""
    found: list[list[Block]] = []
    for block in blocks:
        if isinstance(block, Heading) and block.level == 2:
            found.append([])
        found[-1].append(block)
    return found


def is_wide(part: Iterable[Block]) -> bool:
    """Whether a part stands on pages that are laid across."""
    return any(isinstance(block, Table) and block.is_wide for block in part)


def with_names(edition: Edition) -> list[str]:
    """The texts of the document in which areas and their municipalities are named: the list of areas, and the approved examples."""
    return [text for part in (_examples, _delineation) for block in part(edition) for text in texts_of(block)]


def texts_of(block: Block) -> list[str]:
    """All texts of a block, in the order of reading."""
    match block:
        case Heading() | Text():
            return [block.text]
        case Points():
            return list(block.lines)
        case Terms():
            return [text for pair in block.pairs for text in pair]
        case Table():
            return [block.caption, *block.head, *(text for row in block.rows for cell in row for text in (cell.text, *cell.below))]
        case Picture():
            return [block.told]


# ------------------------------------------------------------------------------------------------------------ the parts


def _erratum(edition: Edition) -> Iterator[Block]:
    if edition.erratum:
        yield Heading(2, "Erratum", "erratum")
        for line in edition.erratum:
            yield Text(line)


def _summary(edition: Edition) -> Iterator[Block]:
    """In plain words: in which direction the indicators went, and whether the distance to the country became less."""
    yield Heading(2, "Samenvatting", "samenvatting")
    yield Text(
        f"In {edition.areas} gebieden in {cities(edition)} werken gemeenten, het Rijk en bewoners samen aan leefbaarheid en veiligheid: de "
        f"{edition.programme.areas_nl}. Dit overzicht laat met {len(edition.rows)} indicatoren zien hoe het daar gaat. Elk cijfer gaat over alle gebieden samen."
    )
    moved: dict[str, list[str]] = {}
    for row in edition.rows:
        moved.setdefault(_direction(row), []).append(row["name_nl"])
    told = {
        "goed": "Het cijfer ging de goede kant op, of kwam dichter bij dat van Nederland",
        "slecht": "Het cijfer ging de verkeerde kant op, of kwam verder van dat van Nederland af",
        "gelijk": "Er veranderde weinig",
        "wisselend": "Het beeld is wisselend: het hangt af van het startjaar",
        "onbekend": "Er is nog niet te zeggen hoe het zich ontwikkelde",
        "ontbreekt": "Er is geen cijfer",
    }
    yield Points([f"{text} ({len(moved[way])}): {'; '.join(moved[way])}." for way, text in told.items() if way in moved])
    gaps = [row["gap_verdict"] for row in edition.rows if row["latest_value"] is not None]
    yield Text(
        f"Bij {_counted(gaps.count('ingelopen'))} werd het verschil met Nederland kleiner, bij {_counted(gaps.count('opgelopen'))} werd het groter."
    )
    yield Text("De cijfers laten zien wat er veranderde. Zij laten niet zien hoe dat kwam.")


def cities(edition: Edition) -> str:
    """In how many cities the areas lie, in words."""
    return "één stad" if edition.municipalities == 1 else f"{edition.municipalities} steden"


def _absent(edition: Edition) -> Iterator[Block]:
    """The indicators without a figure, and what the programme did not deliver, with the reason; silence about a source would be worse than none."""
    not_delivered = list(achieved.absent(edition))
    if edition.missing or not_delivered:
        yield Heading(2, "Wat ontbreekt", "ontbreekt")
    if edition.missing:
        yield Text("Van deze indicatoren is er geen cijfer. Er staat dan nooit een nul.")
        yield Points([f"{row['name_nl']}: {row['status_reason']}" for row in edition.missing])
    if not_delivered:
        yield Text("Van wat er gedaan is, is dit er nog niet:")
        yield Points(not_delivered)


def _counted(number: int) -> str:
    return "geen enkele indicator" if number == 0 else "1 indicator" if number == 1 else f"{number} indicatoren"


def _direction(row: dict[str, Any]) -> str:
    if row["latest_value"] is None:
        return "ontbreekt"
    verdict = row["gap_verdict"] if row["relative"] else row["verdict"]
    ways = {"verbeterd": "goed", "ingelopen": "goed", "verslechterd": "slecht", "opgelopen": "slecht", "stabiel": "gelijk", "gelijk": "gelijk"}
    return ways.get(verdict, "wisselend" if verdict == "wisselend" else "onbekend")


def _about(edition: Edition) -> Iterator[Block]:
    yield Heading(2, "Wat deze monitor is", "monitor")
    yield Text(
        f"{edition.programme.about_nl} Alle cijfers komen uit landelijke bronnen, zoals "
        "registraties en schattingen van CBS, RIVM, de politie en de Leefbaarometer; gemeenten leveren er geen cijfers voor aan."
    )
    yield Text(
        "Gebieden worden niet met elkaar vergeleken. Daarom staat hier alleen het totaal van de gebieden, naast het cijfer van Nederland. Nederland is het "
        "hele land, inclusief de gebieden. Hoe de uitkomst over de gebieden verdeeld is, staat er in woorden bij."
    )
    yield Text("Veranderingen in een wijk kosten jaren. Een verschil van een of twee jaar zegt daarom weinig.")


def _main_figures(edition: Edition) -> Iterator[Block]:
    """Each actielijn: of every indicator its sentences and its chart."""
    yield Heading(2, "De cijfers in zinnen en grafieken", "cijfers")
    for actielijn, title in edition.lines.items():
        yield Heading(3, f"Actielijn {title}", f"actielijn-{actielijn}")
        yield from _done(edition, actielijn, title)
        for row in edition.rows:
            if row["actielijn"] == actielijn:
                yield Heading(4, row["name_nl"])
                yield Text(" ".join(sentences(row, edition.programme.areas_nl)))
                yield from _chart(edition, row)


def _done(edition: Edition, actielijn: str, title: str) -> Iterator[Block]:
    """What the programme did meanwhile in an action line, beside the effects that take years."""
    results = [row for row in edition.achieved if row["actielijn"] == actielijn]
    told = achieved.sentences(results, [row for row in edition.milestones if row["actielijn"] == actielijn])
    if told:
        yield Heading(4, f"Wat er gedaan is: {title.lower()}")
        yield Points(told)
    if results:
        yield Table(
            f"Resultaten {title.lower()}",
            ("Resultaat", "Stand", "Aantal", "Gepland", "Vorige brief", "Toelichting"),
            [_achieved(row) for row in results],
            (23, 17, 11, 11, 12, 26),
        )


def _achieved(row: dict[str, Any]) -> list[Cell]:
    decimals, suffix = {"percentage": (1, "%"), "gemiddelde": (1, "")}.get(row["kind"], (0, ""))

    def cell(value: float | None, below: tuple[str, ...] = ()) -> Cell:
        return Cell(
            number(value, decimals) + (suffix if value is not None else ""),
            below if value is not None else (),
            is_number=True,
            is_empty=value is None,
        )

    window = f"{'sinds' if row['counting'] == 'cumulatief' else 'van'} {row['window_from']:%d-%m-%Y}, tot en met {row['window_to']:%d-%m-%Y}"
    reason = [row["status_reason"]] if row["status_reason"] else []
    return [
        Cell(row["name_nl"], (row["unit"],)),
        Cell(row["state"], (row["quality"],)),
        cell(row["value"]),
        cell(row["planned"] if row["state"] != "gepland" else None),
        cell(row["previous_value"], (str(row["previous_round"]),)),
        Cell("; ".join([f"{row['scheme']}, {window}", *achieved.partly(row), *reason])),
    ]


def _grant(edition: Edition) -> Iterator[Block]:
    """The grant, by theme and department."""
    if not edition.grant:
        return
    yield Heading(2, "De uitkering Kansrijke Wijk", "kansrijke-wijk", is_on_new_page=True)
    yield Text(" ".join(achieved.granted(edition.grant)))
    themes = dict.fromkeys(
        (row["theme_nl"], row["department"]) for row in sorted(edition.grant, key=lambda row: (row["theme"] == "alle", row["number"]))
    )
    rows = []
    for theme, department in themes:
        amounts = [achieved.summed(row for row in edition.grant if row["theme_nl"] == theme and row["item"] == item) for item in achieved.ITEMS]
        cells = [Cell(achieved.in_millions(euro), is_number=True, is_empty=euro is None) for euro in amounts]
        rows.append([Cell(theme), Cell(department or "alle"), *cells])
    yield Table(
        "De uitkering naar thema, in miljoenen euro",
        ("Thema", "Departement", *(item.capitalize() for item in achieved.ITEMS)),
        rows,
        (30, 14, 14, 14, 14, 14),
    )
    yield Text(
        "Een bedrag dat uit een of twee gebieden komt, wordt niet verteld, en dan geen enkel thema van die post: het zou uit de andere volgen."
    )


def _survey(edition: Edition) -> Iterator[Block]:
    """What the programme offices answered, counted."""
    if not edition.survey:
        return
    yield Heading(2, "De enquête onder de programmabureaus", "enquete")
    yield Text(achieved.responded(edition.survey))
    yield Terms(list(achieved.answered(edition.survey)))
    if edition.quotes:
        yield Text("Uit de antwoorden in eigen woorden, met instemming:")
        yield Points([f"„{row['quote']}”" for row in edition.quotes])


def _chart(edition: Edition, row: dict[str, Any]) -> Iterator[Block]:
    points = edition.points.get(row["indicator_id"], [])
    if not any(value is not None for _, value, _ in points):
        return
    known = "; ".join(
        f"{year}: {number(value, row['decimals'])}, Nederland {number(national, row['decimals'])}"
        for year, value, national in points
        if value is not None
    )
    svg = chart(
        points,
        unit=row["unit"],
        decimals=row["decimals"],
        breaks=[b["year"] for b in breaks(row)],
        title=f"{row['name_nl']}, de gebieden samen en Nederland",
        note=DEMO_MARK if edition.is_demo else "",
    )
    yield Picture(svg, f"{row['name_nl']}, de gebieden samen ({row['unit']}). {known}.")


def _head(edition: Edition) -> tuple[str, ...]:
    """The heads of the overview table; an indicator whose series begins later has its own first year below its figure."""

    def since(start: str) -> str:
        years = [row[f"{start}_year"] for row in edition.rows if row[f"{start}_year"]]
        return f"{min(years)} of later" if years else "Eerder"

    return (
        "Indicator", since("start1"), since("start2"), "Laatste cijfer", "Nederland, inclusief de gebieden", "Verandering", "Verschil met Nederland", "Verhouding",
        "Ontwikkeling", "Dekking", "Opmerking",
    )  # fmt: skip


_WIDTHS = (17, 8, 8, 6, 8, 9, 8, 8, 10, 6, 12)


def _overview(edition: Edition) -> Iterator[Block]:
    yield Heading(2, "Overzichtstabel", "tabel")
    head = _head(edition)
    for actielijn, title in edition.lines.items():
        rows = [_row(row) for row in edition.rows if row["actielijn"] == actielijn]
        yield Table(f"Actielijn {title}", head, rows, _WIDTHS)


def _row(row: dict[str, Any]) -> list[Cell]:
    decimals = row["decimals"]

    def figure(point: str) -> Cell:
        year = row[f"{point}_year"]
        if point != "latest" and year and year == row["latest_year"]:
            return Cell("geen eerder cijfer", is_number=True, is_empty=True)
        value, country = row[f"{point}_value"], row[f"{point}_nl"]
        beside = [f"Nederland {number(country, decimals)}"] if point != "latest" and country is not None else []  # the latest has a column of its own
        return Cell(number(value, decimals), (str(year), *beside) if year else (), is_number=True, is_empty=value is None)

    moved = changes(row)
    change = Cell(" en ".join(f"{signed(c, decimals)} sinds {year}" for c, year in moved) or UNDECIDED, is_number=True, is_empty=not moved)
    gap = row["gap_difference_latest"]
    ratio = row["gap_ratio_latest"]
    ways = [f"achterstand {row['gap_verdict']}"] if not row["relative"] and row["gap_verdict"] not in (None, UNDECIDED) else []
    return [
        Cell(row["name_nl"], (row["unit"],)),
        figure("start1"),
        figure("start2"),
        figure("latest"),
        Cell(number(row["latest_nl"], decimals), is_number=True, is_empty=row["latest_nl"] is None),
        change,
        Cell(UNDECIDED if gap is None else signed(gap, decimals), is_number=True, is_empty=gap is None),
        Cell(number(ratio, 2) if ratio is not None or row["latest_value"] is None else "niet van toepassing", is_number=True, is_empty=ratio is None),
        Cell(development(row), tuple([*ways, *([row["spread"]] if row["spread"] else [])])),
        Cell(
            f"{number(100 * row['coverage'], 1)}%" if row["latest_value"] is not None else number(None, 0),
            is_number=True,
            is_empty=row["latest_value"] is None,
        ),
        Cell(remarks(row)),
    ]


def _reading(edition: Edition) -> Iterator[Block]:
    first, second = edition.start_years
    yield Heading(2, "Zo leest u de tabel", "lezen")
    yield Points(
        [
            f"Ontwikkeling: verbeterd of verslechterd als het cijfer sinds {first} én sinds {second} meer veranderde dan de kleinste relevante verandering, die bij "
            "elke indicator hieronder staat. Is er maar sinds één van beide jaren zo'n verandering, dan geldt die. Wijzen ze elk een andere kant op, dan is de "
            "ontwikkeling wisselend. Bij een schatting met een marge moeten ook de marges elkaar niet overlappen; anders is zij stabiel. Over een breuk in de "
            "manier van tellen heen wordt niet vergeleken.",
            "Achterstand: ingelopen of opgelopen als het verschil met Nederland en de verhouding tot Nederland dezelfde kant op wijzen, anders wisselend.",
            f"In de meeste gebieden, in een minderheid: in hoeveel van de {edition.areas} gebieden het verschil met Nederland sinds {second} kleiner werd, in "
            "klassen, zodat er geen gebied uit volgt.",
            "Wat er gedaan is: van grote aantallen staan twee cijfers in de zin. Bijna is iets minder, ruim is iets meer, circa of ongeveer is een schatting. In de "
            "tabel staat het aantal zoals het geleverd is.",
            "Dekking: het deel van de bevolking of de woningen waarvoor de bron een cijfer gaf.",
            "Voorlopig: de uitgever kan het cijfer nog bijstellen, of de aantallen waardoor is gedeeld zijn van een ander jaar. Niet bijgewerkt: het laatst "
            "gepubliceerde cijfer, omdat een nieuwer cijfer de controles niet doorstond.",
        ]
    )


def _changed(edition: Edition) -> Iterator[Block]:
    """What differs from the edition before this one; of one indicator after another, never of an area."""
    yield Heading(2, "Wat er veranderde sinds de vorige editie", "veranderd")
    if not edition.compared_with:
        yield Text("Dit is de eerste editie die met dit systeem is gemaakt; er is geen eerdere om mee te vergelijken.")
        return
    if not edition.moved:
        yield Text(f"Alle cijfers zijn dezelfde als in editie {edition.compared_with}.")
        return
    yield Text(
        f"Vergeleken met editie {edition.compared_with}: de cijfers zoals zij daar stonden, en zoals zij nu zijn. Bij elk verschil staat waar het van komt: een "
        "nieuw jaar, een bron die is herzien, een andere methode of een andere afbakening van de gebieden. Werkte meer dan een daarvan mee, dan staat het aandeel "
        "van elk erbij, of dat het niet te scheiden is."
    )
    yield difference_table(edition.compared_with, edition.moved)


def difference_table(name: str, moved: Iterable[Moved]) -> Table:
    """What moved, set against the edition of that name."""
    rows = [[Cell(text, is_number=place in (3, 4)) for place, text in enumerate(cells)] for cells in difference_rows(moved)]
    return Table(f"Verschillen met editie {name}", HEAD, rows, (30, 12, 8, 14, 14, 22))


def _examples(edition: Edition) -> Iterator[Block]:
    """What people in areas tell, in words; the only place where an area is named beside what happened there."""
    if edition.examples:
        yield Heading(2, "Voorbeelden en ervaringen", "voorbeelden")
        yield Text("Deze voorbeelden komen uit de gebieden zelf. Zij staan los van de cijfers in dit overzicht.")
        for example in edition.examples:
            yield Heading(3, example["title_nl"])
            yield Text(f"{example['text_nl']} ({example['area_name']}. Bron: {example['source']}, {_day(example['told_on'])}.)")


def _day(iso: str) -> str:
    """A day as a Dutch reader sees it."""
    return "-".join(reversed(iso.split("-")))


def _indicators(edition: Edition) -> Iterator[Block]:
    """Each indicator on a page of its own: what it is, how it is made, what it does not say, and its figures of all years."""
    yield Heading(2, "Wat de cijfers wel en niet zeggen", "indicatoren", is_on_new_page=True)
    for place, row in enumerate(edition.rows):
        basis = ", in de verhouding tot Nederland (Nederland = 100)" if row["trend_basis"] == "verhouding" else ""
        yield Heading(3, f"{row['number']}. {row['name_nl']}", row["indicator_id"], is_on_new_page=place > 0)
        yield Terms(
            [
                ("Definitie", row["definition_nl"]),
                ("Peildatum", row["reference_nl"]),
                ("Berekening", f"{row['method_nl']} Teller: {row['numerator_nl']}. Noemer: {row['denominator_nl']}."),
                *_arithmetic(row),
                ("Kleinste relevante verandering", f"{number(row['smallest_change'], row['decimals'])}{basis}"),
                ("Marge", row["uncertainty_nl"]),
                ("Wat dit cijfer wel zegt", f"Hoe hoog {json.loads(row['wording_nl'])['subject']} was in alle gebieden samen, naast Nederland."),
                ("Wat dit cijfer niet zegt", row["caveat_nl"]),
                ("Breuken", " ".join(f"{b['year']}: {b['text_nl'].rstrip('.')}." for b in breaks(row)) or "Geen."),
                ("Bronnen", " ".join(_rests_on(edition, row)) or "Er is geen bron beschikbaar."),
                ("Wijzigingen van de indicator", " ".join(f"{_day(change['date'])}: {change['text_nl']}" for change in json.loads(row["changelog"]))),
            ]
        )
        yield from _all_years(edition, row)


def _all_years(edition: Edition, row: dict[str, Any]) -> Iterator[Block]:
    """The figures of all years of an indicator, as a table."""

    def cell(value: float | None, *, has_sign: bool = False) -> Cell:
        return Cell((signed if has_sign else number)(value, row["decimals"]), is_number=True, is_empty=value is None)

    rows = [
        [Cell(str(year)), cell(value), cell(national), cell(None if value is None or national is None else value - national, has_sign=True)]
        for year, value, national in edition.points.get(row["indicator_id"], [])
    ]
    if rows:
        yield Table(f"{row['name_nl']} per jaar ({row['unit']})", ("Jaar", "Gebieden", "Nederland", "Verschil"), rows, (25, 25, 25, 25))


def _rests_on(edition: Edition, row: dict[str, Any]) -> Iterator[str]:
    """What an indicator rests on, each kind of table once: which tables, of when the newest is, and under which licence."""
    for relation in json.loads(row["sources"]):
        tables = [source for source in edition.sources if source["relation"] == relation and source["sha256"]]
        if tables:
            last = tables[-1]
            several = f"{tables[0]['table_id']} en {len(tables) - 1} volgende, waarvan de nieuwste "
            which = f"{several if len(tables) > 1 else ''}{last['table_id']}"
            yield f"{last['publisher']} {which}, {last['title']}{_version(last)}; licentie {last['licence']}."


def _arithmetic(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The latest figure from its parts, where it is a numerator by a denominator."""
    if row["latest_value"] is None or row["numerator"] is None or not row["denominator"]:
        return
    value = float(row["multiplier"]) * row["numerator"] / row["denominator"]
    if number(value, row["decimals"]) != number(row["latest_value"], row["decimals"]):
        return  # it is set against the country after this, which the method tells
    parts = f"{number(row['numerator'], 0)} gedeeld door {number(row['denominator'], 0)}"
    times = "" if row["multiplier"] == 1 else f", maal {number(row['multiplier'], 0)}"
    yield "Rekensom", f"{parts}{times} is {number(value, row['decimals'])} in {row['latest_year']}."


def _version(told: dict[str, Any]) -> str:
    """Of when the version of a source is, where its publisher says so."""
    return f", versie van {told['source_modified'].strftime('%d-%m-%Y')}" if told["source_modified"] else ""


def _questions(edition: Edition) -> Iterator[Block]:
    yield Heading(2, "Vragen en antwoorden", "vragen", is_on_new_page=True)
    yield Terms(
        [
            (
                "Komt een verandering door het programma?",
                "Dat is uit deze cijfers niet af te leiden. Zij beschrijven wat er veranderde, in de gebieden en in Nederland. Daar spelen ook de economie, landelijke regels en "
                "verhuizingen een rol.",
            ),
            (
                "Verbergt een totaal niet wat er in een gebied gebeurt?",
                "Een totaal kan stijgen terwijl een gebied daalt. Daarom staat er bij elke indicator in woorden in welk deel van de gebieden het verschil met "
                "Nederland kleiner werd. Met de gebieden is afgesproken dat zij niet met elkaar vergeleken worden.",
            ),
            (
                "Waarom is het laatste jaar niet overal hetzelfde?",
                "Elke bron heeft een eigen ritme: sommige verschijnen elk jaar, andere om de twee jaar, en sommige pas na anderhalf jaar. Steeds staat het nieuwste cijfer er, met zijn jaar.",
            ),
            (
                "Waarom wijkt een cijfer af van wat eerder gemeld is?",
                "Uitgevers stellen cijfers bij, ook van eerdere jaren. Dit overzicht gebruikt steeds de nieuwste versie van een bron, voor alle jaren.",
            ),
            (
                "Waarom ontbreekt er een cijfer?",
                "Omdat een bron er niet is, te weinig van de gebieden bestrijkt, of een controle niet doorstond. De reden staat erbij. Er staat dan nooit een nul.",
            ),
        ]
    )


def _delineation(edition: Edition) -> Iterator[Block]:
    """Which areas take part, and of how many buurten each is made; the codes of these are in a file of their own."""
    yield Heading(2, "De gebieden en hun afbakening", "gebieden")
    yield Text(
        f"Het totaal is dat van {len(edition.delineation)} buurten, op de grenzen van {edition.facts['boundary_year']}. Welke dat zijn, staat zonder cijfers in "
        f"het bestand afbakening.csv. De afbakening is {edition.delineated}."
    )
    buurten = Counter((row["area_name"], row["municipality_name"]) for row in edition.delineation)
    rows = [[Cell(area), Cell(municipality), Cell(number(count, 0), is_number=True)] for (area, municipality), count in sorted(buurten.items())]
    yield Table(f"De {edition.programme.areas_nl}", ("Gebied", "Gemeente", "Aantal buurten"), rows, (45, 35, 20))


def _checked(edition: Edition) -> Iterator[Block]:
    yield Heading(2, "Controles en ontheffingen", "controles")
    listed = edition.failed
    yield Text(
        f"Aan deze cijfers gingen {number(len(edition.results), 0)} controles vooraf. Een indicator die een controle niet doorstaat, houdt haar laatst gepubliceerde "
        f"cijfers. {'Geen controle bleef' if not listed else 'Eén controle bleef' if listed == 1 else f'{number(listed, 0)} controles bleven'} als opvallend staan."
    )
    waived = [f"{row['name_nl']}: {row['waivers']}." for row in edition.rows if row["waivers"]]
    yield Points(waived) if waived else Text("Er is geen ontheffing gebruikt.")


def _citing(edition: Edition) -> Iterator[Block]:
    yield Heading(2, "Zo verwijst u naar dit overzicht", "verwijzen")
    yield Text(f"{title_of(edition)}, revisie {edition.standing.revision}, gegevensversie {edition.facts['version']}.")


def _accessible(edition: Edition) -> Iterator[Block]:
    yield Heading(2, "Toegankelijkheid", "toegankelijkheid")
    yield Text(
        "De webpagina is gemaakt naar WCAG 2.2 niveau AA, de pdf naar PDF/UA-1 en PDF/A-2a. Elke grafiek staat er ook in woorden en getallen bij, en geen "
        "betekenis hangt aan kleur alleen. De tabel is er ook als rekenblad (ods en xlsx) en als csv. Kunt u iets niet lezen of gebruiken, meld het dan aan "
        f"{edition.rows[0]['owner']}; dat is nodig om het te verbeteren."
    )


def _sources(edition: Edition) -> Iterator[Block]:
    yield Heading(2, "Bronnen", "bronnen")
    lines = []
    for source in (s for s in edition.sources if s["sha256"]):
        reason = f" {source['reason']}." if source["reason"] else ""
        lines.append(f"{source['publisher']} {source['table_id']}, {source['title']}{_version(source)}. Licentie {source['licence']}.{reason}")
    yield Points(lines)
