"""The figures of all marts a second time: plain pandas over the archive, sharing no code with the models.

The cover of a geo is found from the top down here, and from a table of what lies inside what in dbt. What of a region lies
in a geo is counted from the addresses themselves, without a crosswalk between.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[1]
BOUNDARY_YEAR = 2024
HIC = ["1.1.1", "1.4.2", "1.4.3", "1.4.5", "1.4.6", "1.4.7"]
MEASURE_OF = {"cbs_kwb": "measure", "politie_misdrijven": "offence", "rivm_gezondheid": "margin"}
NEARLY_ALL = 0.99
MAATWERK_LEVELS = {
    "nplv": "gebied", "gemeenten": "gemeente", "rest_19_gemeenten": "rest_gemeente", "nederland": "nederland", "overig_nederland": "overig_nederland",
}  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """What is summed: a numerator and a denominator per unit of weight (or, for a count, whole), by year and region."""

    rows: pd.DataFrame  # year, edition, region, numerator, denominator, low, high: all already times the weight where there is one
    weight: str
    window: int
    is_weighted: bool = True


def rows_of(folder: Path) -> pd.DataFrame:
    """The rows of the newest version of a table."""
    told = json.loads(max(folder.glob("0*.json")).read_text())
    return pd.read_parquet(folder / f"{told['sha256']}.parquet")


def correct(frame: pd.DataFrame, line: dict, measure_column: str | None) -> None:
    """Put what the register uses in place of the one figure that it is about, when that is as wrong as it expects."""
    about = (frame["region_code"] == line["region_code"]) & (frame["year"] == int(line["period"]))
    if measure_column:
        about &= frame[measure_column] == line["measure"]
    column = "value" if measure_column else line["measure"]
    as_expected = frame[column].isna() if pd.isna(line["expected"]) else frame[column] == line["expected"]
    frame.loc[about & as_expected, column] = line["used"]


def archive(home: Path) -> dict[str, pd.DataFrame]:
    """The newest version of each table in an archive, by relation, its known errors corrected; KWB with its `year`."""
    register = rows_of(home / "archive" / "corrections").to_dict("records")
    tables: dict[str, list[pd.DataFrame]] = {}
    for folder in sorted((home / "archive").iterdir()):
        manifests = sorted(folder.glob("0*.json"))
        if manifests:
            told = json.loads(manifests[-1].read_text())
            frame = rows_of(folder)
            if "region_code" in frame:
                frame["region_code"] = frame["region_code"].replace("NL01", "NL00")
            if "period" in frame:
                frame = frame[frame["period"].str.endswith("JJ00")].assign(year=frame["period"].str[:4].astype(int))
            if told["boundary_year"]:
                frame["edition"] = told["boundary_year"]
            if told["period"]:
                frame["year"] = told["period"]
            for line in register:
                if line["source_key"] == folder.name:
                    correct(frame, line, MEASURE_OF.get(told["relation"]))
            tables.setdefault(told["relation"], []).append(frame)
    return {relation: pd.concat(frames) for relation, frames in tables.items()}


def parents(code: str) -> list[str]:
    """The regions that a region lies in, by its code, the largest first."""
    larger = ["NL00", f"GM{code[2:6]}", f"WK{code[2:8]}"]
    return larger[: ["NL", "GM", "WK", "BU"].index(code[:2])]


class Monitor:
    """The 17 indicators of one home."""

    def __init__(self, home: Path) -> None:
        self.tables = archive(home)
        self.kwb = self.tables["cbs_kwb"].set_index(["year", "region_code", "measure"])["value"].unstack("measure")
        self.codes = {year: set(frame["region_code"]) for year, frame in self.tables["cbs_kwb"].groupby("year")}
        self.buurten = sorted(code for code in self.codes[BOUNDARY_YEAR] if code.startswith("BU"))
        addresses = self.tables.get("cbs_addresses", pd.DataFrame(columns=["edition", "postcode", "house_number", "region_code"]))
        self.addresses = {year: frame.set_index(["postcode", "house_number"])["region_code"] for year, frame in addresses.groupby("edition")}
        self.areas = self.tables["focus_areas"]
        inside = self.tables["focus_area_regions"].groupby("area_id")["region_code"].agg(set)
        every = set(self.buurten)
        focus = set().union(*inside)
        municipal = {b for b in every if f"GM{b[2:6]}" in set(self.areas["municipality_code"])}
        self.geos = {("nplv", "NPLV"): focus, ("gemeenten", "G19"): municipal, ("rest_19_gemeenten", "R19"): municipal - focus}
        self.geos |= {("nederland", "NL00"): every, ("overig_nederland", "ONL"): every - focus}
        self.geos |= {("gebied", area): buurten for area, buurten in inside.items()}

    def meta(self) -> dict[str, dict]:
        """The catalogue, from the yml files themselves."""
        found = {}
        for path in (ROOT / "dbt_project" / "models" / "marts").glob("*/mart_*.yml"):
            meta = yaml.safe_load(path.read_text())["models"][0]["config"]["meta"]
            found[meta["indicator_id"]] = meta
        return found

    @cached_property
    def wanted(self) -> set[int]:
        """The editions that figures are brought to by addresses: those of tables other than Kerncijfers."""
        others = [frame["edition"] for name, frame in self.tables.items() if name not in ("cbs_kwb", "cbs_addresses") and "edition" in frame]
        return {int(year) for editions in others for year in editions.unique()}

    @cache  # noqa: B019 - one monitor lives as long as a test
    def common(self, old: int, new: int) -> pd.DataFrame:
        """The buurt of each address that two editions have, in the one and in the other; empty where one has no addresses."""
        if old == new or new not in self.wanted or not {old, new} <= set(self.addresses):
            return pd.DataFrame({"old": [], "new": []}, dtype=object)
        return pd.concat({"old": self.addresses[old], "new": self.addresses[new]}, axis=1, join="inner")

    @cache  # noqa: B019 - as above
    def without_address(self, old: int, new: int, code: str) -> bool:
        """Whether no common address of two editions tells where a region lies: its code is then all there is to go by."""
        return code not in self._touched(old, new)

    @cache  # noqa: B019 - as above
    def _touched(self, old: int, new: int) -> set[str]:
        both = self.common(old, new)
        buurten = set(both["old"]) | set(both["new"])
        return buurten | {larger for buurt in buurten for larger in parents(buurt)}

    @cache  # noqa: B019 - as above
    def inside(self, edition: int) -> dict[tuple[str, str], dict[str, float]]:
        """For each geo which part of each region of an edition lies in it: of larger regions those that do as a whole, or nearly."""
        both = self.common(edition, BOUNDARY_YEAR)
        everywhere = defaultdict(int)
        for buurt, count in both["old"].value_counts().items():
            for region in (buurt, *parents(buurt)):
                everywhere[region] += count
        members = defaultdict(set)
        for buurt in self.buurten:
            for region in (buurt, *parents(buurt)):
                members[region].add(buurt)
        found = {}
        for geo, buurten in self.geos.items():
            here = defaultdict(int)
            for buurt, count in both.loc[both["new"].isin(buurten), "old"].value_counts().items():
                for region in (buurt, *parents(buurt)):
                    here[region] += count
            shares = {r: n / everywhere[r] for r, n in here.items() if r.startswith("BU") or n >= NEARLY_ALL * everywhere[r]}
            for region in {region for buurt in buurten for region in (buurt, *parents(buurt))}:
                is_there = both.empty or edition not in self.codes or region in self.codes[edition]
                if members[region] <= buurten and is_there and self.without_address(edition, BOUNDARY_YEAR, region):
                    shares[region] = 1.0
            found[geo] = shares
        return found

    @cached_property
    def residents(self) -> pd.Series:
        """Residents by year and region; none in a buurt without a number whose wijk has no more than its other buurten, but for rounding."""
        given = self.kwb["residents"].copy()
        for year, told in given.groupby(level="year"):
            told = told.droplevel("year")
            buurten = told[told.index.str.startswith("BU")]
            for wijk, inside in buurten.groupby("WK" + buurten.index.str[2:8]):
                missing = inside.index[inside.isna()]
                if len(missing) and wijk in told.index and abs(told[wijk] - inside.sum()) <= 2.5 * (len(inside) + 1):
                    given.loc[[(year, code) for code in missing]] = 0.0
        return given

    @cache  # noqa: B019 - as above
    def counts(self, name: str) -> pd.DataFrame:
        """A weight with a row for each region and a column for each edition that has any; NaN where it is not given."""
        k = self.kwb
        young = k["residents"] - k["residents_0_14"]
        series = {
            "residents": self.residents,
            "residents_15_plus": young.clip(lower=0),
            "residents_15_64": (young - k["residents_65_plus"]).clip(lower=0),
            "dwellings": k["dwellings"],
        }[name]
        return series.unstack("year").dropna(axis=1, how="all")

    @cache  # noqa: B019 - as above
    def count_on(self, name: str, year: int, edition: int) -> dict[str, float]:
        """A weight of a year on the regions of an edition; NaN for one whose number is not given."""
        codes = self.codes[year]
        given = self.counts(name)[year].to_dict()
        if year == edition:
            return {code: given[code] for code in codes}
        found: dict[str, float] = {}
        both = self.common(year, edition)
        for level in range(4):
            pairs = both.map(lambda buurt, level=level: (*parents(buurt), buurt)[level]).value_counts().reset_index(name="n")
            pairs["share"] = pairs["n"] / pairs.groupby("old")["n"].transform("sum")
            pairs["value"] = pairs["old"].map(given)
            for region, rows in pairs.groupby("new"):
                known = rows.dropna(subset=["value"])
                enough = known["n"].sum() >= NEARLY_ALL * rows["n"].sum()
                found[region] = (known["share"] * known["value"]).sum() if enough else np.nan
        return found | {code: given[code] for code in codes if self.without_address(year, edition, code)}

    @cache  # noqa: B019 - as above
    def weight_of(self, name: str, year: int, edition: int, window: int) -> pd.DataFrame:
        """The weight of each region of an edition in a year: value, weight_year, is_near, whether that is near enough, and size.

        size: the same for telling how much is covered, where there is no number from the residents; of the nearest year that has either.
        """
        years = list(self.counts(name).columns)
        complete = all(edition in self.counts(n).columns for n in ("residents", "residents_15_plus", "residents_15_64", "dwellings"))
        if edition not in self.wanted and complete:
            years = sorted({edition, BOUNDARY_YEAR} & set(years))
        found: dict[str, tuple[float, int]] = {}
        size: dict[str, float] = {}
        for near in sorted(years, key=lambda y: (abs(y - year), -y)):
            people = self.count_on("residents", near, edition)
            for code, value in self.count_on(name, near, edition).items():
                found.setdefault(code, (value, near))
                country = self.count_on(name, near, edition)["NL00"] / people["NL00"]
                told = people.get(code, np.nan) * country if np.isnan(value) else value
                if not np.isnan(told):
                    size.setdefault(code, told)
        frame = pd.DataFrame.from_dict(found, orient="index", columns=["value", "weight_year"]).assign(size=pd.Series(size, dtype=float))
        return frame.assign(is_near=(frame["weight_year"] - year).abs() <= window)

    def cover(self, geo: tuple[str, str], edition: int, known: set[str]) -> Iterator[str]:
        """The largest regions inside that have a figure; a buurt without one stands for itself."""
        shares = self.inside(edition)[geo]
        for region in shares:
            larger = [r for r in parents(region) if r in shares and r in known]
            if not larger and (region in known or region.startswith("BU")):
                yield region

    def weighted(self, values: pd.DataFrame, weight: str, measure: str) -> Figures:
        """Figures of a share or a mean: the value times the weight over the weight. values: year, edition, region_code, the measure, and perhaps its low and high."""
        rows = []
        for (year, edition), frame in values.dropna(subset=[measure]).groupby(["year", "edition"]):
            near = self.weight_of(weight, int(year), int(edition), 5).query("is_near")
            w = frame["region_code"].map(near["value"])
            bounds = {bound: frame[bound] * w for bound in ("low", "high") if bound in frame}
            rows.append(frame.assign(region=frame["region_code"], numerator=frame[measure] * w, denominator=w, **bounds))
        return Figures(self.gathered(rows), weight, 5)

    @staticmethod
    def gathered(rows: list[pd.DataFrame]) -> pd.DataFrame:
        """The rows of several years."""
        columns = ["year", "edition", "region", "numerator", "denominator", "low", "high"]
        return pd.concat([frame.reindex(columns=columns) for frame in rows]) if rows else pd.DataFrame(columns=columns)

    def figures(self, indicator: str) -> Figures | None:
        """What an indicator sums; None for CBS maatwerk."""
        t = self.tables
        measures = {"woz_relatief": "woz", "arbeidsparticipatie": "labour_participation", "bijstand": "welfare", "inkomen": "income"}
        if indicator in measures:
            values = self.kwb.reset_index().assign(edition=lambda k: k["year"])
            name = measures[indicator]
            if name not in values:
                values[name] = np.nan
            if indicator == "bijstand":
                return self.rate(values.rename(columns={name: "count"}).dropna(subset=["count"]))
            if indicator == "woz_relatief":
                figures = self.weighted(values, "dwellings", name)
                national = values[values["region_code"] == "NL00"].set_index("year")[name]
                figures.rows["denominator"] *= figures.rows["year"].map(national)
                return figures
            if indicator == "arbeidsparticipatie":
                values[name] /= 100
            return self.weighted(values, "residents_15_64" if indicator == "arbeidsparticipatie" else "residents", name)
        if indicator.startswith("lbm_"):
            scores = t["leefbaarometer_buurten"].copy()
            if indicator == "lbm_zwak_aandeel":
                derived = np.where(scores["year"] == 2024, (scores["afw"] < -0.164).astype(float), np.nan)
                scores["weak"] = np.where(scores["class"].notna(), (scores["class"] <= 4).astype(float), derived)
                return self.weighted(scores, "dwellings", "weak")
            column = {"lbm_woningvoorraad": "won", "lbm_fysieke_omgeving": "fys", "lbm_overlast_onveiligheid": "onv"}[indicator]
            national = scores[["year", "edition"]].drop_duplicates().assign(region_code="NL00", **{column: 0.0})
            return self.weighted(pd.concat([scores, national]), "dwellings", column)
        if indicator == "ervaren_gezondheid":
            health = t["rivm_gezondheid"]
            names = {"MW00000": "share", "MOG0095": "low", "MBG0095": "high"}
            health = health.assign(value=health["value"] / 100).pivot_table(
                index=["year", "edition", "region_code"], columns="margin", values="value", dropna=False
            )
            health = health.rename(columns=names).reindex(columns=list(names.values())).dropna(subset=["share"]).reset_index()
            return self.weighted(health, "residents_15_plus", "share")
        if indicator in ("misdrijven", "misdrijven_hic"):
            return self.rate(self.crimes(HIC if indicator.endswith("hic") else ["0.0.0"]))
        if indicator == "energielabel_efg":
            return self.labels()
        return None

    def rate(self, counts: pd.DataFrame) -> Figures:
        """Figures of a count per resident. counts: year, edition, region_code, count."""
        rows = []
        for (year, edition), frame in counts.groupby(["year", "edition"]):
            near = self.weight_of("residents", int(year), int(edition), 1).query("is_near")
            frame = frame[frame["region_code"].isin(near.index)]
            w = frame["region_code"].map(near["value"])
            rows.append(frame.assign(region=frame["region_code"], numerator=frame["count"], denominator=w))
        return Figures(self.gathered(rows), "residents", 1)

    def crimes(self, offences: list[str]) -> pd.DataFrame:
        """Crimes by year and region; of wijken that the publisher does not give, the sum of their buurten when none is missing."""
        crimes = self.tables["politie_misdrijven"]
        crimes = crimes[crimes["offence"].isin(offences)]
        counts = crimes.groupby(["year", "edition", "region_code"])["value"].agg(["sum", "count"]).reset_index()
        counts["count"] = counts["sum"].where(counts["count"] == len(offences))
        buurten = counts[counts["region_code"].str.startswith("BU")]
        wijken = buurten.assign(region_code="WK" + buurten["region_code"].str[2:8]).groupby(["year", "edition", "region_code"])["count"]
        wijken = wijken.agg(count=lambda c: c.sum(skipna=False), parts="size").reset_index()
        for edition, codes in self.codes.items():
            whole = pd.Series([c[2:8] for c in codes if c.startswith("BU")]).value_counts()
            short = (wijken["edition"] == edition) & (wijken["parts"] != wijken["region_code"].str[2:].map(whole))
            wijken.loc[short, "count"] = np.nan
        given = pd.MultiIndex.from_frame(counts[["year", "region_code"]])
        wijken = wijken[~pd.MultiIndex.from_frame(wijken[["year", "region_code"]]).isin(given)]
        columns = ["year", "edition", "region_code", "count"]
        return pd.concat([counts[columns], wijken[columns]]).dropna(subset=["count"])

    def labels(self) -> Figures:
        """Labelled dwellings by buurt, those with label E, F or G as numerator."""
        if "eponline_labels" not in self.tables or BOUNDARY_YEAR not in self.addresses:
            return Figures(self.gathered([]), "dwellings", 5)
        labels = self.tables["eponline_labels"].copy()
        for column in ("reference_date", "valid_until", "recorded_on"):
            labels[column] = pd.to_datetime(labels[column])
        labels = labels[labels["valid_until"].isna() | (labels["valid_until"] >= labels["reference_date"])]
        newest = labels.sort_values(["recorded_on", "valid_until", "label"], ascending=[False, False, True], na_position="first")
        newest = newest.drop_duplicates(["reference_date", "dwelling_id"])
        placed = newest.merge(self.addresses[BOUNDARY_YEAR].reset_index(), on=["postcode", "house_number"])
        placed = placed.assign(year=placed["reference_date"].dt.year, numerator=placed["label"].isin(["E", "F", "G"]).astype(float), denominator=1.0)
        rows = placed.groupby(["year", "region_code"])[["numerator", "denominator"]].sum().reset_index()
        return Figures(
            self.gathered([rows.rename(columns={"region_code": "region"}).assign(edition=BOUNDARY_YEAR)]), "dwellings", 5, is_weighted=False
        )

    def totals(self, figures: Figures) -> pd.DataFrame:
        """numerator, denominator, coverage and weight_year by geo_level, geo_code and year."""
        found = []
        for (year, edition), rows in figures.rows.groupby(["year", "edition"]):
            weights = self.weight_of(figures.weight, int(year), int(edition), figures.window)
            if figures.is_weighted and not weights["is_near"].any():
                continue
            years = weights.query("is_near")["weight_year"] if figures.is_weighted else pd.Series(dtype=float)
            rows = rows.dropna(subset=["numerator", "denominator"]).set_index("region")
            for geo in self.geos:
                chosen = pd.Series({r: self.inside(int(edition))[geo][r] for r in self.cover(geo, int(edition), set(rows.index))}, dtype=float)
                mine = rows.loc[[region for region in chosen.index if region in rows.index]]
                if mine.empty:
                    continue
                share = chosen.reindex(mine.index)
                weight = weights["size"].reindex(chosen.index) * chosen
                found.append(
                    {
                        "geo_level": geo[0], "geo_code": geo[1], "year": year, "numerator": (share * mine["numerator"]).sum(),
                        "denominator": (share * mine["denominator"]).sum(),
                        "coverage": weight.reindex(mine.index).sum() / weight.sum() if weight.sum() else np.nan,
                        "weight_year": years.reindex(mine.index).mode().min(), "regions": len(mine),
                        **{bound: (share * mine[bound]).sum() if mine[bound].notna().all() else np.nan for bound in ("low", "high")},
                    }
                )  # fmt: skip
        return pd.DataFrame(found)

    def delivered(self, indicator: str) -> pd.DataFrame:
        """The same from CBS maatwerk: counts are added up."""
        if "cbs_maatwerk" not in self.tables:
            return pd.DataFrame()
        cells = self.tables["cbs_maatwerk"].query("indicator_id == @indicator")
        municipalities = set(self.areas["municipality_code"])
        parts = {"nplv": set(self.areas["area_id"]), "gemeenten": municipalities, "rest_19_gemeenten": municipalities}
        found = []
        for year, rows in cells.groupby("year"):
            groups = {(level, code): rows[rows["geo_level"] == MAATWERK_LEVELS[level]] for level, code in self.geos if level in MAATWERK_LEVELS}
            groups |= {
                ("gebied", code): rows[(rows["geo_level"] == "gebied") & (rows["geo_code"] == code)] for level, code in self.geos if level == "gebied"
            }
            sums = {}
            for (level, code), mine in groups.items():
                known = mine.dropna(subset=["numerator", "denominator"])
                if known.empty:
                    continue
                if parts.get(level, {code}) - set(mine.dropna(subset=["denominator"])["geo_code"]):
                    continue
                coverage = known["denominator"].sum() / mine["denominator"].sum()
                sums[level, code] = known["numerator"].sum(), known["denominator"].sum(), coverage, len(known)
            empty = dict.fromkeys(("weight_year", "low", "high"), np.nan)
            found += [
                {"geo_level": level, "geo_code": code, "year": year, "numerator": n, "denominator": d, "coverage": c, "regions": r} | empty
                for (level, code), (n, d, c, r) in sums.items()
            ]
        return pd.DataFrame(found)

    def values(self) -> pd.DataFrame:
        """Every figure of every mart: indicator_id, geo_level, geo_code, year, value, numerator, denominator, coverage, weight_year."""
        found = []
        for indicator, meta in self.meta().items():
            figures = self.figures(indicator)
            totals = self.delivered(indicator) if figures is None else self.totals(figures)
            if totals.empty:
                continue
            years = range(meta["series"][0]["first"], 2100, meta["series"][0]["every"])
            enough = (totals["coverage"] >= meta["minimum_coverage"]) & (totals["denominator"] > 0) & totals["year"].isin(years)
            totals = totals[enough & ~totals["geo_level"].isin(meta["comparators_not_given"])]
            value = {
                name: meta["multiplier"] * totals[part] / totals["denominator"]
                for name, part in (("value", "numerator"), ("value_low", "low"), ("value_high", "high"))
            }
            found.append(totals.assign(indicator_id=indicator, **value))
        return pd.concat(found)
