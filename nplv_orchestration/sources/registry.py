"""The source tables: who publishes them, what is asked of them, and what they must be.

One place for all that is known of a table before it is asked. How a table is read is in the reader named here; when it
is pulled is in `refresh`. `nplv sources check` names the line here that differs from what a publisher says.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Literal

from nplv_orchestration.sources.declared import FORMS
from nplv_orchestration.sources.forms import Form
from nplv_orchestration.sources.rhythm import Rhythm
from nplv_orchestration.sources.values import Bounds

Reader = Literal["reviewed", "statline_v4", "statline_v3", "leefbaarometer", "addresses", "eponline", "form"]

FIRST_YEAR = 2018
LAST_YEAR = 2025
BOUNDARY_YEAR = 2024

_COUNT, _PERCENT, _AMOUNT = Bounds(0, 3e7), Bounds(0, 100), Bounds(0, 1e5)  # amounts in thousands of euros


@dataclass(frozen=True)
class Measure:
    """A measure of a table: our name, the title and unit it must have at the publisher, and its stable code (v4).

    place: the titles of the groups that it stands in, the innermost last, where title and unit alone are not enough (v3).
    """

    name: str
    title: str
    unit: str
    code: str = ""
    place: tuple[str, ...] = ()
    bounds: Bounds = _COUNT


@dataclass(frozen=True)
class SourceTable:
    """One table of one publisher. `columns` are the names and DuckDB types of its relation in the archive."""

    key: str
    relation: str
    publisher: str
    table_id: str
    title: str
    reader: Reader
    columns: dict[str, str]
    grain: tuple[str, ...]
    """The columns that tell a row from every other; none where a publisher may tell the same twice."""
    page: str
    licence: str = "CC BY 4.0"
    period: int | None = None
    boundary_year: int | None = None
    measures: tuple[Measure, ...] = ()
    dimensions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """v3: the codes that are asked of each dimension, by the name of the dimension."""
    path: str = ""
    """The address of a file below the publisher's base address, or its name in the folder of the reviewed files."""
    may_be_empty: bool = False
    """Whether no rows at all are an answer, and no sign that something went wrong."""
    rhythm: Rhythm | None = None
    """None where it follows no calendar of a publisher: what is kept with the monitor, and what is asked for by an edition's data cut-off."""

    @property
    def name(self) -> str:
        """Publisher and table, as people name it."""
        return f"{self.publisher} {self.table_id}"

    @property
    def is_delivered(self) -> bool:
        """Whether people put it into the inbox, where the others are asked of their publisher."""
        return self.reader in ("eponline", "form")

    @property
    def is_asked(self) -> bool:
        """Whether a publisher is asked over the network."""
        return self.reader != "reviewed" and not self.is_delivered

    @property
    def setting(self) -> str:
        """The setting that has the publisher's base address; empty when nobody is asked."""
        return {
            "statline_v4": "cbs_url", "statline_v3": "dataderden_url", "leefbaarometer": "leefbaarometer_url",
            "addresses": "cbs_download_url", "eponline": "eponline_url",
        }.get(self.reader, "")  # fmt: skip

    @property
    def is_correctable(self) -> bool:
        """Whether its staging applies the register of corrections: the published figures of regions."""
        return self.reader in ("statline_v4", "statline_v3", "leefbaarometer")

    @property
    def request(self) -> str:
        """A hash of what is asked: when it changes, the table is pulled again."""
        asked = {name: value for name, value in asdict(self).items() if name != "rhythm"}
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


_KWB_MEASURES = (
    Measure("residents", "Aantal inwoners", "aantal", "T001036"),
    Measure("residents_0_14", "0 tot 15 jaar", "aantal", "10680"),
    Measure("residents_65_plus", "65 jaar of ouder", "aantal", "80200"),
    Measure("dwellings", "Woningvoorraad", "aantal", "M000297"),
    Measure("woz", "Gemiddelde WOZ-waarde van woningen", "x 1 000 euro", "M001642", bounds=_AMOUNT),
    Measure("income", "Gemiddeld inkomen per inwoner", "x 1 000 euro", "M000224", bounds=_AMOUNT),
    Measure("labour_participation", "Nettoarbeidsparticipatie", "%", "M001796_2", bounds=_PERCENT),
    Measure("welfare", "Personen per soort uitkering; Bijstand", "aantal", "D006842"),
)

_KWB_TABLES = {
    2018: "84286NED", 2019: "84583NED", 2020: "84799NED", 2021: "85039NED",
    2022: "85318NED", 2023: "85618NED", 2024: "85984NED", 2025: "86165NED",
}  # fmt: skip

_REGION_VALUES = {"region_code": "VARCHAR", "value": "DOUBLE", "missing": "VARCHAR"}
_PERIODS = {"period": "VARCHAR", "period_status": "VARCHAR"}


def _reviewed(
    key: str, table_id: str, title: str, columns: dict[str, str], grain: tuple[str, ...], boundary_year: int | None = None, may_be_empty: bool = False
) -> SourceTable:
    """A table that is kept with the monitor itself, in the file of its name."""
    return SourceTable(
        key=key,
        relation=key,
        publisher="Monitor",
        table_id=table_id,
        title=title,
        reader="reviewed",
        columns=columns,
        grain=grain,
        page="",
        licence="EUPL-1.2",
        boundary_year=boundary_year,
        path=f"{key}.csv",
        may_be_empty=may_be_empty,
    )


def _delivered(form: Form) -> SourceTable:
    """The table that the files of a form make; what is counted of areas is counted within the boundaries of these."""
    return SourceTable(
        key=form.table,
        relation=form.table,
        publisher=form.publisher,
        table_id=form.table_id,
        title=form.title,
        reader="form",
        columns=form.relation,
        grain=form.grain,
        page=form.page,
        licence=form.licence,
        boundary_year=BOUNDARY_YEAR,
        rhythm=form.rhythm,
    )


REGISTRY: tuple[SourceTable, ...] = (
    _reviewed(
        key="focus_areas",
        table_id="gebieden",
        title="De gebieden en hun gemeenten, zoals in de monitor vastgelegd",
        columns={
            "area_id": "VARCHAR", "area_name": "VARCHAR", "municipality_code": "VARCHAR", "municipality_name": "VARCHAR",
            "inhabitants_2025_x1000": "INTEGER", "fit": "VARCHAR", "delineation": "VARCHAR",
        },
        grain=("area_id",),
    ),
    _reviewed(
        key="focus_area_regions",
        table_id="afbakening",
        title="De buurten van elk gebied, zoals in de monitor vastgelegd",
        columns={"area_id": "VARCHAR", "region_code": "VARCHAR"},
        grain=("region_code",),
        boundary_year=BOUNDARY_YEAR,
    ),
    _reviewed(
        key="corrections",
        table_id="correcties",
        title="Bekende fouten van uitgevers, en wat in plaats daarvan wordt gebruikt",
        columns={
            "source_key": "VARCHAR", "region_code": "VARCHAR", "period": "VARCHAR", "measure": "VARCHAR",
            "expected": "DOUBLE", "used": "DOUBLE", "reason": "VARCHAR", "since": "VARCHAR", "reference": "VARCHAR",
        },
        grain=("source_key", "region_code", "period", "measure"),
        may_be_empty=True,
    ),
    _reviewed(
        key="waivers",
        table_id="ontheffingen",
        title="Controles die een mart een tijd lang niet hoeft te halen, met wie dat besloot en tot wanneer",
        columns={"check_name": "VARCHAR", "indicator_id": "VARCHAR", "reason": "VARCHAR", "decided_by": "VARCHAR", "until": "VARCHAR"},
        grain=("check_name", "indicator_id"),
        may_be_empty=True,
    ),
    _reviewed(
        key="examples",
        table_id="voorbeelden",
        title="Voorbeelden en ervaringen uit de gebieden, in woorden, met wie ermee instemde",
        columns=dict.fromkeys(("area_id", "title_nl", "text_nl", "source", "told_on", "consent_by", "consent_on"), "VARCHAR"),
        grain=("area_id", "title_nl"),
        may_be_empty=True,
    ),
    *(
        SourceTable(
            key=f"cbs_kwb_{year}",
            relation="cbs_kwb",
            publisher="CBS",
            table_id=table_id,
            title=f"Kerncijfers wijken en buurten {year}",
            reader="statline_v4",
            columns={**_REGION_VALUES, "measure": "VARCHAR"},
            grain=("region_code", "measure"),
            page=f"https://opendata.cbs.nl/statline/#/CBS/nl/dataset/{table_id}",
            period=year,
            boundary_year=year,
            measures=_KWB_MEASURES,
            rhythm=Rhythm(1, 6),
        )
        for year, table_id in _KWB_TABLES.items()
    ),
    SourceTable(
        key="politie_misdrijven",
        relation="politie_misdrijven",
        publisher="Politie",
        table_id="47018NED",
        title="Geregistreerde misdrijven; soort misdrijf, wijk, buurt, jaarcijfers",
        reader="statline_v3",
        columns={**_REGION_VALUES, **_PERIODS, "offence": "VARCHAR"},
        grain=("region_code", "period", "offence"),
        page="https://data.politie.nl/#/Politie/nl/dataset/47018NED",
        boundary_year=2025,
        measures=(Measure("value", "Geregistreerde misdrijven", "aantal"),),
        dimensions={"SoortMisdrijf": ("0.0.0", "1.1.1", "1.4.2", "1.4.3", "1.4.5", "1.4.6", "1.4.7")},
        rhythm=Rhythm(1, 6),
    ),
    SourceTable(
        key="rivm_gezondheid",
        relation="rivm_gezondheid",
        publisher="RIVM",
        table_id="50150NED",
        title="Gezondheid per wijk en buurt",
        reader="statline_v3",
        columns={**_REGION_VALUES, **_PERIODS, "margin": "VARCHAR"},
        grain=("region_code", "period", "margin"),
        page="https://statline.rivm.nl/#/RIVM/nl/dataset/50150NED",
        boundary_year=2024,
        measures=(Measure("value", "Goed ervaren gezondheid", "%", bounds=_PERCENT),),
        dimensions={"Leeftijd": ("20300",), "Marges": ("MW00000", "MOG0095", "MBG0095")},
        rhythm=Rhythm(2, 15),
    ),
    SourceTable(
        key="leefbaarometer",
        relation="leefbaarometer_buurten",
        publisher="Leefbaarometer",
        table_id="3.0 meting 2024",
        title="Leefbaarometer 3.0, scores van buurten",
        reader="leefbaarometer",
        columns={
            "region_code": "VARCHAR", "year": "INTEGER", "versie": "VARCHAR", "class": "INTEGER",
            **dict.fromkeys(("afw", "fys", "onv", "soc", "vrz", "won"), "DOUBLE"),
        },
        grain=("region_code", "year"),
        page="https://www.leefbaarometer.nl/page/Open%20data",
        licence="CC0-1.0",
        boundary_year=2024,
        path="resources/open-data-leefbaarometer-meting-2024.zip",
        rhythm=Rhythm(2, 24),
    ),
    SourceTable(
        key="eponline_labels",
        relation="eponline_labels",
        publisher="RVO",
        table_id="EP-Online totaalbestand",
        title="Energielabels van gebouwen",
        reader="eponline",
        columns={
            "dwelling_id": "VARCHAR", "recorded_on": "DATE", "valid_until": "DATE", "label": "VARCHAR",
            "postcode": "VARCHAR", "house_number": "INTEGER", "reference_date": "DATE",
        },
        grain=(),
        page="https://www.ep-online.nl/PublicData",
        licence="CC0-1.0",
        rhythm=Rhythm(1, 3),
    ),
    *(
        SourceTable(
            key=f"cbs_addresses_{year}",
            relation="cbs_addresses",
            publisher="CBS",
            table_id=f"pc6huisnr{year}",
            title=f"Buurt, wijk en gemeente van elk adres {year}",
            reader="addresses",
            columns={"postcode": "VARCHAR", "house_number": "INTEGER", "region_code": "VARCHAR"},
            grain=("postcode", "house_number"),
            page="https://www.cbs.nl/nl-nl/maatwerk",
            boundary_year=year,
            path=f"postcode/{year}-cbs-pc6huisnr{year}0801_buurt.zip",
            rhythm=Rhythm(1, 3),
        )
        for year in range(FIRST_YEAR, LAST_YEAR + 1)
    ),
    *map(_delivered, FORMS),
)  # fmt: skip

BY_KEY = {table.key: table for table in REGISTRY}
