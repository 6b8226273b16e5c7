"""Invented deliveries at their real size: EP-Online's total file, and the buurt of each address of the country.

    .venv/bin/python -m benchmarks.labels HOME RECORDS ADDRESSES

Makes them in a home, in a process of its own. The form is that of the real files: two lines before the head, thirty columns, one label
in six replaced by a newer one, leading zeros lost, one building in twelve no dwelling. What they hold means nothing.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from nplv_orchestration.archive import Archive, Manifest
from nplv_orchestration.sources.registry import BOUNDARY_YEAR, BY_KEY

CHUNK = 250_000
PER_POSTCODE = 20  # addresses
PER_BUURT = 31  # postcodes
DWELLINGS = 5 / 6  # of the records: the others are older labels of the same dwellings
DAYS = [str(np.datetime64("2015-01-01") + day).replace("-", "") for day in range(3600 + 3652)]
LETTERS = [a + b for a in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
HEAD = (
    "Pand_opnamedatum;Pand_opnametype;Pand_status;Pand_berekeningstype;Pand_energieindex;Pand_energieklasse;Pand_energielabel_is_prive;"
    "Pand_is_op_basis_van_referentie_gebouw;Pand_gebouwklasse;Meting_geldig_tot;Pand_registratiedatum;Pand_postcode;Pand_huisnummer;"
    "Pand_huisnummer_toev;Pand_detailaanduiding;Pand_bagverblijfsobjectid;Pand_bagligplaatsid;Pand_bagstandplaatsid;Pand_bagpandid;"
    "Pand_gebouwtype;Pand_gebouwsubtype;Pand_projectnaam;Pand_projectobject;Pand_SBIcode;Pand_gebruiksoppervlakte_thermische_zone;"
    "Pand_energiebehoefte;Pand_eis_energiebehoefte;Pand_primaire_fossiele_energie;Pand_eis_primaire_fossiele_energie;Pand_aandeel_hernieuwbare_energie"
)


def text(numbers: np.ndarray) -> pa.StringArray:
    """Numbers as text."""
    return pa.array(numbers).cast(pa.string())


def chosen(words: list[str], numbers: np.ndarray) -> pa.StringArray:
    """A word for each number."""
    return pa.array(words, pa.string()).take(pa.array(numbers % len(words)))


def postcode(address: np.ndarray) -> pa.StringArray:
    """The postcode of each address."""
    number = address // PER_POSTCODE
    return pc.binary_join_element_wise(text(1000 + number // len(LETTERS)), chosen(LETTERS, number), "")


def house(address: np.ndarray) -> np.ndarray:
    """The house number of each address."""
    return address % PER_POSTCODE * 2 + 1


def records(first: int, last: int, of: int, addresses: int) -> pa.Table:
    """The lines from one to another."""
    line = np.arange(first, last, dtype=np.int64)
    dwelling = line * 7_368_787 % of % int(of * DWELLINGS)  # any order; the last sixth comes round again
    address = dwelling * 6_700_417 % addresses
    day = line * 2_654_435_761 % 3600
    recorded, until = (chosen(days, day) for days in (DAYS, DAYS[3652:]))
    size = pc.binary_join_element_wise(text(40 + line % 160), text(10 + line % 90), ",")
    number = 363_010_000_000_000 + dwelling  # 16 digits, the first of which is 0 and lost
    empty = chosen([""], line)
    columns = {
        "Pand_opnamedatum": recorded, "Pand_opnametype": chosen(["Basisopname", "Detailopname"], line), "Pand_status": chosen(["Bestaand"], line),
        "Pand_berekeningstype": chosen(["NTA 8800:2024 (basisopname woningbouw)", "Rekenmethodiek Definitief Energielabel"], line),
        "Pand_energieklasse": chosen(["A++++", "A++", "A", "A", "B", "C", "C", "D", "E", "F", "G"], line),
        "Pand_energielabel_is_prive": chosen(["0"], line), "Pand_is_op_basis_van_referentie_gebouw": chosen(["0", "0", "1"], line),
        "Pand_gebouwklasse": chosen(["W"] * 11 + ["U"], dwelling), "Meting_geldig_tot": until, "Pand_registratiedatum": recorded,
        "Pand_postcode": postcode(address), "Pand_huisnummer": text(house(address)), "Pand_huisnummer_toev": chosen(["", "", "", "A", "2"], line),
        "Pand_bagverblijfsobjectid": text(number), "Pand_bagpandid": text(number + 90_000_000_000),
        "Pand_gebouwtype": chosen(["Rijwoning", "Appartement", "Vrijstaande woning"], line), "Pand_gebouwsubtype": chosen(["Tussen", "Hoek", ""], line),
        "Pand_gebruiksoppervlakte_thermische_zone": size, "Pand_energiebehoefte": size, "Pand_primaire_fossiele_energie": size,
    }  # fmt: skip
    return pa.table({name: columns.get(name, empty) for name in HEAD.split(";")})


def total_file(path: Path, count: int, addresses: int) -> None:
    """EP-Online's zip, of so many records."""
    options = pyarrow.csv.WriteOptions(include_header=False, delimiter=";", quoting_style="none")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed, packed.open(f"{path.stem}.csv", "w", force_zip64=True) as file:
        file.write(f"PublicatieDatum;01-09-2026\nLaatstVerwerkteMutatievolgnummer;1\n{HEAD}\n".encode())
        for first in range(0, count, CHUNK):
            pyarrow.csv.write_csv(records(first, min(first + CHUNK, count), count, addresses), file, options)


def address_file(archive: Archive, count: int) -> None:
    """The addresses, as a version in an archive."""
    table = BY_KEY[f"cbs_addresses_{BOUNDARY_YEAR}"]
    draft = archive.draft(table.key)
    with pq.ParquetWriter(draft, pa.schema([("postcode", pa.string()), ("house_number", pa.int32()), ("region_code", pa.string())])) as out:
        for first in range(0, count, CHUNK):
            address = np.arange(first, min(first + CHUNK, count), dtype=np.int64)
            buurt = pc.binary_join_element_wise("BU", pc.utf8_lpad(text(address // PER_POSTCODE // PER_BUURT), 8, "0"), "")
            out.write_table(pa.table({"postcode": postcode(address), "house_number": pa.array(house(address), pa.int32()), "region_code": buurt}))
    archive.store(
        draft,
        Manifest(
            table.key, table.relation, table.publisher, table.table_id, table.title, "", "1", None, "2026-09-01T00:00:00+00:00", count, [], "",
            table.boundary_year, None, table.licence, table.request,
        ),
    )  # fmt: skip


if __name__ == "__main__":
    home, many, everywhere = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    (home / "inbox").mkdir(parents=True)
    total_file(home / "inbox" / "v20260901_v4_csv.zip", many, everywhere)
    address_file(Archive(home / "archive"), everywhere)
