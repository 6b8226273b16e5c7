"""Errors in figures as publishers make them: what an error does to the rows of a table, and over 200 ways in which the demo country's sources go wrong.

Each table is read off its wire, or out of its delivery, into rows with the same few columns, so that an error is told once for all publishers:
`part` (measure, offence, margin or indicator), `year`, `level`, `region`, and the figures. How rows are changed and become an answer again belongs
here; how a night with an error ends is judged in `benchmarks.seeded_errors`. Errors of form, which no reader lets through, are in `faults` and `mutations`.
"""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd

from nplv_orchestration.demo import deliveries
from nplv_orchestration.demo.cbs import postcode
from nplv_orchestration.demo.country import CITIES, Country
from nplv_orchestration.demo.figures import Figures
from nplv_orchestration.demo.odata import conditions
from nplv_orchestration.demo.transport import ADDRESSES, DemoTransport
from nplv_orchestration.sources.registry import BOUNDARY_YEAR, BY_KEY, SourceTable

Rows = pd.DataFrame
_LONG_AGO = 1_735_000_000  # when a delivered file was made: nobody waits for it to be whole


# ------------------------------------------------------------------------------------------------------------ the country, and its tables as rows


@lru_cache(maxsize=1)
def tiny() -> Figures:
    """The figures of the tiny demo country."""
    return Figures(Country("tiny"))


class Land:
    """The map as an error in one table sees it: the codes of its regions, on the boundaries of that table; and what other tables tell on that night."""

    def __init__(self, key: str, night: int) -> None:
        self.table, self.night = BY_KEY[key], night
        self._country = tiny().country
        codes = self._country.buurt_codes(self.table.boundary_year or BOUNDARY_YEAR)
        self.buurten, self._wijken, self._cities = (
            np.array([f"{kind}{code[:n]}" for code in codes]) for kind, n in (("BU", 8), ("WK", 6), ("GM", 4))
        )

    @cached_property
    def wijken(self) -> list[str]:
        """The wijken that lie in the areas as a whole, the largest first."""
        inside = self._country.area >= 0
        return self._by_size(self._wijken, np.array([inside[self._wijken == code].all() for code in self._wijken]))

    @cached_property
    def single(self) -> list[str]:
        """The buurten of areas that count by themselves, since their wijk lies there for a part only; the largest first."""
        return self._by_size(self.buurten, (self._country.area >= 0) & ~np.isin(self._wijken, self.wijken))

    @cached_property
    def outside(self) -> list[str]:
        """The buurten of the cities that lie in no area, the largest first."""
        return self._by_size(self.buurten, (self._country.area < 0) & (self._country.municipality < CITIES))

    def _by_size(self, codes: np.ndarray[Any, Any], chosen: np.ndarray[Any, Any]) -> list[str]:
        people = tiny().residents(2024)
        return sorted(set(codes[chosen].tolist()), key=lambda code: (-people[codes == code].sum(), code))

    def area(self, number: int) -> set[str]:
        """What is told of an area: its buurten, the wijken that are wholly its own, and itself."""
        mine = self._country.area == number
        whole = {code for code in self._wijken[mine].tolist() if mine[self._wijken == code].all()}
        return {*self.buurten[mine].tolist(), *whole, self._country.areas[number].area_id}

    def city(self, number: int) -> set[str]:
        """What is told of a municipality: itself, its wijken and its buurten."""
        mine = self._country.municipality == number
        return {*self.buurten[mine].tolist(), *self._wijken[mine].tolist(), *self._cities[mine].tolist()}


@lru_cache(maxsize=64)
def told(key: str, night: int) -> Rows:
    """The rows of a table on a night, read off the wire or out of its deliveries. They are shared: who changes them copies."""
    table = BY_KEY[key]
    if table.reader in _DELIVERED:
        rows = _DELIVERED[table.reader][0](deliveries.files(tiny(), night), table)
    else:
        with httpx.Client(transport=DemoTransport(tiny(), night)) as client:
            rows = _WIRES[table.reader][0](client, table)
    return rows if "level" in rows else rows.assign(level=rows["region"].str[:2])


# ------------------------------------------------------------------------------------------------------------ from the wire to rows, and back


def _pages(client: httpx.Client, url: str) -> Rows:
    rows: list[dict[str, Any]] = []
    while url:
        body = json.loads(client.get(url).raise_for_status().content)
        rows += body["value"]
        url = body.get("@odata.nextLink") or body.get("odata.nextLink") or ""
    return pd.DataFrame(rows)


def _read_v4(client: httpx.Client, table: SourceTable) -> Rows:
    rows = _pages(client, f"{ADDRESSES['cbs_url']}/{table.table_id}/Observations")
    part = rows["Measure"].replace({m.code: m.name for m in table.measures})
    return pd.DataFrame(
        {"part": part, "year": table.period, "region": rows["WijkenEnBuurten"], "value": pd.to_numeric(rows["Value"]), "why": rows["ValueAttribute"]}
    )


def _write_v4(rows: Rows, table: SourceTable) -> Rows:
    known = rows["value"].notna()
    return pd.DataFrame(
        {
            "Id": range(len(rows)),
            "Measure": rows["part"].replace({m.name: m.code for m in table.measures}),
            "WijkenEnBuurten": rows["region"],
            "ValueAttribute": rows["why"].replace({"None": "Secret"}).where(~known, "None"),
            "Value": rows["value"].astype(object).where(known, None),
        }
    )


def _v3(rows: Rows, table: SourceTable) -> tuple[str, str]:
    """The names of the dimension that tells parts, and of the column of figures, which is numbered anew with each release."""
    title = {"politie_misdrijven": "GeregistreerdeMisdrijven", "rivm_gezondheid": "GoedErvarenGezondheid"}[table.key]
    return list(table.dimensions)[-1], next(name for name in map(str, rows) if re.fullmatch(rf"{title}_\d+", name))


def _read_v3(client: httpx.Client, table: SourceTable) -> Rows:
    rows = _pages(client, f"{ADDRESSES['dataderden_url']}/ODataFeed/odata/{table.table_id}/UntypedDataSet?$format=json")
    dimension, topic = _v3(rows, table)
    part, cells = rows[dimension].str.strip(), rows[topic].str.strip()
    value = pd.to_numeric(cells, errors="coerce")
    year, region = rows["Perioden"].str[:4].astype(int), rows["WijkenEnBuurten"].str.strip()
    return rows.assign(part=part, year=year, region=region, value=value, why=cells.where(value.isna(), "."))


def _write_v3(rows: Rows, table: SourceTable) -> Rows:
    dimension, topic = _v3(rows, table)
    text = [f"{value:>8.10g}" if value == value else why for value, why in zip(rows["value"], rows["why"], strict=True)]
    keys = {
        dimension: rows["part"].map(lambda code: f"{code:<6}"),
        "Perioden": rows["year"].astype(str) + "JJ00",
        "WijkenEnBuurten": rows["region"].str.ljust(10),
    }
    return rows.drop(columns=["part", "year", "level", "region", "value", "why"]).assign(**keys, **{topic: text, "ID": range(len(rows))})


def _members(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def _packed(members: Mapping[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as target:
        for name, text in members.items():
            target.writestr(name, text)
    return content.getvalue()


def _csv(rows: Rows, delimiter: str = ",") -> str:
    return rows.to_csv(index=False, sep=delimiter, float_format="%.6f", lineterminator="\n")


def _read_file(client: httpx.Client, table: SourceTable) -> Rows:
    members = _members(client.get(f"{ADDRESSES[table.setting]}/{table.path}").raise_for_status().content)
    if table.reader == "addresses":
        text = next(text for name, text in members.items() if "pc6hnr" in name)
        return pd.read_csv(io.StringIO(text), sep=";", dtype=str).rename(columns={f"Buurt{table.boundary_year}": "region"}).assign(level="BU")
    text = next(text for name, text in members.items() if "buurten" in name)
    return pd.read_csv(io.StringIO(text)).rename(columns={"bu_code": "region", "jaar": "year"})


def _write_file(rows: Rows, table: SourceTable) -> bytes:
    rows = rows.drop(columns="level")
    if table.reader == "addresses":
        return _packed({"pc6hnr.csv": _csv(rows.rename(columns={"region": f"Buurt{table.boundary_year}"}), ";")})
    return _packed({"buurten.csv": _csv(rows.rename(columns={"region": "bu_code", "year": "jaar"}).astype({"klasse": "Int64"}))})


_MAATWERK = {"indicator": "part", "jaar": "year", "niveau": "level", "code": "region"}


def _read_maatwerk(files: Mapping[str, bytes], table: SourceTable) -> Rows:
    sheets = []
    for name, content in files.items():
        if not name.startswith("maatwerk"):
            continue
        if name.endswith(".xlsx"):
            sheets += [sheet.assign(file=name) for sheet in pd.read_excel(io.BytesIO(content), sheet_name=None).values()]
        else:
            sheets.append(pd.read_csv(io.BytesIO(content), sep=";").assign(file=name))
    rows = pd.concat(sheets, ignore_index=True).rename(columns=_MAATWERK)
    return rows.assign(**{name: pd.to_numeric(rows[name], errors="coerce") for name in ("teller", "noemer")})


def _write_maatwerk(rows: Rows, name: str) -> bytes:
    rows = rows.rename(columns={ours: theirs for theirs, ours in _MAATWERK.items()})
    if name.endswith(".csv"):
        rows[["teller", "noemer"]] = rows[["teller", "noemer"]].map(lambda v: f"{v:.10g}".replace(".", ",").replace("nan", "."))
        return _csv(rows, ";").encode()
    content = io.BytesIO()
    with pd.ExcelWriter(content, engine="xlsxwriter") as book:
        for indicator, sheet in rows.groupby("indicator", sort=False):
            sheet.to_excel(book, sheet_name=str(indicator), index=False, na_rep=".")
    return content.getvalue()


def _read_labels(files: Mapping[str, bytes], table: SourceTable) -> Rows:
    found = []
    for name, content in files.items():
        if name.startswith("v2"):
            [text] = _members(content).values()
            found.append(pd.read_csv(io.StringIO(text), sep=";", skiprows=2, dtype=str).assign(file=name, year=int(name[1:5])))
    rows = pd.concat(found, ignore_index=True).rename(columns={"Pand_energieklasse": "part"})
    codes = tiny().country.buurt_codes(BOUNDARY_YEAR)
    return rows.assign(region=rows["Pand_postcode"].map({postcode(n): f"BU{code}" for n, code in enumerate(codes)}))


def _write_labels(rows: Rows, name: str) -> bytes:
    lines = f"PublicatieDatum;01-12-{name[1:5]}\nLaatstVerwerkteMutatievolgnummer;1\n{_csv(rows.drop(columns=['year', 'level', 'region']).rename(columns={'part': 'Pand_energieklasse'}), ';')}"
    return _packed({name.replace("_csv.zip", ".csv"): lines})


def _read_reviewed(files: Mapping[str, bytes], table: SourceTable) -> Rows:
    rows = pd.read_csv(io.BytesIO(files[table.path]), dtype=str, keep_default_na=False)
    return rows.assign(file=table.path).rename(columns={"region_code": "region"})


def _write_reviewed(rows: Rows, name: str) -> bytes:
    return _csv(rows.drop(columns="level").rename(columns={"region": "region_code"})).encode()


_WIRES: dict[str, tuple[Callable[[httpx.Client, SourceTable], Rows], Callable[[Rows, SourceTable], Any]]] = {
    "statline_v4": (_read_v4, _write_v4),
    "statline_v3": (_read_v3, _write_v3),
    "leefbaarometer": (_read_file, _write_file),
    "addresses": (_read_file, _write_file),
}
_DELIVERED: dict[str, tuple[Callable[[Mapping[str, bytes], SourceTable], Rows], Callable[[Rows, str], bytes]]] = {
    "form": (_read_maatwerk, _write_maatwerk),
    "eponline": (_read_labels, _write_labels),
    "reviewed": (_read_reviewed, _write_reviewed),
}


class Corrupted(httpx.BaseTransport):
    """The answers of `inner`, but for one table, which has other figures and is a new version."""

    def __init__(self, inner: httpx.BaseTransport, table: SourceTable, rows: Rows) -> None:
        self._inner, self._table = inner, table
        self._answer = _WIRES[table.reader][1](rows, table)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        *_, owner, name = request.url.path.removesuffix("/$count").split("/")
        if self._table.path and request.url.path.endswith(self._table.path):
            return self._file(request)
        if owner != self._table.table_id:
            return self._inner.handle_request(request)
        if name in ("Properties", "TableInfos"):
            return self._described(request)
        return self._rows(request) if name in ("Observations", "UntypedDataSet") else self._inner.handle_request(request)

    def _described(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(self._inner.handle_request(request).content)
        for told in body.get("value", [body]):
            for name in {"Modified", "ObservationsModified"} & set(told):
                told[name] = f"{date.fromisoformat(told[name][:10]) + timedelta(days=1)}{told[name][10:]}"
        return httpx.Response(200, json=body)

    def _rows(self, request: httpx.Request) -> httpx.Response:
        query, rows = request.url.params, self._answer
        for column, condition in conditions(query.get("$filter", "")):
            rows = rows[rows[column].map(condition)]
        if request.url.path.endswith("/$count"):
            return httpx.Response(200, text=str(len(rows)))
        chosen = query["$select"].split(",") if "$select" in query else list(rows)
        return httpx.Response(200, json={"@odata.count": len(rows), "value": rows[chosen].to_dict("records")})

    def _file(self, request: httpx.Request) -> httpx.Response:
        etag = f'"{self._table.key}, once more"'
        headers = {"etag": etag, "content-type": "application/zip", "last-modified": "Thu, 01 Jan 2026 02:00:00 GMT"}
        if request.headers.get("if-none-match") == etag:
            return httpx.Response(304, headers=headers)
        return httpx.Response(200, content=self._answer, headers=headers)


# ------------------------------------------------------------------------------------------------------------ what an error does to rows

Change = Callable[[Rows, Land], Rows]
Among = Callable[[Land], Collection[str]]
_KEYS = ("part", "year", "level", "region", "Leeftijd")
_DIGITS = {"rivm_gezondheid": 1, "leefbaarometer": 6}  # of a figure as it is published; others are whole numbers, and incomes have one


@dataclass(frozen=True)
class At:
    """Which rows an error is in; all of them where nothing is said."""

    part: str | tuple[str, ...] = ()
    year: int | tuple[int, ...] = ()
    level: str | tuple[str, ...] = ()
    among: Among | None = None

    def __call__(self, rows: Rows, land: Land) -> pd.Series[bool]:
        chosen = pd.Series(True, index=rows.index)
        for name in ("part", "year", "level"):
            if wanted := getattr(self, name):
                chosen &= rows[name].isin(wanted if isinstance(wanted, tuple) else [wanted])
        return chosen & rows["region"].isin(list(self.among(land))) if self.among else chosen


def area(*numbers: int) -> Among:
    return lambda land: set().union(*(land.area(n) for n in numbers))


def city(*numbers: int) -> Among:
    """Of municipalities; from 19 on they have no area."""
    return lambda land: set().union(*(land.city(n) for n in numbers))


def single(*numbers: int) -> Among:
    return lambda land: [land.single[n] for n in numbers]


def outside(*numbers: int) -> Among:
    return lambda land: [land.outside[n] for n in numbers]


def wijk(*numbers: int) -> Among:
    return lambda land: [land.wijken[n] for n in numbers]


def every(step: int) -> Among:
    """One in so many of the buurten."""
    return lambda land: list(land.buurten[::step])


ALL = At()


def cells(change: Callable[[pd.Series[float]], pd.Series[float]], at: At = ALL, column: str = "value", digits: int | None = None) -> Change:
    """The figures at a place, changed one by one and told with as many digits as they are published with, or with others."""

    def changed(rows: Rows, land: Land) -> Rows:
        here = at(rows, land) & rows[column].notna()
        own = 1 * (rows["part"] == "income") if "part" in rows else 0
        scale = 10.0 ** (own + _DIGITS.get(land.table.key, 0) if digits is None else digits)
        return rows.assign(**{column: rows[column].where(~here, (change(rows[column]) * scale).round() / scale)})

    return changed


def times(factor: float, at: At = ALL, column: str = "value", digits: int | None = None) -> Change:
    return cells(lambda v: v * factor, at, column, digits)


def plus(amount: float, at: At = ALL, column: str = "value") -> Change:
    return cells(lambda v: v + amount, at, column)


def rounded(step: float, at: At = ALL, column: str = "value") -> Change:
    return cells(lambda v: (v / step).round() * step, at, column)


def cut(step: float, at: At = ALL, column: str = "value") -> Change:
    """What is beyond a digit is left out."""
    return cells(lambda v: v // step * step, at, column)


def fraction(at: At = ALL) -> Change:
    """A share of one in place of one of a hundred."""
    return times(0.01, at, digits=3)


def gone(at: At, column: str = "value") -> Change:
    """Figures that are not told."""
    return lambda rows, land: rows.assign(**{column: rows[column].mask(at(rows, land))})


def zero(at: At, column: str = "value") -> Change:
    """Naught, in place of what is not told."""
    return lambda rows, land: rows.assign(**{column: rows[column].mask(at(rows, land) & rows[column].isna(), 0)})


def lost(at: At) -> Change:
    return lambda rows, land: rows[~at(rows, land)]


def doubled(at: At) -> Change:
    return lambda rows, land: pd.concat([rows, rows[at(rows, land)]], ignore_index=True)


def exchanged(a: str, b: str, at: At = ALL) -> Change:
    """Two columns, each under the other's name."""

    def changed(rows: Rows, land: Land) -> Rows:
        here = at(rows, land)
        return rows.assign(**{a: rows[a].mask(here, rows[b]), b: rows[b].mask(here, rows[a])})

    return changed


Renamed = Mapping[Any, Any] | Callable[[Land], Mapping[Any, Any]]


def taken(at: At = ALL, of: str = "", night: int | None = None, columns: Sequence[str] = ("value",), **keys: Renamed) -> Change:
    """Figures that are those of another part, year, level or region of the same table, or of another table or night.

    keys: the key of the row that a figure is taken from, by the key of the row that gets it. What finds no such row stays as it is.
    """

    def changed(rows: Rows, land: Land) -> Rows:
        source = told(of or land.table.key, land.night if night is None else night) if of or night is not None else rows
        names = [name for name in _KEYS if name in rows]
        wanted = rows.loc[at(rows, land), names]
        for name, renamed in keys.items():
            other = renamed(land) if callable(renamed) else renamed
            wanted[name] = [other.get(key, key) for key in wanted[name]]
        found = source.drop_duplicates(names).set_index(names)[list(columns)]
        place = found.index.get_indexer(pd.MultiIndex.from_frame(wanted))
        rows = rows.copy()
        there = wanted.index[place >= 0]
        rows.loc[there, list(columns)] = found.iloc[place[place >= 0]].to_numpy()
        return rows

    return changed


def exchange(a: Any, b: Any) -> dict[Any, Any]:
    return {a: b, b: a}


def rotated(among: Among) -> Callable[[Land], Mapping[str, str]]:
    """Each buurt gets what the next one has: a column that was sorted by itself."""

    def renamed(land: Land) -> Mapping[str, str]:
        codes = sorted(code for code in among(land) if code.startswith("BU"))
        return dict(zip(codes, codes[1:] + codes[:1], strict=True))

    return renamed


def one_another(a: Among, b: Among) -> Callable[[Land], Mapping[str, str]]:
    """Two regions, exchanged."""
    return lambda land: exchange(*a(land), *b(land))


def area_of(number: int) -> Among:
    """The area alone, as deliveries name it."""
    return lambda land: [tiny().country.areas[number].area_id]


def municipality(number: int) -> Among:
    """The municipality alone."""
    return lambda land: [code for code in land.city(number) if code.startswith("GM")]


def both(*changes: Change) -> Change:
    def changed(rows: Rows, land: Land) -> Rows:
        for change in changes:
            rows = change(rows, land)
        return rows

    return changed


def shifted(columns: Sequence[str] = ("value",), at: At = ALL, by: int = 1, years: Sequence[int] = tuple(range(2018, 2026))) -> Change:
    """Every year has the figures of one before it."""
    return taken(at, columns=columns, year={year: year - by for year in years})


def summed(change: Change) -> Change:
    """Scores of dimensions that are wrong, and their sum with them."""

    def changed(rows: Rows, land: Land) -> Rows:
        rows = change(rows, land)
        total = rows[["fys", "onv", "soc", "vrz", "won"]].sum(axis=1).round(6)
        return rows.assign(afw=total, lbm=4.1 + total)

    return changed


def relabelled(labels: Mapping[str, str], at: At = ALL) -> Change:
    """Energy labels under another letter."""
    return lambda rows, land: rows.assign(part=rows["part"].mask(at(rows, land), rows["part"].map(lambda label: labels.get(label, label))))


def written(column: str, value: Any, at: At) -> Change:
    """One word in place of what stood in a column."""
    return lambda rows, land: rows.assign(**{column: rows[column].mask(at(rows, land), value)})


def more_dwellings(at: At) -> Change:
    """Labels that are told once more, of dwellings that are not there."""

    def changed(rows: Rows, land: Land) -> Rows:
        again = rows[at(rows, land)]
        return pd.concat([rows, again.assign(Pand_bagverblijfsobjectid="9" + again["Pand_bagverblijfsobjectid"])], ignore_index=True)

    return changed


def old_file(year: int) -> Change:
    """The file of a year has what that of the year before had."""

    def changed(rows: Rows, land: Land) -> Rows:
        new = rows.loc[rows["year"] == year, "file"].iloc[0]
        old = rows[rows["year"] == year - 1].assign(file=new, year=year)
        return pd.concat([rows[rows["year"] != year], old], ignore_index=True)

    return changed


# ------------------------------------------------------------------------------------------------------------ the ways


@dataclass(frozen=True)
class Way:
    """One way in which a table goes wrong. kind: of error; before, night: the home was on the one night, and the error is there on the other.

    When these are the same, what was published before is published once more; else a release has the error, in what it brings.
    """

    kind: str
    table: str
    what: str
    change: Change
    before: int = 30
    night: int = 30

    @property
    def is_release(self) -> bool:
        """Whether the error comes with new figures."""
        return self.before != self.night

    @property
    def name(self) -> str:
        """What tells it from every other."""
        return f"{self.kind}, {self.table}{' (release)' if self.is_release else ''}: {self.what}"

    def corrupt(self, home: Path, publishers: httpx.BaseTransport | None = None) -> httpx.BaseTransport:
        """The publishers of the night, one of them with the error. What people deliver is put where they put it, in a home of the demo country.

        publishers: those that go wrong, when they are others than the demo country's on that night.
        """
        table, publishers = BY_KEY[self.table], publishers or DemoTransport(tiny(), self.night)
        right = told(self.table, self.night)
        wrong = self.change(right.copy(), Land(self.table, self.night))
        if table.reader in _WIRES:
            return Corrupted(publishers, table, wrong)
        folder = home / "demo" if table.reader == "reviewed" else home / "demo" / "inbox"
        deliveries.deliver(tiny(), self.night, home / "demo" / "inbox", home / "demo")
        for name, rows in wrong.groupby("file", sort=False):
            if not rows.reset_index(drop=True).equals(right[right["file"] == name].reset_index(drop=True)):
                (folder / str(name)).write_bytes(_DELIVERED[table.reader][1](rows.drop(columns="file"), str(name)))
                os.utime(folder / str(name), (_LONG_AGO, _LONG_AGO))
        return publishers


KWB22, KWB23, KWB24, KWB25 = (f"cbs_kwb_{year}" for year in range(2022, 2026))
CRIME, HEALTH, SCORES, MAATWERK, LABELS = "politie_misdrijven", "rivm_gezondheid", "leefbaarometer", "cbs_maatwerk", "eponline_labels"
NIGHTS = (0, 5, 7, 10, 15, 20, 30, 40)  # on which figures come out, for the most part
# a night on which figures come out, and the one before it
NEW_WOZ, NEW_INCOME, NEW_POVERTY, NEW_HEALTH, NEW_CRIME, NEW_WORK, NEW_SCORES = (0, 5), (7, 10), (10, 15), (15, 20), (20, 30), (20, 30), (30, 40)
REGIONS = ("GM", "WK", "BU")
ALL_CRIMES, BURGLARY, ASSAULT, THREAT, DAMAGE, SHOPLIFTING = "0.0.0", "1.1.1", "1.4.5", "1.4.4", "2.2.1", "2.5.2"
DIMENSIONS = ("fys", "onv", "soc", "vrz", "won")
HOUSEHOLDS, CHILDREN, QUALIFICATION, DISADVANTAGE, SUSPECTS = (
    "armoede_huishoudens", "armoede_kinderen", "zonder_startkwalificatie", "onderwijsachterstand", "jeugd_verdachten",
)  # fmt: skip
POVERTY = (HOUSEHOLDS, CHILDREN)
AREA_ROW, CITY_ROW, REST_ROW, COUNTRY_ROW = "gebied", "gemeente", "rest_gemeente", "nederland"
COUNTS = ("teller", "noemer")


def scaled(factor: float, at: At = ALL, dimensions: Sequence[str] = DIMENSIONS) -> Change:
    """Scores, and their sum, times a number."""
    return summed(both(*(times(factor, at, d) for d in dimensions)))


def raised(amount: float, at: At = ALL, dimensions: Sequence[str] = DIMENSIONS) -> Change:
    """Scores, and their sum, plus a number."""
    return summed(both(*(plus(amount, at, d) for d in dimensions)))


def _of_units() -> Iterator[Way]:
    kind = "unit"
    yield Way(kind, KWB24, "property values in euro", times(1000, At("woz")))
    yield Way(kind, KWB23, "property values in ten thousands", times(0.1, At("woz")))
    yield Way(kind, KWB24, "incomes of a month", times(1 / 12, At("income")))
    yield Way(kind, KWB24, "benefits in tens", times(0.1, At("welfare")))
    yield Way(kind, KWB24, "residents in thousands", times(0.001, At("residents")))
    yield Way(kind, KWB25, "property values of one city in ten thousands", times(0.1, At("woz", among=city(5))), *NEW_WOZ)
    yield Way(kind, KWB25, "benefits in tens", times(0.1, At("welfare")), *NEW_WORK)
    yield Way(kind, KWB25, "benefits in tens in one city", times(0.1, At("welfare", among=city(8))), *NEW_WORK)
    yield Way(kind, KWB24, "incomes in euro", times(1000, At("income")), *NEW_INCOME)
    yield Way(kind, KWB24, "incomes of a quarter in the regions", times(0.25, At("income", level=REGIONS)), *NEW_INCOME)
    yield Way(kind, CRIME, "crimes in tens in a year", times(0.1, At(year=2024)))
    yield Way(kind, CRIME, "crimes in tens in the newest year", times(0.1, At(year=2025)), *NEW_CRIME)
    yield Way(kind, HEALTH, "per mille", times(10, At(year=2024)))
    yield Way(kind, HEALTH, "a tenth in one city", times(0.1, At(year=2022, among=city(3))))
    yield Way(kind, SCORES, "scores in tenths", scaled(10))
    yield Way(kind, SCORES, "a tenth of the scores in a year", scaled(0.1, At(year=2022)))
    yield Way(kind, MAATWERK, "the country's numerator in tens", times(0.1, At(SUSPECTS, 2024, COUNTRY_ROW), "teller"))
    yield Way(kind, MAATWERK, "numerators in tens", times(0.1, At(POVERTY, 2024), "teller"), *NEW_POVERTY)


def _of_columns() -> Iterator[Way]:
    kind = "swapped columns"
    yield Way(kind, KWB24, "property values and dwellings", taken(At(("woz", "dwellings")), part=exchange("woz", "dwellings")))
    yield Way(
        kind, KWB24, "the young and the old", taken(At(("residents_0_14", "residents_65_plus")), part=exchange("residents_0_14", "residents_65_plus"))
    )
    yield Way(kind, KWB23, "incomes and labour", taken(At(("income", "labour_participation")), part=exchange("income", "labour_participation")))
    yield Way(
        kind,
        KWB25,
        "labour and benefits",
        taken(At(("welfare", "labour_participation")), part=exchange("welfare", "labour_participation")),
        *NEW_WORK,
    )
    yield Way(kind, CRIME, "assaults and threats in a year", taken(At((ASSAULT, THREAT), 2024), part=exchange(ASSAULT, THREAT)))
    yield Way(kind, CRIME, "burglaries and damage in a year", taken(At((BURGLARY, DAMAGE), 2022), part=exchange(BURGLARY, DAMAGE)))
    yield Way(kind, CRIME, "assaults and shoplifting", taken(At((ASSAULT, SHOPLIFTING), 2025), part=exchange(ASSAULT, SHOPLIFTING)), *NEW_CRIME)
    yield Way(
        kind,
        CRIME,
        "burglaries and threats in one city",
        taken(At((BURGLARY, THREAT), 2025, among=city(2)), part=exchange(BURGLARY, THREAT)),
        *NEW_CRIME,
    )
    yield Way(kind, HEALTH, "figure and lower bound", taken(At(("MW00000", "MOG0095")), part=exchange("MW00000", "MOG0095")))
    yield Way(kind, HEALTH, "those of 65 and older", taken(At(year=2024), Leeftijd={"20300": "80200"}))
    yield Way(kind, HEALTH, "those of 18 to 65", taken(At(year=2024), Leeftijd={"20300": "53115"}), *NEW_HEALTH)
    yield Way(kind, SCORES, "dwellings and nuisance in a year", exchanged("won", "onv", At(year=2024)))
    yield Way(kind, SCORES, "surroundings and services", exchanged("fys", "vrz"))
    yield Way(kind, SCORES, "dwellings and nuisance in the newest year", exchanged("won", "onv", At(year=2024)), *NEW_SCORES)
    yield Way(kind, MAATWERK, "the two kinds of poverty in a year", taken(At(POVERTY, 2023), columns=["teller"], part=exchange(*POVERTY)))
    yield Way(
        kind,
        MAATWERK,
        "denominators of two indicators",
        taken(At((QUALIFICATION, DISADVANTAGE), 2024), columns=["noemer"], part=exchange(QUALIFICATION, DISADVANTAGE)),
    )
    yield Way(kind, MAATWERK, "the two kinds of poverty", taken(At(POVERTY, 2024), columns=COUNTS, part=exchange(*POVERTY)), *NEW_POVERTY)


def _of_regions() -> Iterator[Way]:
    kind = "swapped regions"
    two = one_another(area_of(3), area_of(7))
    yield Way(kind, MAATWERK, "two areas in one indicator", taken(At(SUSPECTS, 2022, AREA_ROW), columns=COUNTS, region=two))
    yield Way(kind, MAATWERK, "two areas", taken(At(POVERTY, 2024, AREA_ROW), columns=COUNTS, region=two), *NEW_POVERTY)
    yield Way(
        kind,
        MAATWERK,
        "a municipality and what is left of it",
        taken(At(QUALIFICATION, 2023, (CITY_ROW, REST_ROW), municipality(2)), columns=COUNTS, level=exchange(CITY_ROW, REST_ROW)),
    )
    yield Way(
        kind,
        MAATWERK,
        "numerators of all municipalities and what is left of them",
        taken(At(DISADVANTAGE, 2024, (CITY_ROW, REST_ROW)), columns=["teller"], level=exchange(CITY_ROW, REST_ROW)),
    )
    yield Way(kind, KWB24, "labour, a buurt of an area and one outside", taken(At("labour_participation"), region=one_another(single(0), outside(0))))
    yield Way(kind, KWB24, "benefits, a city and a village", taken(At("welfare", level="GM"), region=one_another(municipality(3), municipality(20))))
    yield Way(kind, KWB24, "labour, all buurten of a city by one row", taken(At("labour_participation", level="BU"), region=rotated(city(1))))
    yield Way(kind, KWB25, "property values, all buurten by one row", taken(At("woz", level="BU"), region=rotated(every(1))), *NEW_WOZ)
    yield Way(kind, KWB25, "property values, two buurten", taken(At("woz"), region=one_another(single(1), outside(1))), *NEW_WOZ)
    yield Way(kind, KWB25, "benefits, all buurten by one row", taken(At("welfare", level="BU"), region=rotated(every(1))), *NEW_WORK)
    yield Way(
        kind, KWB25, "labour, all buurten of a city by one row", taken(At("labour_participation", level="BU"), region=rotated(city(0))), *NEW_WORK
    )
    yield Way(kind, CRIME, "all buurten by one row in a year", taken(At(year=2024, level="BU"), region=rotated(every(1))))
    yield Way(kind, CRIME, "all buurten of a city by one row", taken(At(year=2025, level="BU"), region=rotated(city(0))), *NEW_CRIME)
    yield Way(kind, HEALTH, "all buurten by one row in a year", taken(At(year=2022, level="BU"), region=rotated(every(1))))
    yield Way(kind, SCORES, "all buurten by one row", taken(At(year=2022), columns=["afw", *DIMENSIONS], region=rotated(every(1))))
    yield Way(
        kind,
        SCORES,
        "all buurten of a city by one row in the newest year",
        taken(At(year=2024), columns=["afw", *DIMENSIONS], region=rotated(city(3))),
        *NEW_SCORES,
    )


def _of_years() -> Iterator[Way]:
    kind = "shifted years"
    scores = ["lbm", "afw", *DIMENSIONS]
    yield Way(kind, CRIME, "the year before in place of a year", taken(At(year=2024), year={2024: 2023}))
    yield Way(kind, CRIME, "all years by one", shifted())
    yield Way(kind, CRIME, "two years exchanged", taken(At(year=(2020, 2022)), year=exchange(2020, 2022)))
    yield Way(kind, CRIME, "the newest year is the one before", taken(At(year=2025), year={2025: 2024}), *NEW_CRIME)
    yield Way(kind, CRIME, "the newest year of one city is that of 2021", taken(At(year=2025, among=city(7)), year={2025: 2021}), *NEW_CRIME)
    yield Way(kind, HEALTH, "the measurement before in place of the newest", taken(At(year=2024), year={2024: 2022}))
    yield Way(kind, HEALTH, "the newest measurement is that of 2020", taken(At(year=2024), year={2024: 2020}), *NEW_HEALTH)
    yield Way(kind, SCORES, "the measurement before in place of the newest", taken(At(year=2024), columns=scores, year={2024: 2022}))
    yield Way(kind, SCORES, "all measurements by one", shifted([*scores, "klasse"], At(year=(2018, 2020, 2022)), 2))
    yield Way(kind, SCORES, "two measurements exchanged", taken(At(year=(2020, 2022)), columns=scores, year=exchange(2020, 2022)), *NEW_SCORES)
    yield Way(kind, MAATWERK, "the year before in place of the newest", taken(At(SUSPECTS, 2024), columns=COUNTS, year={2024: 2023}))
    yield Way(kind, MAATWERK, "two years exchanged", taken(At(QUALIFICATION, (2019, 2023)), columns=COUNTS, year=exchange(2019, 2023)))
    yield Way(kind, MAATWERK, "the newest year is the one before", taken(At(POVERTY, 2024), columns=COUNTS, year={2024: 2023}), *NEW_POVERTY)


def _of_old_editions() -> Iterator[Way]:
    kind = "old edition as new"
    year = {2024: 2023}
    yield Way(kind, KWB24, "property values of 2023", taken(At("woz"), KWB23, year=year))
    yield Way(kind, KWB24, "everything of 2023", taken(ALL, KWB23, year=year))
    yield Way(kind, KWB25, "residents of 2024", taken(At(("residents", "residents_0_14", "residents_65_plus")), KWB24, year={2025: 2024}))
    yield Way(kind, KWB25, "property values of 2024", taken(At("woz"), KWB24, year={2025: 2024}), *NEW_WOZ)
    yield Way(kind, KWB25, "property values of 2020 in one city", taken(At("woz", among=city(9)), "cbs_kwb_2020", year={2025: 2020}), *NEW_WOZ)
    yield Way(kind, KWB25, "labour of 2024", taken(At("labour_participation"), KWB24, year={2025: 2024}), *NEW_WORK)
    yield Way(kind, KWB25, "benefits of 2023", taken(At("welfare"), KWB23, year={2025: 2023}), *NEW_WORK)
    yield Way(kind, KWB24, "incomes of 2023", taken(At("income"), KWB23, year=year), *NEW_INCOME)
    yield Way(kind, CRIME, "a release of weeks before", taken(night=14))
    yield Way(kind, HEALTH, "before it was restated", taken(night=0), *NEW_HEALTH)
    yield Way(kind, SCORES, "before it was restated", taken(night=0, columns=["lbm", "afw", *DIMENSIONS, "klasse"]), *NEW_SCORES)
    yield Way(kind, LABELS, "the file of the year before", old_file(2025))


def _of_doubles() -> Iterator[Way]:
    kind = "doubled"
    yield Way(kind, CRIME, "rows of one city", doubled(At(year=2024, among=city(3))))
    yield Way(kind, KWB24, "rows of all measures of one area", doubled(At(among=area(5))))
    yield Way(kind, SCORES, "rows of 5% of the buurten", doubled(At(year=2024, among=every(20))))
    yield Way(kind, MAATWERK, "one area counted twice", both(*(times(2, At(HOUSEHOLDS, 2023, AREA_ROW, area_of(2)), c) for c in COUNTS)))
    yield Way(
        kind, MAATWERK, "numerator of one area in the newest year", times(2, At(HOUSEHOLDS, 2024, AREA_ROW, area_of(4)), "teller"), *NEW_POVERTY
    )
    yield Way(
        kind,
        MAATWERK,
        "one area counted twice in the newest year",
        both(*(times(2, At(CHILDREN, 2024, AREA_ROW, area_of(6)), c) for c in COUNTS)),
        *NEW_POVERTY,
    )
    yield Way(kind, CRIME, "burglaries of one area", times(2, At(BURGLARY, 2024, among=area(8))))
    yield Way(kind, CRIME, "crimes of one area in the newest year", times(2, At(year=2025, among=area(3))), *NEW_CRIME)
    yield Way(kind, KWB25, "benefits of one area in the newest year", times(2, At("welfare", among=area(12))), *NEW_WORK)
    yield Way(
        kind, LABELS, "labels E, F and G of one area, of dwellings that are not there", more_dwellings(At(("E", "F", "G"), 2025, among=area(0)))
    )


def _of_losses() -> Iterator[Way]:
    kind = "lost"
    yield Way(kind, CRIME, "rows of one city", lost(At(year=2024, among=city(9))))
    yield Way(kind, CRIME, "robberies of one city are not told", gone(At("1.4.7", 2023, among=city(4))))
    yield Way(kind, KWB24, "benefits of one area are not told", gone(At("welfare", among=area(2))))
    yield Way(kind, KWB24, "property values of a buurt are not told", gone(At("woz", among=single(2))))
    yield Way(kind, KWB25, "property values of one city", gone(At("woz", among=city(11))), *NEW_WOZ)
    yield Way(kind, KWB25, "labour of two areas", gone(At("labour_participation", among=area(3, 4))), *NEW_WORK)
    yield Way(kind, HEALTH, "figures of one area", gone(At(year=2024, among=area(6))))
    yield Way(kind, SCORES, "rows of 5% of the buurten", lost(At(year=2024, among=every(20))))
    yield Way(kind, LABELS, "half of the labels of a city", lost(At(year=2025, among=lambda land: sorted(land.city(2))[::2])))
    yield Way(kind, LABELS, "all labels G", lost(At("G", 2024)))
    yield Way(kind, LABELS, "labels of one area", lost(At(year=2025, among=area(5))))
    yield Way(kind, MAATWERK, "a municipality", lost(At(DISADVANTAGE, 2024, CITY_ROW, municipality(3))))
    yield Way(kind, MAATWERK, "the numerator of one area is not told", gone(At(HOUSEHOLDS, 2022, AREA_ROW, area_of(8)), "teller"))
    yield Way(kind, MAATWERK, "an area in the newest year", lost(At(CHILDREN, 2024, AREA_ROW, area_of(10))), *NEW_POVERTY)


def _of_outliers() -> Iterator[Way]:
    kind = "one region in an area"
    for factor in (10, 1.5, 0.7):
        yield Way(kind, KWB24, f"property value of a buurt times {factor:g}", times(factor, At("woz", among=single(0))))
    for factor in (100, 1.5):
        yield Way(kind, KWB24, f"benefits of a buurt times {factor:g}", times(factor, At("welfare", among=single(1))))
    for factor in (10, 1.5):
        yield Way(kind, KWB23, f"income of a wijk times {factor:g}", times(factor, At("income", among=wijk(0))))
    for factor in (10, 1.5):
        yield Way(kind, CRIME, f"crimes of a buurt times {factor:g}", times(factor, At(ALL_CRIMES, 2024, among=single(2))))
    yield Way(kind, KWB24, "labour of a buurt halved", times(0.5, At("labour_participation", among=single(3))))
    yield Way(kind, HEALTH, "health of a buurt halved", times(0.5, At(year=2024, among=single(0))))
    yield Way(kind, HEALTH, "health of a wijk 5 points up", plus(5, At(year=2022, among=wijk(2))))
    yield Way(kind, SCORES, "scores of a buurt times 3", scaled(3, At(year=2022, among=single(2))))
    for factor in (3, 1.1):
        yield Way(kind, MAATWERK, f"numerator of an area times {factor:g}", times(factor, At(DISADVANTAGE, 2023, AREA_ROW, area_of(9)), "teller"))
    yield Way(kind, KWB25, "property value of a buurt times 10", times(10, At("woz", among=single(0))), *NEW_WOZ)
    yield Way(kind, KWB25, "property value of a wijk times 1.5", times(1.5, At("woz", among=wijk(1))), *NEW_WOZ)
    yield Way(kind, KWB25, "labour of a buurt halved", times(0.5, At("labour_participation", among=single(1))), *NEW_WORK)
    for factor in (10, 2):
        yield Way(kind, KWB25, f"benefits of a buurt times {factor:g}", times(factor, At("welfare", among=single(0))), *NEW_WORK)
    for factor in (10, 2):
        yield Way(kind, CRIME, f"crimes of a buurt times {factor:g}", times(factor, At(ALL_CRIMES, 2025, among=single(3))), *NEW_CRIME)
    yield Way(kind, HEALTH, "health of a buurt halved", times(0.5, At(year=2024, among=single(1))), *NEW_HEALTH)
    yield Way(kind, SCORES, "scores of a buurt times 3", scaled(3, At(year=2024, among=single(0))), *NEW_SCORES)
    yield Way(kind, MAATWERK, "numerator of an area times 1.5", times(1.5, At(HOUSEHOLDS, 2024, AREA_ROW, area_of(13)), "teller"), *NEW_POVERTY)
    kind = "one region outside"
    yield Way(kind, KWB24, "benefits of a village times 10", times(10, At("welfare", among=municipality(21))))
    yield Way(kind, CRIME, "crimes of a city times 10", times(10, At(ALL_CRIMES, 2024, among=municipality(6))))
    yield Way(kind, MAATWERK, "numerator of what is left of a city times 3", times(3, At(SUSPECTS, 2024, REST_ROW, municipality(0)), "teller"))
    yield Way(kind, KWB25, "property value of a city times 10", times(10, At("woz", among=municipality(1))), *NEW_WOZ)
    yield Way(kind, KWB25, "benefits of a city times 3", times(3, At("welfare", among=municipality(0))), *NEW_WORK)


def _of_cities() -> Iterator[Way]:
    kind = "one municipality"
    yield Way(kind, KWB24, "property values times 1.2", times(1.2, At("woz", among=city(0))))
    yield Way(kind, KWB24, "benefits times 1.2 in one in five buurten", times(1.2, At("welfare", among=lambda land: sorted(land.city(0))[::5])))
    yield Way(kind, KWB24, "labour five points down", plus(-5, At("labour_participation", among=city(2))))
    yield Way(kind, CRIME, "crimes times 1.2", times(1.2, At(ALL_CRIMES, 2024, among=city(1))))
    yield Way(kind, HEALTH, "health times 0.95", times(0.95, At(year=2024, among=city(0))))
    yield Way(kind, SCORES, "each score 0.02 down", raised(-0.02, At(year=2024, among=city(1))))
    yield Way(kind, KWB25, "property values times 1.2", times(1.2, At("woz", among=city(0))), *NEW_WOZ)
    yield Way(kind, KWB25, "benefits times 0.8", times(0.8, At("welfare", among=city(1))), *NEW_WORK)
    yield Way(kind, CRIME, "crimes times 1.3", times(1.3, At(year=2025, among=city(2))), *NEW_CRIME)
    yield Way(kind, KWB24, "incomes times 1.2", times(1.2, At("income", among=city(0))), *NEW_INCOME)


def _of_definitions() -> Iterator[Way]:
    kind = "another definition"
    yield Way(kind, KWB24, "benefits times 1.2, the country too", times(1.2, At("welfare")))
    yield Way(kind, KWB23, "labour two points up, the country too", plus(2, At("labour_participation")))
    yield Way(kind, CRIME, "crimes times 1.1 in a year", times(1.1, At(year=2024)))
    yield Way(kind, HEALTH, "three points up", plus(3, At(year=2024)))
    yield Way(kind, KWB25, "benefits times 1.2, the country too", times(1.2, At("welfare")), *NEW_WORK)
    yield Way(kind, CRIME, "crimes times 1.15 in the newest year", times(1.15, At(year=2025)), *NEW_CRIME)
    yield Way(kind, KWB24, "incomes times 0.9, the country too", times(0.9, At("income")), *NEW_INCOME)
    yield Way(kind, MAATWERK, "poverty times 1.5, the country too", times(1.5, At(POVERTY, 2024), "teller"), *NEW_POVERTY)


def _of_signs() -> Iterator[Way]:
    kind = "sign"
    yield Way(kind, SCORES, "all scores", scaled(-1))
    yield Way(kind, SCORES, "dwellings of one area", scaled(-1, At(year=2024, among=area(4)), ("won",)))
    yield Way(kind, SCORES, "scores of the newest year", scaled(-1, At(year=2024)), *NEW_SCORES)
    yield Way(kind, CRIME, "crimes of a buurt", times(-1, At(ALL_CRIMES, 2024, among=single(0))))


def _of_fractions() -> Iterator[Way]:
    kind = "share as fraction"
    yield Way(kind, KWB24, "labour", fraction(At("labour_participation")))
    yield Way(kind, KWB24, "labour of a buurt", fraction(At("labour_participation", among=single(1))))
    yield Way(kind, HEALTH, "one area", fraction(At(year=2024, among=area(2))))
    yield Way(kind, KWB25, "labour", fraction(At("labour_participation")), *NEW_WORK)
    yield Way(kind, KWB25, "labour of one area", fraction(At("labour_participation", among=area(5))), *NEW_WORK)
    yield Way(kind, HEALTH, "the newest measurement", fraction(At(year=2024)), *NEW_HEALTH)
    share = both(
        lambda rows, land: rows.assign(teller=rows["teller"].mask(rows["part"] == SUSPECTS, 100 * rows["teller"] / rows["noemer"])),
        lambda rows, land: rows.assign(noemer=rows["noemer"].mask(rows["part"] == SUSPECTS, 100)),
    )
    yield Way(kind, MAATWERK, "percentages in place of counts", share)


def _of_missing() -> Iterator[Way]:
    kind = "missing as 0"
    yield Way(kind, KWB23, "incomes", zero(At("income")))
    yield Way(kind, KWB24, "labour", zero(At("labour_participation")))
    yield Way(kind, KWB25, "incomes that are not out", zero(At("income")))
    yield Way(kind, KWB25, "benefits that are not out", zero(At("welfare")), *NEW_WOZ)
    yield Way(kind, CRIME, "crimes", zero(At(year=2024)))
    yield Way(kind, HEALTH, "all of a year", zero(At(year=2022)))
    yield Way(kind, MAATWERK, "an area's secret numerator", zero(At(SUSPECTS, 2019), "teller"))


def _of_roundings() -> Iterator[Way]:
    kind = "rounding"
    yield Way(kind, KWB24, "benefits to hundreds", rounded(100, At("welfare")))
    yield Way(kind, KWB24, "incomes to tens", rounded(10, At("income")))
    yield Way(kind, KWB24, "incomes without their decimal", cut(1, At("income")))
    yield Way(kind, KWB23, "incomes without their decimal comma", times(10, At("income")))
    yield Way(kind, KWB24, "residents to hundreds", rounded(100, At("residents")))
    yield Way(kind, CRIME, "crimes to tens", rounded(10, At(year=2024)))
    yield Way(kind, HEALTH, "to whole percents", cut(1, At(year=2024)))
    yield Way(kind, HEALTH, "to tens in one city", rounded(10, At(year=2022, among=city(1))))
    yield Way(kind, SCORES, "to one decimal", summed(both(*(rounded(0.1, At(year=2024), d) for d in DIMENSIONS))))
    yield Way(kind, MAATWERK, "numerators to hundreds", rounded(100, At(HOUSEHOLDS, 2024, (AREA_ROW, CITY_ROW, REST_ROW)), "teller"), *NEW_POVERTY)
    yield Way(kind, KWB25, "benefits cut to hundreds", cut(100, At("welfare", level=("WK", "BU"))), *NEW_WORK)


def _of_countries() -> Iterator[Way]:
    kind = "the country alone"
    yield Way(kind, KWB24, "labour three points up", plus(3, At("labour_participation", level="NL")))
    yield Way(kind, CRIME, "crimes times 1.05", times(1.05, At(ALL_CRIMES, 2024, "NL")))
    yield Way(kind, HEALTH, "three points down", plus(-3, At(year=2022, level="NL")))
    yield Way(kind, MAATWERK, "numerator times 1.2", times(1.2, At(HOUSEHOLDS, 2023, COUNTRY_ROW), "teller"))
    yield Way(kind, MAATWERK, "the rest of it times 1.2", times(1.2, At(CHILDREN, 2023, "overig_nederland"), "teller"))
    yield Way(kind, KWB25, "property value times 1.05", times(1.05, At("woz", level="NL")), *NEW_WOZ)
    yield Way(kind, KWB25, "benefits times 1.2", times(1.2, At("welfare", level="NL")), *NEW_WORK)
    yield Way(kind, KWB24, "income is that of the year before", taken(At("income", level="NL"), KWB23, year={2024: 2023}), *NEW_INCOME)
    kind = "the regions alone"
    yield Way(kind, KWB24, "benefits times 0.9", times(0.9, At("welfare", level=REGIONS)))
    yield Way(kind, HEALTH, "three points up", plus(3, At(year=2024, level=REGIONS)))
    yield Way(kind, KWB25, "property values times 1.1", times(1.1, At("woz", level=REGIONS)), *NEW_WOZ)
    yield Way(kind, KWB25, "labour three points down", plus(-3, At("labour_participation", level=REGIONS)), *NEW_WORK)
    yield Way(kind, CRIME, "crimes of buurten and wijken times 1.2", times(1.2, At(year=2025, level=("WK", "BU"))), *NEW_CRIME)


def _of_totals() -> Iterator[Way]:
    kind = "total in place of part"
    yield Way(kind, CRIME, "all crimes for robberies", taken(At("1.4.6", 2024), part={"1.4.6": ALL_CRIMES}))
    yield Way(kind, CRIME, "damage for all crimes", taken(At(ALL_CRIMES, 2023), part={ALL_CRIMES: DAMAGE}))
    yield Way(kind, CRIME, "all crimes for openly committed violence", taken(At("1.4.3", 2025), part={"1.4.3": ALL_CRIMES}), *NEW_CRIME)
    yield Way(kind, KWB24, "residents for those below 15", taken(At("residents_0_14"), part={"residents_0_14": "residents"}))

    def whole_city(rows: Rows, land: Land) -> Rows:
        [code], [mine] = municipality(5)(land), area_of(5)(land)
        counts = rows[(rows["part"] == SUSPECTS) & (rows["year"] == 2024) & (rows["region"] == code) & (rows["level"] == CITY_ROW)][list(COUNTS)]
        here = At(SUSPECTS, 2024, AREA_ROW, area_of(5))(rows, land)
        assert mine in set(rows.loc[here, "region"])
        rows.loc[here, list(COUNTS)] = counts.to_numpy()
        return rows

    yield Way(kind, MAATWERK, "the municipality for its area", whole_city)


def _of_labels() -> Iterator[Way]:
    kind = "labels and classes"
    opposite = dict(zip("ABCEFG", "EFGABC", strict=True))
    yield Way(kind, LABELS, "E, F, G and A, B, C exchanged in a file", relabelled(opposite, At(year=2025)))
    yield Way(kind, LABELS, "the same in one city", relabelled(opposite, At(year=2024, among=city(3))))
    yield Way(kind, LABELS, "every letter by one", relabelled(dict(zip("ABCDEF", "BCDEFG", strict=True)), At(year=2025)))
    yield Way(kind, LABELS, "D is E in one area", relabelled({"D": "E"}, At(year=2025, among=area(1))))
    yield Way(kind, LABELS, "dwellings of one city are offices", written("Pand_gebouwklasse", "U", At(year=2025, among=city(1))))
    yield Way(kind, LABELS, "all labels up to C have ended", written("Pand_geldig_tot", "20200101", At(("A", "B", "C"), 2023)))
    yield Way(kind, SCORES, "classes one up", plus(1, At(year=(2018, 2020, 2022)), "klasse"))
    yield Way(kind, SCORES, "classes of a year one down", plus(-1, At(year=2020, among=every(1)), "klasse"))
    yield Way(kind, SCORES, "classes counted from the other side", cells(lambda v: 10 - v, At(year=(2018, 2020, 2022)), "klasse"), *NEW_SCORES)
    yield Way(kind, SCORES, "classes of a year are those before", taken(At(year=2022), columns=["klasse"], year={2022: 2018}), *NEW_SCORES)


def _of_places() -> Iterator[Way]:
    kind = "places and weights"

    def one_buurt(number: int) -> Change:
        def changed(rows: Rows, land: Land) -> Rows:
            codes = {code[2:] for code in land.city(number)}
            return rows.assign(region=rows["region"].mask(rows["region"].isin(codes), min(c for c in codes if len(c) == 8)))

        return changed

    def next_buurt(number: int) -> Change:
        def changed(rows: Rows, land: Land) -> Rows:
            other = {a[2:]: b[2:] for a, b in rotated(city(number))(land).items()}
            return rows.assign(region=rows["region"].map(lambda code: other.get(code, code)))

        return changed

    yield Way(kind, "cbs_addresses_2024", "addresses of one city in one buurt", one_buurt(2))
    yield Way(kind, "cbs_addresses_2024", "addresses of one city in the next buurt", next_buurt(0))
    yield Way(kind, "cbs_addresses_2022", "addresses of one city in the next buurt", next_buurt(3))
    yield Way(kind, KWB24, "residents of one area twice", times(2, At("residents", among=area(2))))
    yield Way(kind, KWB24, "residents of one city halved", times(0.5, At("residents", among=city(0))))
    yield Way(kind, KWB22, "residents of a buurt times 10", times(10, At("residents", among=single(0))))
    yield Way(kind, KWB24, "dwellings of a buurt times 100", times(100, At("dwellings", among=single(1))))
    yield Way(kind, KWB23, "residents are dwellings", taken(At("residents"), part={"residents": "dwellings"}))
    yield Way(kind, KWB24, "those of 65 and older twice in one city", times(2, At("residents_65_plus", among=city(1))))
    yield Way(kind, "focus_area_regions", "a buurt of one area in another", written("area_id", tiny().country.areas[1].area_id, At(among=single(0))))
    yield Way(kind, "focus_area_regions", "a buurt is left out", lost(At(among=single(1))))


def _all() -> Iterator[Way]:
    for family in (
        _of_units, _of_columns, _of_regions, _of_years, _of_old_editions, _of_doubles, _of_losses, _of_outliers, _of_cities, _of_definitions, _of_signs,
        _of_fractions, _of_missing, _of_roundings, _of_countries, _of_totals, _of_labels, _of_places,
    ):  # fmt: skip
        for way in family():
            # on a night on which the table was not restated yet, so that nothing is said of it
            yield replace(way, before=15, night=15) if way.table == HEALTH and not way.is_release else way


@lru_cache(maxsize=1)
def ways() -> dict[str, Way]:
    """All ways, by name."""
    found = list(_all())
    assert len({way.name for way in found}) == len(found)
    return {way.name: way for way in found}
