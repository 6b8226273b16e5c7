"""The evidence behind an edition, as files for machines: where each figure comes from, how it was made, what was checked, and what the files are.

What a file says belongs here; what people read is in `document`, the seal over all files in `build`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nplv_orchestration.catalogue import METHOD
from nplv_orchestration.edition import difference, sheet
from nplv_orchestration.edition.csvs import as_csv
from nplv_orchestration.edition.document import cover, title_of
from nplv_orchestration.edition.table import ROUNDED_TO, Edition, development, number
from nplv_orchestration.sums import sha256
from nplv_orchestration.versions import versions

_KINDS = {
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".html": "text/html",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
LICENCES = {"CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/", "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/"}
ACHIEVED = {
    "resultaten.csv": {
        "round": "integer", "number": "integer", "result_id": "string", "name_nl": "string", "definition_nl": "string", "actielijn": "string", "department": "string", "unit": "string",
        "kind": "string", "scheme": "string", "window_from": "date", "window_to": "date", "counting": "string", "state": "string", "value": "number",
        "base": "number", "areas": "integer", "areas_expected": "integer", "quality": "string", "reference_date": "date", "planned": "number",
        "previous_value": "number", "previous_round": "integer", "status_reason": "string", "origin": "string",
    },
    "kansrijke_wijk.csv": {
        "round": "integer", "number": "integer", "theme": "string", "theme_nl": "string", "department": "string", "year": "integer", "item": "string", "amount": "number",
        "areas": "integer", "status_reason": "string", "ceiling": "integer",
    },
    "enquete.csv": {
        "round": "integer", "version": "string", "number": "integer", "question_id": "string", "text_nl": "string", "type": "string", "option": "string", "answers": "integer",
        "share": "number", "value": "number", "responded": "integer", "areas": "integer", "is_representative": "boolean",
    },
}  # fmt: skip
CALCULATION = {
    "indicator_id": "string", "geo_level": "string", "series": "string", "is_main_series": "boolean", "year": "integer", "value": "number",
    "value_low": "number", "value_high": "number", "unit": "string", "numerator": "number", "denominator": "number", "multiplier": "number",
    "rounded_to": "number", "coverage": "number", "regions": "integer", "region_quality": "string", "weight_year": "integer", "boundary_year": "integer",
    "status": "string", "status_reason": "string", "source_table": "string", "source_modified": "datetime", "steps": "string",
}  # fmt: skip
REVISIONS = {
    "key": "string", "source_table": "string", "publisher_version": "string", "source_modified": "datetime", "fetched_at": "datetime", "year": "integer",
    "part": "string", "rows_before": "integer", "added": "integer", "gone": "integer", "changed": "integer", "restated": "integer", "known_before": "integer",
    "known_after": "integer", "largest_change": "number", "mean_change": "number",
}  # fmt: skip
DELINEATION = dict.fromkeys(("area_id", "area_name", "municipality_name", "region_code"), "string") | {
    "boundary_year": "integer",
    "delineation": "string",
}


# ------------------------------------------------------------------------------------------------------- tables, as csv


def calculation(edition: Edition) -> bytes:
    """`berekening.csv`: of every total, series and year the parts it was made of, and the steps in words. Columns: `CALCULATION`.

    rounded_to: to what the counts of regions are rounded, or the total itself where it was delivered as made to order.
    """
    told = [row | ({"rounded_to": ROUNDED_TO} if row["is_delivered"] else {}) | {"steps": _steps(row)} for row in edition.calculation]
    return as_csv(CALCULATION, told)


def _steps(row: dict[str, Any]) -> str:
    if row["value"] is None:
        return str(row["status_reason"])
    if row["numerator"] is None or row["denominator"] is None:
        return str(row["method_nl"])
    parts = f"{row['numerator_nl']} gedeeld door {row['denominator_nl']}"
    return parts if row["multiplier"] == 1 else f"{parts}, maal {number(float(row['multiplier']), 0)}"


def revisions(edition: Edition) -> bytes:
    """`revisies.csv`: of every new release of a source how much it changed, by year. Columns: `REVISIONS`."""
    return as_csv(REVISIONS, edition.revisions)


def delineation(edition: Edition) -> bytes:
    """`afbakening.csv`: which buurten make up which area, without figures. Columns: `DELINEATION`."""
    return as_csv(DELINEATION, edition.delineation)


def achieved(edition: Edition) -> dict[str, bytes]:
    """What the programme did, by file name: results with file, sheet and cell of each that was delivered as a total, the grant, the survey."""
    return {
        name: as_csv(columns, rows) for (name, columns), rows in zip(ACHIEVED.items(), (edition.achieved, edition.grant, edition.survey), strict=True)
    }


# -------------------------------------------------------------------------------------------------------- what is known


def provenance(edition: Edition, previous: str, steps: str = "") -> bytes:
    """`provenance.json`: of each figure the tables it rests on, the versions of these, of the code and of the programs, and what was chosen.

    previous: the edition with which this one is compared, by its name and seal, if any; steps: the seal of what was recomputed between the two.
    """
    standing = edition.standing
    by_relation: dict[str, dict[str, str]] = {}
    for source in edition.sources:
        if source["sha256"]:
            by_relation.setdefault(source["relation"], {})[source["key"]] = source["sha256"]
    areas = _hash([list(row.values()) for row in edition.delineation])
    figures = []
    for row in edition.rows:
        rests_on = {
            difference.SOURCE: {key: mark for relation in json.loads(row["sources"]) for key, mark in sorted(by_relation.get(relation, {}).items())},
            difference.METHOD: {"catalogus": _hash([row[name] for name in METHOD])},
            difference.AREAS: {"afbakening": areas},
        }
        told = (
            "indicator_id",
            "name_nl",
            "unit",
            "decimals",
            "latest_year",
            "latest_value",
            "latest_nl",
            "coverage",
            "regions",
            "weight_year",
            "source_table",
        )
        figures.append({name: row[name] for name in told} | {"development": development(row), "rests_on": rests_on})
    return as_json(
        {
            "edition": edition.year,
            "revision": standing.revision,
            "status": standing.status,
            "cut_off": standing.cut_off,
            "agreed": standing.agreed,
            "reason": standing.reason,
            "corrects_sent": standing.corrects_sent,
            "compared_with": previous,
            "recomputed": steps,
            "code_version": versions()["code_version"],
            "published_version": edition.facts,
            "start_years": edition.start_years,
            "sources": edition.sources,
            "figures": figures,
        }
    )


def checks(edition: Edition) -> bytes:
    """`checks.json`: every check on what was published, with its outcome, what the gate decided, and the waivers."""
    return as_json(
        {"published_version": edition.facts["version"], "checks": edition.results, "decisions": edition.decisions, "waivers": edition.waivers}
    )


def datapackage(edition: Edition, folder: Path) -> bytes:
    """`datapackage.json` (Frictionless Data Package v2) of the files that are in the folder, with their hashes, and the columns of the tables."""
    numbers = {name for name, _, has_decimals in sheet.COLUMNS if has_decimals} | {"gap_ratio_latest", "coverage"}
    kind = {name: "number" if name in numbers else "integer" if name.endswith("_year") else "string" for name, _, _ in sheet.COLUMNS}
    titles = {name: title for name, title, _ in sheet.COLUMNS}
    tables = {"overzichtstabel.csv": kind, "afbakening.csv": DELINEATION, "berekening.csv": CALCULATION, "revisies.csv": REVISIONS} | ACHIEVED
    resources = []
    for file in _files(folder):
        resource: dict[str, Any] = {
            "name": file.stem if file.name in tables else file.name.replace(".", "-"),
            "type": "table" if file.name in tables else "file",
            "path": file.name,
            "format": file.suffix[1:],
            "mediatype": _KINDS[file.suffix],
            "bytes": file.stat().st_size,
            "hash": f"sha256:{sha256(file)}",
        }
        if file.name in tables:
            fields = [
                {"name": n, "type": t} | ({"title": titles[n]} if n in titles and file.stem == "overzichtstabel" else {})
                for n, t in tables[file.name].items()
            ]
            resource |= {"encoding": "utf-8", "schema": {"fields": fields}}
        resources.append(resource)
    used = [s for s in edition.sources if s["sha256"]]
    return as_json(
        {
            "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
            "name": f"nplv-voortgangsoverzicht-{edition.year}",
            "title": title_of(edition),
            "description": _description(edition),
            "created": edition.facts["published_at"],
            "version": f"{edition.year}.{edition.standing.revision}",
            "demonstratiegegevens": edition.is_demo,
            **({"herhaling": edition.replayed} if edition.replayed else {}),
            "sources": [
                {"title": f"{s['publisher']} {s['table_id']}: {s['title']}"}
                | ({"path": s["address"]} if str(s["address"]).startswith("http") else {})
                for s in used
            ],
            "licenses": [
                {"name": name, "title": name} | ({"path": LICENCES[name]} if name in LICENCES else {})
                for name in sorted({s["licence"].replace(" ", "-") for s in used})
            ],
            "resources": resources,
        }
    )


def catalogued(edition: Edition, folder: Path) -> bytes:
    """`dcat.jsonld`: the edition as a dataset with its distributions, by DCAT-AP-NL. Until it has an address of its own it is named by a URN."""
    it = f"urn:nplv:voortgangsoverzicht:{edition.year}:r{edition.standing.revision}"
    publisher = {"@type": "foaf:Agent", "foaf:name": {"@value": edition.programme.name_nl, "@language": "nl"}}
    day = {"@value": edition.facts["published_at"], "@type": "xsd:dateTime"}
    licence = {"@id": LICENCES["CC-BY-4.0"]}
    return as_json(
        {
            "@context": {
                "dcat": "http://www.w3.org/ns/dcat#",
                "dct": "http://purl.org/dc/terms/",
                "foaf": "http://xmlns.com/foaf/0.1/",
                "spdx": "http://spdx.org/rdf/terms#",
                "vcard": "http://www.w3.org/2006/vcard/ns#",
                "xsd": "http://www.w3.org/2001/XMLSchema#",
            },
            "@id": it,
            "@type": "dcat:Dataset",
            "dct:identifier": it,
            "dct:title": {"@value": title_of(edition), "@language": "nl"},
            "dct:description": {"@value": _description(edition), "@language": "nl"},
            "dct:publisher": publisher,
            "dct:creator": publisher,
            "dcat:contactPoint": {"@type": "vcard:Organization", "vcard:fn": edition.rows[0]["owner"]},
            "dct:accessRights": {"@id": "http://publications.europa.eu/resource/authority/access-right/PUBLIC"},
            "dct:language": {"@id": "http://publications.europa.eu/resource/authority/language/NLD"},
            "dct:accrualPeriodicity": {"@id": "http://publications.europa.eu/resource/authority/frequency/ANNUAL"},
            "dcat:theme": {"@id": "http://publications.europa.eu/resource/authority/data-theme/SOCI"},
            "dcat:keyword": [
                {"@value": word, "@language": "nl"} for word in ("leefbaarheid", "veiligheid", edition.programme.areas_nl, "indicatoren")
            ],
            "dct:spatial": {"@id": "http://publications.europa.eu/resource/authority/country/NLD"},
            "dct:license": licence,
            "dct:issued": day,
            "dct:modified": day,
            "dcat:version": f"{edition.year}.{edition.standing.revision}",
            "dcat:distribution": [
                {
                    "@id": f"{it}:{file.name}",
                    "@type": "dcat:Distribution",
                    "dct:title": {"@value": file.name, "@language": "nl"},
                    "dcat:accessURL": {"@id": file.name},
                    "dcat:mediaType": {"@id": f"http://www.iana.org/assignments/media-types/{_KINDS[file.suffix]}"},
                    "dcat:byteSize": {"@value": str(file.stat().st_size), "@type": "xsd:nonNegativeInteger"},
                    "dct:license": licence,
                    "spdx:checksum": {
                        "@type": "spdx:Checksum",
                        "spdx:algorithm": {"@id": "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"},
                        "spdx:checksumValue": {"@value": sha256(file), "@type": "xsd:hexBinary"},
                    },
                }
                for file in _files(folder)
            ],
        }
    )


def _description(edition: Edition) -> str:
    return " ".join(f"{line.rstrip('.')}." for line in cover(edition)[1:])


def _files(folder: Path) -> Sequence[Path]:
    return sorted(folder.iterdir())


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, default=str).encode()).hexdigest()


def as_json(content: dict[str, Any] | list[dict[str, Any]]) -> bytes:
    """An object or a list of them as JSON in UTF-8."""
    return (json.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n").encode()
