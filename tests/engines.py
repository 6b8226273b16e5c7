"""The engines that several machines share, started here as they are elsewhere: PostgreSQL and Redis of Debian, and an S3 server (moto).

Each can be killed and started again on the same port. moto keeps its objects in memory, so what is killed of it is the address at which all reach it: connections
are cut, and refused until it is started again. `python -m tests.engines` starts all, and prints how they are reached, until it is interrupted.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import free_port
from nplv_orchestration.services import end_with_parent
from nplv_orchestration.shared.objects import Objects
from tests.programs import program

PASSWORD = "not-a-secret"
_KEYS = {"AWS_ACCESS_KEY_ID": "monitor", "AWS_SECRET_ACCESS_KEY": PASSWORD, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
_FORWARD = """
import asyncio, sys
async def serve(host, port, to):
    async def pipe(one, other):
        try:
            while data := await one.read(1 << 16):
                other.write(data)
                await other.drain()
        except ConnectionError:
            pass
        finally:
            other.close()
    async def meet(reader, writer):
        there, back = await asyncio.open_connection("127.0.0.1", to)
        await asyncio.gather(pipe(reader, back), pipe(there, writer))
    async with await asyncio.start_server(meet, host.split(","), port) as server:
        await server.serve_forever()
asyncio.run(serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
"""


@dataclass
class Server:
    """A server that can be killed and started again. answers: whether it does."""

    name: str
    command: list[str]
    port: int
    log: Path
    answers: Callable[[], bool]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, start_new_session=True, preexec_fn=end_with_parent)
        for _ in range(240):
            if self.answers():
                return
            assert self.process.poll() is None, f"{self.name} does not start: {self.log.read_text(errors='replace')[-2000:]}"
            time.sleep(0.125)
        raise AssertionError(f"{self.name} does not answer: {self.log.read_text(errors='replace')[-2000:]}")

    def kill(self) -> None:
        """Kill it, with all its processes, as a loss of power does."""
        assert self.process
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False).stdout.split()
        for process in (self.process.pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.process.wait()


@dataclass(frozen=True)
class Engines:
    """All of them. host: the address at which they are reached; requests: what was asked of the S3 server, by method."""

    host: str
    postgres: Server
    redis: Server
    store: Server
    folder: Path

    def environment(self, name: str) -> dict[str, str]:
        """The environment of a deployment with a database and a bucket of its own, which are there afterwards."""
        self.sql("postgres", f'CREATE DATABASE "{name}"')
        make_bucket(self.address, name)
        return self.environment_of(name)

    def environment_of(self, name: str) -> dict[str, str]:
        """The environment of a deployment that is there."""
        return _KEYS | {
            "AWS_ENDPOINT_URL": self.address,
            "PGPASSWORD": PASSWORD,
            "NPLV_WAREHOUSE": f"ducklake:postgres:host={self.host} port={self.postgres.port} user=nplv dbname={name}",
            "NPLV_STORE": f"s3://{name}/monitor",
            "NPLV_BROKER": f"redis://:{PASSWORD}@{self.host}:{self.redis.port}/0",
            "DAGSTER_POSTGRES_URL": f"postgresql+psycopg2://nplv:{PASSWORD}@{self.host}:{self.postgres.port}/{name}",
        }

    @property
    def address(self) -> str:
        """Of the S3 server."""
        return f"http://{self.host}:{self.store.port}"

    def sql(self, database: str, statement: str, user: str = "nplv", password: str = PASSWORD) -> list[tuple[object, ...]]:
        """What a statement gives."""
        import psycopg2

        connection = psycopg2.connect(host=self.host, port=self.postgres.port, user=user, password=password, dbname=database)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def objects(self, bucket: str) -> dict[str, tuple[int, str]]:
        """All that is stored in a bucket: the size and a mark of each object."""
        os.environ |= _KEYS | {"AWS_ENDPOINT_URL": self.address}
        return Objects(f"s3://{bucket}").names()

    def requests(self) -> Counter[str]:
        """How often the S3 server was asked, by method, since it was started."""
        return Counter(re.findall(r'"(GET|HEAD|PUT|POST|DELETE) ', (self.folder / "moto.log").read_text(errors="replace")))


def make_bucket(address: str, name: str) -> None:
    """Make a bucket of the S3 server."""
    import boto3

    keys = {"aws_access_key_id": _KEYS["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": PASSWORD, "region_name": _KEYS["AWS_REGION"]}
    boto3.client("s3", endpoint_url=address, **keys).create_bucket(Bucket=name)


@contextmanager
def engines(host: str = "127.0.0.1") -> Iterator[Engines]:
    """Start all. host: another address of this machine at which they can be reached too."""
    folder = Path(tempfile.mkdtemp(prefix="nplv-engines-"))
    folder.chmod(0o755)
    hosts = ",".join(dict.fromkeys(("127.0.0.1", host)))
    moto = _moto(folder)
    found = Engines(host, _postgres(folder, hosts), _redis(folder, hosts), _forwarder(folder, hosts, moto.port), folder)
    started: list[Server] = []
    try:
        for server in (moto, found.postgres, found.redis, found.store):
            server.start()
            started.append(server)
        yield found
    finally:
        for server in reversed(started):
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _postgres(folder: Path, hosts: str) -> Server:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    binaries = found[-1] if found else Path(program("initdb")).parent
    data, secret, port = folder / "postgres", folder / "password", free_port()
    secret.write_text(PASSWORD)
    data.mkdir()
    as_user: list[str] = []
    if os.geteuid() == 0:  # who is root cannot run it
        user = pwd.getpwnam("postgres")
        os.chown(data, user.pw_uid, user.pw_gid)
        secret.chmod(0o644)
        as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]
    made = [*as_user, str(binaries / "initdb"), "-D", str(data), "-U", "nplv", "-A", "scram-sha-256", "--pwfile", str(secret), "--no-sync"]
    subprocess.run(made, check=True, capture_output=True, cwd="/")
    with (data / "pg_hba.conf").open("a") as rules:
        rules.write("host all all all scram-sha-256\n")
    options = f"-p {port} -c listen_addresses={hosts} -c unix_socket_directories={data} -c fsync=off -c max_connections=300"
    command = [*as_user, str(binaries / "postgres"), "-D", str(data), *shlex.split(options)]
    return Server("postgres", command, port, folder / "postgres.log", lambda: _is_ready(binaries, port))


def _is_ready(binaries: Path, port: int) -> bool:
    return subprocess.run([str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)], check=False).returncode == 0


def _redis(folder: Path, hosts: str) -> Server:
    port = free_port()
    command = [
        program("redis-server"),
        "--port",
        str(port),
        "--bind",
        *hosts.split(","),
        "--requirepass",
        PASSWORD,
        "--appendonly",
        "yes",
        "--dir",
        str(folder),
    ]
    return Server("redis", command, port, folder / "redis.log", lambda: _listens(port))


def _moto(folder: Path) -> Server:
    port = free_port()
    return Server(
        "moto", [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port, folder / "moto.log", lambda: _listens(port)
    )


def _forwarder(folder: Path, hosts: str, to: int) -> Server:
    port = free_port()
    return Server("store", [sys.executable, "-c", _FORWARD, hosts, str(port), str(to)], port, folder / "store.log", lambda: _listens(port))


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    with engines() as running:
        for key, value in running.environment("monitor").items():
            print(f"export {key}={shlex.quote(value)}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
