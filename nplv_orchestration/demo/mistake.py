"""The one figure that the demo country's police get wrong, until they mend it; and the line with which it is corrected.

Which figure that is and until when belongs here; how the police tell their figures is in `dataderden`.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import numpy as np

from nplv_orchestration.demo.calendar import START, release
from nplv_orchestration.demo.figures import Figures
from nplv_orchestration.sources.registry import BY_KEY

SOURCE, OFFENCE, YEAR = "politie_misdrijven", "0.0.0", 2023
FACTOR = 10  # a zero too many
_MENDED_BY = 2  # the release, from 0 on, that has the right figure


@dataclass(frozen=True)
class Mistake:
    """A wrong figure: of which region, what it is and what it should be."""

    region_code: str
    wrong: int
    right: int


def is_made(release_number: int) -> bool:
    """Whether a release of the police, numbered from 0, has the mistake."""
    return release_number < _MENDED_BY


def mistake(figures: Figures) -> Mistake:
    """The mistake of a country: in a buurt of an area whose wijk is no area as a whole, so that the figure of the buurt counts."""
    country = figures.country
    wijk = country.municipality * 1000 + country.wijk
    outside = np.unique(wijk[country.area < 0])
    place = int(np.flatnonzero((country.area >= 0) & np.isin(wijk, outside))[0])
    codes = country.buurt_codes(BY_KEY[SOURCE].boundary_year or 0)
    right = int(figures.crimes(OFFENCE, YEAR)[place])
    return Mistake(f"BU{codes[place]}", FACTOR * right, right)


def corrections(figures: Figures, night: int) -> bytes:
    """The demo country's register of corrections on a night: the mistake for as long as it is made."""
    lines = [list(BY_KEY["corrections"].columns)]
    if is_made(release(SOURCE, night)):
        found = mistake(figures)
        lines.append(
            [
                SOURCE, found.region_code, str(YEAR), OFFENCE, str(found.wrong), str(found.right),
                "tien keer zoveel misdrijven als in de jaren ervoor en erna: er staat een nul te veel (verzonnen)", START.isoformat(),
                "gemeld aan de politie van het demoland",
            ]
        )  # fmt: skip
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().encode()
