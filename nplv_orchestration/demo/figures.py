"""What is so in the demo country: counts of people, dwellings, crimes and so on, of each place in each year.

They move as real ones do: the areas lag behind and come closer slowly, and health dipped in 2022. How publishers round,
suppress and restate them is not told here. Levels are rough copies of the real country's, so that figures look at home.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from nplv_orchestration.demo.chance import Floats, bell, uniform
from nplv_orchestration.demo.country import Country

FIRST, LAST = 2018, 2025
DIMENSIONS = ("won", "fys", "vrz", "soc", "onv")


@dataclass(frozen=True)
class Course:
    """How a share or mean runs: the country's level by year (in between on a line), and what hardship does to it.

    slope: the change of the level's logarithm for one step of hardship, or with `is_added` of the level itself.
    drift: the part of the slope that is lost each year; negative when the gap grows.
    """

    levels: dict[int, float]
    slope: float
    drift: float = 0.02
    is_added: bool = False


COURSES = {
    "woz": Course({2018: 230, 2021: 290, 2025: 398}, -0.18),  # x 1,000 euro a dwelling
    "income": Course({2018: 25.6, 2025: 35.9}, -0.13),  # x 1,000 euro a resident
    "labour": Course({2018: 0.668, 2025: 0.731}, -0.046, 0.03, is_added=True),  # of residents of 15 to 75
    "welfare": Course({2018: 0.0275, 2025: 0.0215}, 0.62, 0.01),  # of residents
    "good_health": Course({2018: 0.77, 2020: 0.784, 2022: 0.690, 2024: 0.728}, -0.042, -0.03, is_added=True),  # of residents of 18 and older
    "lonely": Course({2018: 0.43, 2022: 0.49, 2025: 0.46}, 0.035, is_added=True),  # of residents of 18 and older
    "crimes": Course({2018: 0.0470, 2020: 0.0450, 2021: 0.0405, 2022: 0.0440, 2025: 0.0465}, 0.22),  # of residents
    "efg": Course({2018: 0.30, 2025: 0.19}, 0.17),  # of labelled dwellings
    "armoede_huishoudens": Course({2018: 0.092, 2023: 0.041, 2025: 0.044}, 0.45, 0.01),  # of households
    "armoede_kinderen": Course({2018: 0.102, 2023: 0.046, 2025: 0.049}, 0.50, 0.01),  # of minors
    "zonder_startkwalificatie": Course({2018: 0.105, 2025: 0.088}, 0.36),  # of residents of 18 to 30
    "onderwijsachterstand": Course({2018: 0.150, 2025: 0.166}, 0.40, 0.01),  # of children of 4 to 12
    "jeugd_verdachten": Course({2018: 0.017, 2021: 0.0142, 2025: 0.0128}, 0.45, 0.03),  # of residents of 12 to 25
}

# the part of the crimes that is of each kind, and what hardship adds to it
OFFENCES = {
    "0.0.0": ("Totaal misdrijven", 1.0, 0.0),
    "1.1.1": ("Diefstal/inbraak woning", 0.030, 0.10),
    "1.4.2": ("Moord, doodslag", 0.003, 0.10),
    "1.4.3": ("Openlijk geweld (persoon)", 0.004, 0.10),
    "1.4.4": ("Bedreiging", 0.045, 0.05),
    "1.4.5": ("Mishandeling", 0.052, 0.12),
    "1.4.6": ("Straatroof", 0.004, 0.15),
    "1.4.7": ("Overval", 0.001, 0.10),
    "2.2.1": ("Vernieling cq. zaakbeschadiging", 0.110, 0.02),
    "2.5.2": ("Winkeldiefstal", 0.060, 0.03),
    "3.7.4": ("Cybercrime", 0.018, -0.05),
}

# the base of each share of CBS maatwerk: the part of the residents
MAATWERK = {
    "armoede_huishoudens": 0.45,
    "armoede_kinderen": 0.18,
    "zonder_startkwalificatie": 0.15,
    "onderwijsachterstand": 0.08,
    "jeugd_verdachten": 0.14,
}

# what one step of hardship does to each dimension of the Leefbaarometer, and the part of it that is lost each year
_LIVEABILITY = {"won": (-0.036, 0.012), "fys": (-0.010, -0.08), "vrz": (0.008, 0.0), "soc": (-0.020, 0.012), "onv": (-0.055, 0.02)}


class Figures:
    """The figures of a country; each is an array over its places."""

    def __init__(self, country: Country) -> None:
        self.country = country

    @lru_cache(maxsize=64)  # noqa: B019 - one country lives as long as the run
    def residents(self, year: int) -> Floats:
        """People on 1 January."""
        growth = 1 + (0.006 + 0.006 * bell("growth", self.country.place)) * (year - 2024)
        return np.round(self.country.base * growth)

    def young(self, year: int) -> Floats:
        """Of these, those below 15."""
        share = 0.15 + 0.03 * self._tilt + 0.02 * bell("young", self.country.place)
        return self._part(year, share.clip(0.02, 0.4))

    def old(self, year: int) -> Floats:
        """Of these, those of 65 and older."""
        share = 0.20 + 0.003 * (year - 2024) - 0.04 * self._tilt + 0.04 * bell("old", self.country.place)
        return self._part(year, share.clip(0.02, 0.5))

    def _part(self, year: int, share: Floats) -> Floats:
        found: Floats = np.round(self.residents(year) * share)
        return found

    @lru_cache(maxsize=64)  # noqa: B019 - as above
    def dwellings(self, year: int) -> Floats:
        """Dwellings on 1 January."""
        return np.round(self.residents(year) / (2.15 + 0.1 * bell("household", self.country.place)))

    @cached_property
    def _tilt(self) -> Floats:
        return np.where(self.country.area >= 0, 1.0, 0.0)

    def level(self, name: str, year: int) -> float:
        """The country's own level of a course in a year."""
        levels = COURSES[name].levels
        return float(np.interp(year, list(levels), list(levels.values())))

    @lru_cache(maxsize=256)  # noqa: B019 - as above
    def share(self, name: str, year: int) -> Floats:
        """The share or mean of each place, whose mean over the residents is the country's level."""
        course, place, weight = COURSES[name], self.country.place, self.residents(year)
        slope = course.slope * (1 - course.drift * (year - FIRST))
        hardship = self.country.hardship - np.average(self.country.hardship, weights=weight)
        own = 0.25 * bell(name, place) + 0.06 * bell(name, place, year)
        apart = 0.04 * (year - FIRST) * bell(name, "apart", self.country.municipality, self.country.area + 1)  # cities do not move alike
        effect = slope * hardship + abs(course.slope) * (own + apart)
        level = self.level(name, year)
        if course.is_added:
            return (level + effect - np.average(effect, weights=weight)).clip(0.02, 0.98)
        factor = np.exp(effect)
        mean = float(np.average(factor, weights=weight))
        return level * factor / mean

    def crimes(self, offence: str, year: int, restated: float = 0.0) -> Floats:
        """Crimes of a kind that have a buurt; restated: the part that a later release adds."""
        _, part, tilt = OFFENCES[offence]
        expected = self.residents(year) * self.share("crimes", year) * part * np.exp(tilt * self.country.hardship) * (1 + restated)
        return np.floor(expected + uniform("crimes", offence, self.country.place, year))

    @lru_cache(maxsize=8)  # noqa: B019 - as above
    def liveability(self, year: int, restated: float = 0.0) -> dict[str, Floats]:
        """The dimensions of the Leefbaarometer, as deviations from the mean over the dwellings; restated: a shift of the model."""
        place, weight = self.country.place, self.dwellings(year)
        found = {}
        for dimension, (slope, drift) in _LIVEABILITY.items():
            effect = (
                slope * (1 - drift * (year - FIRST)) * self.country.hardship
                + 0.012 * bell(dimension, place)
                + (0.002 + restated) * bell(dimension, place, year)
            )
            found[dimension] = np.round(effect - np.average(effect, weights=weight), 6)
        return found

    def maatwerk(self, indicator: str, year: int) -> tuple[Floats, Floats]:
        """Numerator and denominator of a table made to order."""
        whole = np.round(self.residents(year) * MAATWERK[indicator])
        part = np.floor(whole * self.share(indicator, year) + uniform(indicator, "count", self.country.place, year))
        return np.minimum(part, whole), whole
