"""The catalogue: all that is known of an indicator, as it stands in the `meta` of its mart, and what it must be.

Each field has one reader or more: the models, the checks, the Dagster UI, the edition, the docs. Only reading and refusing
belong here; a value that is wrong is refused by name, before anything is computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nplv_orchestration.errors import NplvError
from nplv_orchestration.sources.registry import REGISTRY

Comparator = Literal["gemeenten", "rest_19_gemeenten", "nederland", "overig_nederland"]
Weight = Literal["residents", "residents_15_plus", "residents_15_64", "dwellings", "geen"]

METHOD = (
    "definition_nl", "method_nl", "numerator_nl", "denominator_nl", "kind", "weight", "multiplier", "series", "breaks", "national", "trend_basis", "smallest_change",
    "minimum_coverage", "relative", "changelog",
)  # fmt: skip
"""The fields from which it follows how a figure is made and judged; a change of the models has its line in the changelog."""


class _Known(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Series(_Known):
    """One series of an indicator, never joined to another: measured from `first` on, every so many years, up to `last` if it ended."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name_nl: str
    first: int
    every: int = Field(ge=1)
    last: int | None = None


class Break(_Known):
    """From `year` on the figures of a series are not comparable with those before it."""

    year: int
    text_nl: str
    series: str = "hoofdreeks"


class Wording(_Known):
    """How sentences speak of the figure: its subject with the article, what follows a number, and what every mention must carry."""

    subject: str = Field(pattern=r"^(het|de) \S.*[^.]$")
    suffix: str = Field(pattern=r"^(%| \S.*)?$")
    always: str = Field(pattern=r"^([A-Z].*\.)?$")


class Change(_Known):
    """A change of the indicator itself: how it is defined or made."""

    date: date
    text_nl: str


class Indicator(_Known):
    """All that is known of one indicator. kind says how numerator and denominator come about, and with it how old a weight may be."""

    indicator_id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    number: int = Field(ge=1)
    name_nl: str
    name_en: str
    definition_nl: str
    definition_en: str
    wording_nl: Wording
    actielijn: Literal["fysiek", "sociaal", "veiligheid"]
    unit: str
    decimals: int = Field(ge=0, le=6)
    direction: Literal["omhoog", "omlaag"]
    multiplier: float = Field(gt=0)
    kind: Literal["aandeel", "gemiddelde", "per_inwoner", "aantallen"]
    weight: Weight
    numerator_nl: str
    denominator_nl: str
    sources: list[str] = Field(min_length=1)
    method_nl: str
    series: list[Series] = Field(min_length=1)
    base_year: int
    trend_basis: Literal["waarde", "verhouding"]
    smallest_change: float = Field(gt=0)
    relative: bool
    breaks: list[Break]
    minimum_coverage: float = Field(gt=0, le=1)
    unplaced_share: float = Field(ge=0, lt=0.2)
    """The greatest part of the numerator that its source places in no region, and gives of larger ones only."""
    rounded_to: float = Field(ge=0)
    """To what the publisher rounds the count of a region, so that sums of regions need not agree to the last; 0 where that is of no matter."""
    plausible_low: float
    plausible_high: float
    maximum_jump: float = Field(gt=0)
    """The greatest plausible change of a total from one measurement to the next, or from what was published of it."""
    maximum_jump_area: float | None = Field(gt=0)
    """The same for one area; None where a single buurt may move an area by any amount."""
    due_after_months: int = Field(ge=0, le=48)
    """Months after the end of a year in which its publisher brings the figure out; later than that it is late."""
    national: Literal["uitgever", "gebouwd", "definitie"]
    national_tolerance: float | None = Field(gt=0)
    has_interval: bool
    uncertainty_nl: str
    reference_nl: str
    """Of which day or period its figure of a year is (peildatum)."""
    caveat_nl: str
    support: Literal["officieel", "kandidaat"]
    approximation: bool
    comparators_not_given: dict[Comparator, str]
    owner: str
    changelog: list[Change] = Field(min_length=1)

    @property
    def mart(self) -> str:
        """The name of its mart."""
        return f"mart_{self.indicator_id}"

    @property
    def main_series(self) -> str:
        """The series that tables and pictures show."""
        return self.series[0].id

    @property
    def noise(self) -> float:
        """A change that tells nothing by itself: the smallest relevant one, or a twelfth of the greatest plausible one where that is more."""
        return max(self.smallest_change, self.maximum_jump / 12)

    @property
    def unit_range(self) -> tuple[float, float | None]:
        """What the unit allows of any value: a part of a whole, an amount, or a deviation, which has no end but a scale."""
        if self.kind != "gemiddelde":
            return 0.0, self.multiplier
        return (0.0, None) if self.plausible_low >= 0 else (3 * self.plausible_low, 3 * self.plausible_high)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        first = self.series[0].first
        if self.base_year < first:
            raise ValueError(f"base_year {self.base_year} lies before the first figure, of {first}")
        if (self.weight == "geen") != (self.kind == "aantallen"):
            raise ValueError(f"weight '{self.weight}' does not go with kind '{self.kind}': only aantallen, delivered as counts, have no weight")
        if not self.plausible_low < self.plausible_high:
            raise ValueError(f"plausible_low {self.plausible_low:g} is not below plausible_high {self.plausible_high:g}")
        if (self.national_tolerance is None) != (self.national == "gebouwd"):
            raise ValueError(
                f"national_tolerance does not go with national '{self.national}': only a built country has no published one to agree with"
            )
        if unknown := {b.series for b in self.breaks} - {s.id for s in self.series}:
            raise ValueError(f"breaks are of series that are not there: {', '.join(sorted(unknown))}")
        if unknown := set(self.sources) - {table.relation for table in REGISTRY}:
            raise ValueError(f"sources that the registry does not have: {', '.join(sorted(unknown))}")
        if not self.relative and not self.wording_nl.subject.startswith("het "):
            raise ValueError(
                f"wording_nl.subject '{self.wording_nl.subject}' must begin with 'het': sentences go on with 'het' and 'landelijk was het'"
            )
        if len({s.id for s in self.series}) < len(self.series):
            raise ValueError("two series have one id")
        return self


def catalogue(marts: Iterable[Mapping[str, Any]]) -> list[Indicator]:
    """The indicators of these models of dbt, in the order of the overview table. Raises NplvError, naming the file and what is wrong in it."""
    found: dict[str, Indicator] = {}
    for mart in marts:
        where = f"dbt_project/{str(mart['original_file_path']).removesuffix('.sql')}.yml"
        try:
            indicator = Indicator.model_validate(mart["config"]["meta"])
        except ValidationError as error:
            wrong = [(".".join(map(str, e["loc"])), e["msg"].removeprefix("Value error, "), e["input"]) for e in error.errors()]
            told = [
                f"{name}: {said}" + (f", not '{got}'" if isinstance(got, str | int | float) else "") if name else said for name, said, got in wrong
            ]
            raise NplvError(f"{where}: {'; '.join(told)}") from None
        if mart["name"] != indicator.mart or f"/{indicator.actielijn}/" not in where:
            raise NplvError(f"{where}: the mart of {indicator.indicator_id} belongs in marts/{indicator.actielijn}/{indicator.mart}.sql")
        for other in found.values():
            if other.indicator_id == indicator.indicator_id or other.number == indicator.number:
                raise NplvError(f"{where}: its indicator_id or number is already that of {other.indicator_id}")
        found[indicator.indicator_id] = indicator
    return sorted(found.values(), key=lambda i: i.number)
