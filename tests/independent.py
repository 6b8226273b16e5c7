"""The figures of all marts a second time: plain pandas over the archive, sharing no code with the models.

The cover of a geo is found from the top down here, and from a table of what lies inside what in dbt.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[1]
BOUNDARY_YEAR = 2024
HIC = ["1.1.1", "1.4.2", "1.4.3", "1.4.5", "1.4.6", "1.4.7"]
MEASURE_OF = {"cbs_kwb": "measure", "politie_misdrijven": "offence", "rivm_gezondheid": "margin"}
MAATWERK_LEVELS = {"nplv": "gebied", "gemeenten": "gemeente", "rest_19_gemeenten": "rest_gemeente", "nederland": "nederland"}


@dataclass(frozen=True)
class Figures:
    """What is summed: a numerator and a denominator per unit of weight (or, for a count, whole), by year and region."""

    rows: pd.DataFrame  # year, region, numerator, denominator: both already times the weight where there is one
    weight: str
    window: int
    is_rate: bool = False


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
            if told["relation"] == "cbs_addresses":
                frame["boundary_year"] = told["boundary_year"]
            if told["period"]:
                frame["year"] = told["period"]
            for line in register:
                if line["source_key"] == folder.name:
                    correct(frame, line, MEASURE_OF.get(told["relation"]))
            tables.setdefault(told["relation"], []).append(frame)
    return {relation: pd.concat(frames) for relation, frames in tables.items()}


class Monitor:
    """The 17 indicators of one home."""

    def __init__(self, home: Path) -> None:
        self.tables = archive(home)
        self.kwb = self.tables["cbs_kwb"].set_index(["year", "region_code", "measure"])["value"].unstack("measure")
        codes = sorted({code for year, code in self.kwb.index if year == BOUNDARY_YEAR})
        self.regions = set(codes)
        self.buurten = [code for code in codes if code.startswith("BU")]
        self.wijken = pd.Series(self.buurten).groupby(pd.Series(self.buurten).str[2:8]).agg(frozenset)
        self.gemeenten = pd.Series(self.buurten).groupby(pd.Series(self.buurten).str[2:6]).agg(frozenset)
        self.areas = self.tables["focus_areas"]
        inside = self.tables["focus_area_regions"].groupby("area_id")["region_code"].agg(set)
        every = set(self.buurten)
        focus = set().union(*inside)
        municipal = {b for code in self.areas["municipality_code"].unique() for b in self.gemeenten[code[2:]]}
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

    def weights(self, name: str) -> pd.DataFrame:
        """Weights with a row for each region and a column for each edition; a region in no such edition has no number there."""
        k = self.kwb
        young = k["residents"] - k["residents_0_14"]
        series = {
            "residents": k["residents"],
            "residents_15_plus": young.clip(lower=0),
            "residents_15_64": (young - k["residents_65_plus"]).clip(lower=0),
            "dwellings": k["dwellings"],
        }[name]
        return series.unstack("year")

    def weight_of(self, name: str, year: int, window: int) -> tuple[pd.Series, pd.Series]:
        """The weight of each region from the nearest edition that has its code (the later of two), and which edition that is."""
        weights, editions = self.weights(name), self.kwb.index.to_frame(index=False)
        edition = pd.Series(dtype=float)
        for near in sorted((y for y in weights.columns if abs(y - year) <= window), key=lambda y: (abs(y - year), -y)):
            codes = editions.loc[editions["year"] == near, "region_code"]
            new = codes[~codes.isin(edition.index)]
            edition = pd.concat([edition, pd.Series(float(near), index=new)])
        value = pd.Series([weights.at[code, int(y)] for code, y in edition.items()], index=edition.index, dtype=float)
        return value, edition

    def cover(self, buurten: set[str], known: set[str]) -> Iterator[str]:
        """The largest regions inside that have a figure; a buurt without one stands for itself."""
        if len(buurten) == len(self.buurten) and "NL00" in known:
            yield "NL00"
            return
        for gemeente in sorted({b[2:6] for b in buurten}):
            mine = {b for b in buurten if b[2:6] == gemeente}
            if mine == self.gemeenten[gemeente] and f"GM{gemeente}" in known:
                yield f"GM{gemeente}"
                continue
            for wijk in sorted({b[2:8] for b in mine}):
                parts = {b for b in mine if b[2:8] == wijk}
                if parts == self.wijken[wijk] and f"WK{wijk}" in known:
                    yield f"WK{wijk}"
                else:
                    yield from sorted(parts)

    def weighted(self, values: pd.DataFrame, weight: str, window: int, measure: str, low: str | None = None) -> Figures:
        """Figures of a share or a mean: the value times the weight over the weight. values: year, region_code, and the measure."""
        rows = []
        for year, frame in values.dropna(subset=[measure]).groupby("year"):
            value, edition = self.weight_of(weight, int(year), window)
            if len(edition):
                w = frame["region_code"].map(value)
                rows.append(pd.DataFrame({"year": year, "region": frame["region_code"], "numerator": frame[measure] * w, "denominator": w}))
        return Figures(pd.concat(rows) if rows else pd.DataFrame(columns=["year", "region", "numerator", "denominator"]), weight, window)

    def figures(self, indicator: str) -> Figures | None:
        """What an indicator sums; None for CBS maatwerk."""
        t = self.tables
        measures = {"woz_relatief": "woz", "arbeidsparticipatie": "labour_participation", "bijstand": "welfare", "inkomen": "income"}
        if indicator in measures:
            values = self.kwb.reset_index()
            name = measures[indicator]
            if name not in values:
                values[name] = np.nan
            if indicator == "bijstand":
                return self.rate(values.rename(columns={name: "count"}).dropna(subset=["count"]))
            if indicator == "woz_relatief":
                figures = self.weighted(values, "dwellings", 5, name)
                national = values[values["region_code"] == "NL00"].set_index("year")[name]
                figures.rows["denominator"] *= figures.rows["year"].map(national)
                return figures
            if indicator == "arbeidsparticipatie":
                values[name] /= 100
            return self.weighted(values, "residents_15_64" if indicator == "arbeidsparticipatie" else "residents", 5, name)
        if indicator.startswith("lbm_"):
            scores = t["leefbaarometer_buurten"].copy()
            if indicator == "lbm_zwak_aandeel":
                derived = np.where(scores["year"] == 2024, (scores["afw"] < -0.164).astype(float), np.nan)
                scores["weak"] = np.where(scores["class"].notna(), (scores["class"] <= 4).astype(float), derived)
                return self.weighted(scores, "dwellings", 5, "weak")
            column = {"lbm_woningvoorraad": "won", "lbm_fysieke_omgeving": "fys", "lbm_overlast_onveiligheid": "onv"}[indicator]
            national = pd.DataFrame({"year": scores["year"].unique(), "region_code": "NL00", column: 0.0})
            return self.weighted(pd.concat([scores, national]), "dwellings", 5, column)
        if indicator == "ervaren_gezondheid":
            health = t["rivm_gezondheid"]
            health = health[health["margin"] == "MW00000"].assign(share=lambda h: h["value"] / 100)
            return self.weighted(health, "residents_15_plus", 5, "share")
        if indicator in ("misdrijven", "misdrijven_hic"):
            return self.rate(self.crimes(HIC if indicator.endswith("hic") else ["0.0.0"]))
        if indicator == "energielabel_efg":
            return self.labels()
        return None

    def rate(self, counts: pd.DataFrame) -> Figures:
        """Figures of a count per resident. counts: year, region_code, count."""
        rows = []
        for year, frame in counts.groupby("year"):
            value, edition = self.weight_of("residents", int(year), 1)
            frame = frame[frame["region_code"].isin(edition.index)]
            if len(edition):
                w = frame["region_code"].map(value)
                rows.append(pd.DataFrame({"year": year, "region": frame["region_code"], "numerator": frame["count"], "denominator": w}))
        return Figures(pd.concat(rows) if rows else pd.DataFrame(columns=["year", "region", "numerator", "denominator"]), "residents", 1, True)

    def crimes(self, offences: list[str]) -> pd.DataFrame:
        """Crimes by year and region; of wijken that the publisher does not give, the sum of their buurten when none is missing."""
        crimes = self.tables["politie_misdrijven"]
        crimes = crimes[crimes["offence"].isin(offences)]
        counts = crimes.groupby(["year", "region_code"])["value"].agg(["sum", "count"]).reset_index()
        counts["count"] = counts["sum"].where(counts["count"] == len(offences))
        buurten = counts[counts["region_code"].str.startswith("BU")]
        wijken = buurten.groupby(["year", "WK" + buurten["region_code"].str[2:8]])["count"].agg(lambda c: c.sum(skipna=False)).reset_index()
        given = pd.MultiIndex.from_frame(counts[["year", "region_code"]])
        wijken = wijken[~pd.MultiIndex.from_frame(wijken[["year", "region_code"]]).isin(given)]
        return pd.concat([counts[["year", "region_code", "count"]], wijken[["year", "region_code", "count"]]]).dropna(subset=["count"])

    def labels(self) -> Figures:
        """Labelled dwellings by buurt, those with label E, F or G as numerator."""
        empty = pd.DataFrame(columns=["year", "region", "numerator", "denominator"])
        if "eponline_labels" not in self.tables or "cbs_addresses" not in self.tables:
            return Figures(empty, "dwellings", 5)
        labels = self.tables["eponline_labels"].copy()
        for column in ("reference_date", "valid_until", "recorded_on"):
            labels[column] = pd.to_datetime(labels[column])
        labels = labels[labels["valid_until"].isna() | (labels["valid_until"] >= labels["reference_date"])]
        newest = labels.sort_values(["recorded_on", "valid_until", "label"], ascending=[False, False, True], na_position="first")
        newest = newest.drop_duplicates(["reference_date", "dwelling_id"])
        addresses = self.tables["cbs_addresses"].query("boundary_year == 2024")
        placed = newest.merge(addresses, on=["postcode", "house_number"])
        placed = placed.assign(year=placed["reference_date"].dt.year, numerator=placed["label"].isin(["E", "F", "G"]).astype(float), denominator=1.0)
        rows = placed.groupby(["year", "region_code"])[["numerator", "denominator"]].sum().reset_index()
        return Figures(rows.rename(columns={"region_code": "region"}), "dwellings", 5)

    def totals(self, figures: Figures) -> pd.DataFrame:
        """numerator, denominator, coverage and weight_year by geo_level, geo_code and year."""
        found = []
        for year, rows in figures.rows.groupby("year"):
            _, edition = self.weight_of(figures.weight, int(year), figures.window)
            if edition.empty:
                continue
            weight = self.weights(figures.weight)[BOUNDARY_YEAR]
            rows = rows[rows["region"].isin(self.regions)].set_index("region")
            needed = ["numerator"] if figures.is_rate else ["numerator", "denominator"]
            rows = rows.dropna(subset=needed)
            known = set(rows.index)
            for (level, code), buurten in self.geos.items():
                chosen = list(self.cover(buurten, known))
                mine = rows.loc[[region for region in chosen if region in known]]
                if mine.empty:
                    continue
                all_weight = weight.reindex(chosen).sum()
                found.append(
                    {
                        "geo_level": level, "geo_code": code, "year": year, "numerator": mine["numerator"].sum(),
                        "denominator": mine["denominator"].sum(), "coverage": weight.reindex(mine.index).sum() / all_weight if all_weight else np.nan,
                        "weight_year": edition.reindex(mine.index).mode().min(),
                    }
                )  # fmt: skip
        return pd.DataFrame(found)

    def delivered(self, indicator: str) -> pd.DataFrame:
        """The same from CBS maatwerk: counts are added up; the country less the areas is the rest of the country."""
        if "cbs_maatwerk" not in self.tables:
            return pd.DataFrame()
        cells = self.tables["cbs_maatwerk"].query("indicator_id == @indicator")
        municipalities = set(self.areas["municipality_code"])
        parts = {"nplv": set(self.areas["area_id"]), "gemeenten": municipalities, "rest_19_gemeenten": municipalities, "nederland": {"NL00"}}
        found = []
        for year, rows in cells.groupby("year"):
            rows = rows[rows["geo_code"].isin(set().union(*parts.values()))]
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
                sums[level, code] = known["numerator"].sum(), known["denominator"].sum(), coverage
            nl, areas = sums.get(("nederland", "NL00")), sums.get(("nplv", "NPLV"))
            if nl and areas and areas[2] == 1:
                sums["overig_nederland", "ONL"] = nl[0] - areas[0], nl[1] - areas[1], 1.0
            found += [
                {"geo_level": level, "geo_code": code, "year": year, "numerator": n, "denominator": d, "coverage": c, "weight_year": np.nan}
                for (level, code), (n, d, c) in sums.items()
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
            years = range(meta["calendar"]["first"], 2100, meta["calendar"]["every"])
            enough = (totals["coverage"] >= meta["minimum_coverage"]) & (totals["denominator"] > 0) & totals["year"].isin(years)
            totals = totals[enough & ~totals["geo_level"].isin(meta["comparators_not_given"])]
            found.append(totals.assign(indicator_id=indicator, value=meta["multiplier"] * totals["numerator"] / totals["denominator"]))
        return pd.concat(found)
