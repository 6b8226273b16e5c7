"""Holds the data package of an edition against Frictionless."""

from __future__ import annotations

import csv
from pathlib import Path

from frictionless import Package, Report


def validated(folder: Path) -> Report:
    """The report on the package in a folder, which must be valid. The limit that frictionless lifts from csv, for the whole process, is put back."""
    limit = csv.field_size_limit()
    try:
        report = Package(str(folder / "datapackage.json")).validate()
    finally:
        csv.field_size_limit(limit)
    assert report.valid, report.flatten(["name", "type", "message"])
    return report
