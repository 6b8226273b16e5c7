"""Invented deliveries for the inbox, and the buurt of each invented address: what no publisher here can give.

Every indicator of CBS maatwerk from 2018 on, without one area in 2021; four labels for each buurt, some replaced or expired.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from nplv_orchestration.configuration import FOLDER, OWN

INDICATORS = ["armoede_huishoudens", "armoede_kinderen", "zonder_startkwalificatie", "onderwijsachterstand", "jeugd_verdachten"]
ABSENT = ("zaandam-oost", 2021)


def maatwerk() -> str:
    """A delivery of CBS as csv: counts of areas, municipalities, what is left of these, the country, and that without the areas."""
    areas = pd.read_csv(FOLDER / OWN / "focus_areas.csv")
    chance = np.random.default_rng(1)
    lines = ["indicator;jaar;niveau;code;teller;noemer;status"]
    for indicator in INDICATORS:
        for year in range(2018, 2024):
            status = "Definitief" if year < 2023 else "Voorlopig"
            level = 0.12 - 0.005 * (year - 2018)

            def line(kind: str, code: str, numerator: int, denominator: int, head: str = f"{indicator};{year}", end: str = status) -> None:
                lines.append(f"{head};{kind};{code};{numerator};{denominator};{end}")

            whole, of_areas = np.zeros(2, dtype=int), np.zeros(2, dtype=int)
            for municipality, inside in areas.groupby("municipality_code"):
                parts = np.zeros(2, dtype=int)
                for area in inside["area_id"]:
                    denominator = int(chance.integers(8000, 20000))
                    numerator = int(denominator * level * chance.uniform(0.8, 1.2))
                    parts += numerator, denominator
                    if (area, year) != ABSENT:
                        line("gebied", area, numerator, denominator)
                rest = int(chance.integers(20000, 90000))
                parts_rest = np.array([int(rest * level / 2), rest])
                line("rest_gemeente", municipality, *parts_rest)
                line("gemeente", municipality, *(parts + parts_rest))
                whole += parts + parts_rest
                of_areas += parts
            country = whole * (3, 6)
            line("nederland", "NL00", *country)
            line("overig_nederland", "ONL", *(country - of_areas))
    return "\n".join(lines) + "\n"


def postcode(number: int) -> str:
    """A postcode of its own for each buurt."""
    letters = "ABCDEGHJKLMNPRSTUVWXZ"
    return f"{1000 + number // 441}{letters[number // 21 % 21]}{letters[number % 21]}"


def addresses(buurten: list[str]) -> bytes:
    """CBS's zip of postcode and house number to buurt; leading zeros are lost where a code is all digits."""
    rows = ["PC6;Huisnummer;Buurt2024;Wijk2024;Gemeente2024"]
    for number, buurt in enumerate(buurten):
        code = buurt[2:].lstrip("0") if buurt[2:].isdigit() else buurt[2:]
        rows += [f"{postcode(number)};{house};{code};;" for house in range(1, 5)]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("pc6hnr20240801_gwb.csv", "\n".join(rows) + "\n")
    return packed.getvalue()


def labels(buurten: list[str]) -> str:
    """EP-Online's total file: of the four dwellings in each buurt one has an older label too, and one an expired one."""
    chance = np.random.default_rng(2)
    head = "Pand_opnamedatum;Pand_gebouwklasse;Pand_energieklasse;Pand_bagverblijfsobjectid;Pand_postcode;Pand_huisnummer;Pand_geldig_tot"
    rows = ["PublicatieDatum;01-11-2024", "LaatstVerwerkteMutatievolgnummer;1", head]
    for number in range(len(buurten)):
        found = chance.choice(list("ABCDEFG"), 6)
        for house in range(1, 5):
            dwelling = number * 10 + house
            until = "20230101" if house == 4 else "20340101"
            rows.append(f"20240101;W;{found[house]};{dwelling};{postcode(number)};{house};{until}")
        rows.append(f"20150101;W;{found[5]};{number * 10 + 1};{postcode(number)};1;20250101")
    return "\n".join(rows) + "\n"


def put(home: Path, buurten: list[str]) -> None:
    """Put the files where people put them."""
    inbox = home / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "maatwerk_2024.csv").write_text(maatwerk(), encoding="utf-8")
    (inbox / "v20241101_v4_csv.csv").write_text(labels(buurten), encoding="utf-8")
    for file in inbox.iterdir():
        os.utime(file, (1_735_000_000, 1_735_000_000))  # long ago, so that nobody waits for it to be whole


def known_buurten(home: Path) -> list[str]:
    """The buurten in an archive."""
    folder = home / "archive" / "cbs_kwb_2024"
    told = json.loads(sorted(folder.glob("0*.json"))[-1].read_text())
    codes = pd.read_parquet(folder / f"{told['sha256']}.parquet", columns=["region_code"])["region_code"].unique()
    return sorted(code for code in codes if code.startswith("BU"))
