"""What people deliver in the demo country: the areas and corrections, CBS maatwerk and EP-Online's total files, as files in folders."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from csv import writer
from datetime import UTC, date, datetime, time
from pathlib import Path

import numpy as np

from nplv_orchestration.demo import programme
from nplv_orchestration.demo.calendar import START, published, release
from nplv_orchestration.demo.cbs import ADDRESSES, postcode
from nplv_orchestration.demo.chance import uniform
from nplv_orchestration.demo.country import CITIES
from nplv_orchestration.demo.figures import LAST, Figures
from nplv_orchestration.demo.mistake import SOURCE, corrections, is_made
from nplv_orchestration.demo.packed import packed
from nplv_orchestration.home import write_atomically
from nplv_orchestration.sources.forms import Form
from nplv_orchestration.sources.registry import BOUNDARY_YEAR, BY_KEY
from nplv_orchestration.versions import code_fingerprint

_AREA_FILES = ("focus_areas.csv", "focus_area_regions.csv")
_REVIEWED_FILES = (*_AREA_FILES, "corrections.csv", "waivers.csv", "examples.csv")
_MAATWERK_FILES = ("maatwerk_armoede.xlsx", "maatwerk_jeugd_en_onderwijs.csv")
_HEAD = ("indicator", "jaar", "niveau", "code", "teller", "noemer", "status")
_POVERTY = ("armoede_huishoudens", "armoede_kinderen")
_YOUTH = ("zonder_startkwalificatie", "onderwijsachterstand", "jeugd_verdachten")
_LABEL_FILES = {f"v{year}1201_v4_csv.zip": year for year in range(2020, LAST + 1)}  # the total files that were kept
_LABELS = ("A++++", "A+++", "A++", "A+", "A", "B", "C", "D", "E", "F", "G")
_SECRET = ("jeugd_verdachten", 2019, "gissingbeek-west")  # a cell that CBS does not tell


def deliver(figures: Figures, night: int, inbox: Path, reviewed: Path) -> None:
    """Put the files of a night into the inbox and the folder of the reviewed files, once for each release: what was put down is taken from the inbox."""
    country = figures.country
    stamp = reviewed / "stamp"
    told = f"{country.name} {release('cbs_maatwerk', night)} {is_made(release(SOURCE, night))} {code_fingerprint()}"
    described = [reviewed / name for name in _REVIEWED_FILES]
    delivered = stamp.exists() and stamp.read_text(encoding="utf-8") == told
    if delivered and all(path.exists() for path in described):
        return
    content = files(figures, night)
    for path in described if delivered else [*described, *(inbox / name for name in sorted(content.keys() - {*_REVIEWED_FILES}))]:
        write_atomically(path, content[path.name])
        labelled = _LABEL_FILES.get(path.name)
        day = date(labelled, 12, 2) if labelled else published(BY_KEY["cbs_maatwerk"], night if path.name in _MAATWERK_FILES else 0)
        moment = datetime.combine(day, time(2), UTC).timestamp()
        os.utime(path, (moment, moment))
    write_atomically(stamp, told.encode())


def files(figures: Figures, night: int) -> dict[str, bytes]:
    """All deliveries of a night, by file name."""
    last_poverty = 2023 + release("cbs_maatwerk", night)
    found = _areas(figures) | {"corrections.csv": corrections(figures, night)}
    found["waivers.csv"] = (",".join(BY_KEY["waivers"].columns) + "\n").encode()
    found["examples.csv"] = _examples(figures)
    xlsx, csv = _MAATWERK_FILES
    found[xlsx] = _sheets(_HEAD, {indicator: list(_rows(figures, indicator, last_poverty)) for indicator in _POVERTY})
    lines = [row for indicator in _YOUTH for row in _rows(figures, indicator, 2024)]
    found[csv] = ("\n".join(";".join(map(str, row)) for row in [_HEAD, *lines]) + "\n").encode()
    for name, year in _LABEL_FILES.items():
        found[name] = packed({name.replace("_csv.zip", ".csv"): _labels(figures, year)})
    return found | _filled_in(programme.sheets(figures.country))


def wrong(figures: Figures) -> dict[str, bytes]:
    """Deliveries that are refused, by file name, to look at."""
    return _filled_in(programme.wrong(figures.country))


def _filled_in(sheets: dict[str, tuple[Form, list[programme.Row]]]) -> dict[str, bytes]:
    return {name: _sheets(form.heads, {form.kind: rows}) for name, (form, rows) in sheets.items()}


def _examples(figures: Figures) -> bytes:
    """What people tell of two areas."""
    told = (
        ("Een speeltuin van bewoners", "Bewoners knapten samen een speeltuin op. Er is nu elke middag iemand om een praatje mee te maken."),
        ("Een inloop naast de bibliotheek", "Naast de bibliotheek kan iedereen binnenlopen met vragen over geld, werk of een brief van de overheid."),
    )
    text = io.StringIO()
    out = writer(text, lineterminator="\n")
    out.writerow(BY_KEY["examples"].columns)
    for area, (title, words) in zip(figures.country.areas, told, strict=False):
        out.writerow((area.area_id, title, words, "verzonnen voorbeeld", "2025-06-12", "verzonnen programmabureau", "2025-06-20"))
    return text.getvalue().encode()


def _areas(figures: Figures) -> dict[str, bytes]:
    """The composition of the areas, as `sources.reviewed` reads it."""
    country = figures.country
    residents = figures.residents(LAST)
    areas = ["area_id,area_name,municipality_code,municipality_name,inhabitants_2025_x1000,fit,delineation"]
    regions = ["area_id,region_code,boundary_year"]
    codes = country.buurt_codes(BOUNDARY_YEAR)
    for number, area in enumerate(country.areas):
        inside = np.flatnonzero(country.area == number)
        code = f"GM{codes[inside[0]][:4]}"
        people = residents[inside].sum() / 1000
        areas.append(f"{area.area_id},{area.name},{code},{country.names[area.municipality]},{people:.0f},good,verzonnen")
        regions += [f"{area.area_id},BU{codes[n]},{BOUNDARY_YEAR}" for n in inside]
    return {name: ("\n".join(lines) + "\n").encode() for name, lines in zip(_AREA_FILES, (areas, regions), strict=True)}


def _rows(figures: Figures, indicator: str, last: int) -> Iterator[tuple[object, ...]]:
    """Counts of areas, municipalities, what is left of these, and the country; the last year is provisional."""
    country = figures.country
    codes = country.buurt_codes(BOUNDARY_YEAR)
    for year in range(2018, last + 1):
        status = "Voorlopig" if year == last else "Definitief"
        part, whole = figures.maatwerk(indicator, year)
        groups = [("gebied", area.area_id, country.area == number) for number, area in enumerate(country.areas)]
        for city in range(CITIES):
            inside = country.municipality == city
            code = f"GM{codes[int(np.argmax(inside))][:4]}"
            groups += [("gemeente", code, inside), ("rest_gemeente", code, inside & (country.area < 0))]
        groups += [("nederland", "NL00", country.municipality >= 0), ("overig_nederland", "ONL", country.area < 0)]
        for level, code, chosen in groups:
            numerator = "." if (indicator, year, code) == _SECRET else int(part[chosen].sum())
            yield indicator, year, level, code, numerator, int(whole[chosen].sum()), status


def _sheets(heads: Sequence[str], sheets: dict[str, list[tuple[object, ...]]]) -> bytes:
    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"created": datetime.combine(START, time())})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate([heads, *rows]):
                sheet.write_row(number, 0, row)
    return content.getvalue()


def _labels(figures: Figures, year: int) -> Iterator[str]:
    """EP-Online's total file of a year: a dwelling keeps its label until it is rated anew, and a label holds for ten years."""
    country = figures.country
    yield f"PublicatieDatum;01-12-{year}"
    yield f"LaatstVerwerkteMutatievolgnummer;{year - 2000}"
    yield "Pand_opnamedatum;Pand_gebouwklasse;Pand_energieklasse;Pand_bagverblijfsobjectid;Pand_postcode;Pand_huisnummer;Pand_geldig_tot"
    for house in range(1, ADDRESSES + 1):
        chance = uniform("label", country.place, house)
        first = 2011 + np.floor(9 * uniform("first", country.place, house)).astype(int)
        again = first + 3 + np.floor(8 * uniform("again", country.place, house)).astype(int)
        for recorded in (first, again):
            for at in range(2011, year + 1):
                places = np.flatnonzero((recorded == at) & (country.base > 10))
                bad = figures.share("efg", at)[places]
                for place, label in zip(places.tolist(), _label(chance[places], bad), strict=True):
                    dwelling = int(country.place[place]) * 100 + house
                    building = "U" if dwelling % 97 == 0 else "W"  # a few are shops and offices
                    yield f"{at}0615;{building};{label};{dwelling};{postcode(place)};{house};{at + 10}0615"


def _label(chance: np.ndarray, bad: np.ndarray) -> list[str]:
    """Labels: E, F and G for the chances below the share of these, better ones for the rest."""
    poor = 8 + np.minimum(np.floor(3 * (chance / bad) ** 1.5), 2)
    fair = np.floor(8 * ((chance - bad) / (1 - bad)).clip(0, 0.999))
    return [_LABELS[n] for n in np.where(chance < bad, poor, fair).astype(int)]
