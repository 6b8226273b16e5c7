"""A home as it is, copied to another place, whatever its engines are."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from nplv_orchestration.home import Home
from nplv_orchestration.settings import Deployment, Settings


def copied(home: Path, to: Path) -> Path:
    """Copy a home to a place that is not there yet, with all that the engines hold of it; it is written to by nobody meanwhile."""
    shutil.copytree(home, to, symlinks=True)
    one, other = Settings(home=home).deployment, Settings(home=to).deployment
    if one and other:
        _copy_catalogues(one, other)
        _copy_store(one, other)
        Home.of(Settings(home=to))  # from here on its folder is known as a copy of what lies there
    return to


def kept(home: Path) -> None:
    """What somebody did to the files of a home is done to what the engines hold of it too: there the folder is a copy, and would be put right."""
    from nplv_orchestration.shared.home import SharedHome

    if not (deployment := Settings(home=home).deployment):
        return
    shared = SharedHome(home, deployment)
    shared.push()
    store, files = shared.archive_store(), {path.relative_to(home / "archive").as_posix(): path for path in (home / "archive").glob("*/*")}
    stored = store.names()
    store.remove(stored.keys() - files.keys())
    store.send((path, name) for name, path in files.items() if name not in stored)


def _copy_catalogues(one: Deployment, other: Deployment) -> None:
    """Copy the catalogue of each lake, which names files by where they lie in it."""
    from nplv_orchestration.shared import lake, postgres

    with closing(postgres.connect(one)) as connection, connection.cursor() as cursor:
        for kind in lake.KINDS:
            old, there = lake.place(one, kind)["METADATA_SCHEMA"], lake.place(other, kind)
            new = there["METADATA_SCHEMA"]
            cursor.execute(f'CREATE SCHEMA "{new}"')
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [old])
            for (table,) in cursor.fetchall():
                cursor.execute(f'CREATE TABLE "{new}"."{table}" (LIKE "{old}"."{table}" INCLUDING ALL)')
                cursor.execute(f'INSERT INTO "{new}"."{table}" SELECT * FROM "{old}"."{table}"')
            cursor.execute(f'UPDATE "{new}".ducklake_metadata SET value = %s WHERE key = %s', [there["DATA_PATH"], "data_path"])


def _copy_store(one: Deployment, other: Deployment) -> None:
    """Copy all objects; the list of files of a home names its programme."""
    import boto3

    from nplv_orchestration.shared.objects import Objects

    here, there, client = Objects(one.store), Objects(other.store), boto3.client("s3")

    def copy(name: str) -> None:
        if name.startswith("home/"):
            there.create(name, json.dumps(json.loads(here.read(name) or b"") | {"programme": other.programme}).encode())
            return
        (bucket, old), (to_bucket, new) = (objects.address(name).removeprefix("s3://").split("/", 1) for objects in (here, there))
        client.copy_object(Bucket=to_bucket, Key=new, CopySource={"Bucket": bucket, "Key": old})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(copy, here.names()))  # so that what went wrong with one is raised
