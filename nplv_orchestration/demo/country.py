"""The demo country's map: its places, the regions they lie in by each edition of boundaries, and the 20 areas.

A place is the smallest piece that never changes; an edition of boundaries gathers places into buurten. Which figures a
place has is in `figures`, how they are told in `cbs`, `dataderden` and `deliveries`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from nplv_orchestration.demo.chance import Floats, bell, uniform
from nplv_orchestration.settings import DemoSize

Ints = npt.NDArray[np.int64]

CITIES, AREAS = 19, 20
_LETTERED, _SPLIT, _MERGED = 3, 5, CITIES  # municipalities in which boundaries change
# no municipality has a code above 2000, and none such a name
_FIRST_CODE = 9001
_STEMS = (
    "Fabel", "Droom", "Sprook", "Nergens", "Elders", "Schijn", "Waan", "Verzin", "Wolken", "Mythe",
    "Ooit", "Sage", "Fictie", "Schim", "Tover", "Gissing", "Denkbeeld", "Nimmer",
)  # fmt: skip
_ENDINGS = (
    "dam", "burg", "stede", "veen", "drecht", "oord", "hoven", "meer", "rade", "kerk",
    "wolde", "sluis", "zande", "horn", "loo", "beek", "vliet", "borg", "donk",
)  # fmt: skip
_QUARTERS = ("Noord", "Oost", "Zuid", "West")


@dataclass(frozen=True)
class Size:
    """How large a country is. page: how many rows its publishers put on a page."""

    municipalities: int
    buurten: int
    buurten_of_an_area: int
    page: int


SIZES: dict[DemoSize, Size] = {
    "tiny": Size(24, 240, 3, 1_000),
    "small": Size(60, 1_500, 6, 5_000),
    "national": Size(342, 14_500, 25, 10_000),
}


@dataclass(frozen=True)
class Area:
    """A focus area: its identifier, its name, and the municipality (a number from 0) that it lies in."""

    area_id: str
    name: str
    municipality: int


class Regions:
    """The regions of one edition of boundaries: `codes` of the country, municipalities, wijken and buurten, in that order."""

    def __init__(self, buurt_of_place: list[str]) -> None:
        """buurt_of_place: for each place the eight characters of its buurt."""
        self._members: list[Ints] = []
        self._sizes: list[int] = []
        codes = ["NL00"]
        for prefix, length in (("NL", 0), ("GM", 4), ("WK", 6), ("BU", 8)):
            names, member = np.unique([code[:length] for code in buurt_of_place], return_inverse=True)
            self._members.append(member)
            self._sizes.append(len(names))
            codes += [f"{prefix}{name}" for name in names if length]
        self.codes = codes

    def total(self, of_place: Floats) -> Floats:
        """What the places of each region have together."""
        parts = [np.bincount(m, weights=of_place, minlength=size) for m, size in zip(self._members, self._sizes, strict=True)]
        return np.concatenate(parts)

    @cached_property
    def is_municipality(self) -> npt.NDArray[np.bool_]:
        """Whether a region is a municipality."""
        return np.array([code.startswith("GM") for code in self.codes])

    @cached_property
    def is_small(self) -> npt.NDArray[np.bool_]:
        """Whether a region is a wijk or buurt, whose counts are rounded."""
        return np.array([code[:2] in ("WK", "BU") for code in self.codes])


class Country:
    """The map of the demo country of one size. Arrays have one element for each place."""

    def __init__(self, name: DemoSize) -> None:
        self.name = name
        self.size = SIZES[name]

    @cached_property
    def places_of_municipality(self) -> Ints:
        """How many places each municipality has: the cities most."""
        weight = (np.arange(self.size.municipalities) + 4.0) ** -0.7
        places: Ints = np.round(self.size.buurten * weight / weight.sum()).astype(np.int64)
        return places.clip(min=6)

    @cached_property
    def municipality(self) -> Ints:
        """The municipality of each place, a number from 0; the first 19 are the cities."""
        return np.repeat(np.arange(self.size.municipalities), self.places_of_municipality)

    @cached_property
    def number(self) -> Ints:
        """The number of each place within its municipality, from 0."""
        return np.concatenate([np.arange(n) for n in self.places_of_municipality])

    @cached_property
    def place(self) -> Ints:
        """What names a place for ever, in every size."""
        return self.municipality * 1000 + self.number

    @cached_property
    def wijk(self) -> Ints:
        """The wijk of each place within its municipality, from 0: three to six places each."""
        found: list[int] = []
        for municipality, places in enumerate(self.places_of_municipality):
            lengths = 3 + np.floor(4 * uniform("wijk", municipality, np.arange(places))).astype(int)
            found += list(np.repeat(np.arange(places), lengths)[:places])
        return np.array(found)

    @cached_property
    def area(self) -> Ints:
        """The area of each place, or -1. The first city has two areas, each of the other cities one."""
        size = self.size.buurten_of_an_area
        block = self.number // size
        found = np.where((self.municipality < CITIES) & (block == 0), self.municipality, -1)
        return np.where((self.municipality == 0) & (block == 1), AREAS - 1, found)

    @cached_property
    def hardship(self) -> Floats:
        """How hard life is in each place: 0 in the middle of the country, about 1.6 in the areas."""
        wijken = 0.6 * bell("hardship", self.municipality, self.wijk)
        own = 0.45 * bell("hardship", self.place)
        city = np.where(self.municipality < CITIES, 0.15, -0.15)
        return np.where(self.area >= 0, 1.6 + 0.4 * wijken + own, wijken + own + city)

    @cached_property
    def base(self) -> Floats:
        """About how many people live in each place; in a few of them nearly nobody does, and where boundaries change there are few."""
        people = 900 * np.exp(0.7 * bell("people", self.place)) * np.where(self.area >= 0, 1.7, 1.0)
        moved = (self.municipality == _SPLIT) & (self.number == 1) | (self.municipality == self.size.municipalities - 1)
        people = np.where(moved, 0.2 * people, people)
        return np.where((uniform("empty", self.place) < 0.03) & (self.area < 0), 12 * uniform("few", self.place), people)

    @cached_property
    def names(self) -> list[str]:
        """The names of the municipalities."""
        return [f"{_STEMS[i % len(_STEMS)]}{_ENDINGS[i % len(_ENDINGS)]}" for i in range(self.size.municipalities)]

    @cached_property
    def areas(self) -> list[Area]:
        """The 20 areas."""
        found = []
        for number in range(AREAS):
            city = number % CITIES
            name = f"{self.names[city]}-{_QUARTERS[number % len(_QUARTERS)]}"
            found.append(Area(name.lower(), name, city))
        return found

    def buurt_codes(self, boundary_year: int) -> list[str]:
        """The eight characters of the buurt of each place, by an edition of boundaries.

        In 2022 the fourth city went over to letters; in 2023 the last municipality joined the one before it; in 2024 a buurt
        of an area was split, whose old code lives on for one part; in 2025 two buurten outside the areas became one.
        """
        buurt = self._number_in_wijk.copy()
        first = np.concatenate([[0], np.cumsum(self.places_of_municipality)])
        if boundary_year < 2024:
            buurt[first[_SPLIT] + 1] = buurt[first[_SPLIT]]
        if boundary_year >= 2025:
            buurt[first[_MERGED] + 1] = buurt[first[_MERGED]]
        last = self.size.municipalities - 1
        codes = []
        for municipality, wijk, number in zip(self.municipality.tolist(), self.wijk.tolist(), buurt.tolist(), strict=True):
            code = _FIRST_CODE + municipality
            part = f"{wijk:02d}"
            if boundary_year >= 2022 and municipality == _LETTERED:
                part = chr(65 + wijk // 26) + chr(65 + wijk % 26)
            if boundary_year >= 2023 and municipality == last:
                code, part = code - 1, f"{wijk + 50:02d}"
            codes.append(f"{code}{part}{number:02d}")
        return codes

    @cached_property
    def _number_in_wijk(self) -> Ints:
        """The number of each place within its wijk, from 0."""
        starts = np.flatnonzero(np.diff(self.municipality * 1000 + self.wijk, prepend=-1))
        lengths = np.diff(starts, append=len(self.wijk))
        return np.concatenate([np.arange(n) for n in lengths])

    @lru_cache(maxsize=16)  # noqa: B019 - one country lives as long as the run
    def regions(self, boundary_year: int) -> Regions:
        """The regions of an edition of boundaries."""
        return Regions(self.buurt_codes(boundary_year))

    def name_of(self, code: str) -> str:
        """The name of a region: of a wijk or buurt its municipality's, with its number."""
        if code.startswith("NL"):
            return "Nederland (verzonnen)"
        municipality = self.names[int(code[2:6]) - _FIRST_CODE]
        if code.startswith("GM"):
            return municipality
        wijk = f"{municipality} wijk {code[6:8]}"
        return wijk if code.startswith("WK") else f"{wijk} buurt {code[8:]}"
