"""The settings of the monitor, read from the environment (`NPLV_...`) and validated once.

Only what an operator chooses belongs here. Where files lie inside the home is in `home`; what is asked of a
publisher is in `sources.registry`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import unquote, urlsplit

from pydantic import Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from nplv_orchestration import configuration
from nplv_orchestration.configuration import Configuration
from nplv_orchestration.errors import WrongCall

SourceMode = Literal["demo", "live"]
DemoSize = Literal["tiny", "small", "national"]
DEMO_SIZES: dict[str, DemoSize] = {size: size for size in get_args(DemoSize)}
LAST_NIGHT = 10_000
DBT = "NPLV_DBT_"  # how the variables begin that tell dbt, in this process, where the warehouse is; they are no settings
LAKE = "ducklake:postgres:"

_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_PASSWORD = re.compile(r"\bpassword\s*=|://[^/@]*:[^/@]*@", re.IGNORECASE)
_MAILBOX = re.compile(rf"{_ATOM}(\.{_ATOM})*@[\w-]+(\.[\w-]+)*", re.ASCII)


@dataclass(frozen=True)
class Webhook:
    """An address to which messages are posted; the address itself is the secret. Only one on this machine has http://."""

    url: str = field(repr=False)


@dataclass(frozen=True)
class Mail:
    """A mail server, and who writes to whom. tls: from the start, by STARTTLS, or not at all for a server on this machine."""

    host: str
    port: int
    tls: Literal["start", "starttls", "none"]
    sender: str
    recipients: tuple[str, ...]
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Deployment:
    """The engines that the machines of a programme share. catalogue: a PostgreSQL database, as libpq reads it, without a password; store: an address of object storage, of this programme alone.

    programme: its id, by which its things are called there.
    """

    catalogue: str
    store: str
    programme: str

    @property
    def lake(self) -> str:
        """The catalogue, as DuckDB attaches it."""
        return f"{LAKE}{self.catalogue}"


class Settings(BaseSettings):
    """All settings; each is the environment variable `NPLV_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="NPLV_", env_ignore_empty=True, frozen=True, hide_input_in_errors=True)

    home: Path = Field(Path("data"), description="folder that holds everything this project writes")
    programme: str = Field(
        configuration.OWN, description="of which programme: the name of a folder in NPLV_PROGRAMMES, or the path of one (docs/programmes.md)"
    )
    programmes: Path | None = Field(
        None,
        description="with more programmes in one deployment: the folder with the folder of each; NPLV_HOME and NPLV_INBOX then have a folder for each, too",
    )
    sources: SourceMode | None = Field(None, description="demo or live; default: what the home holds, else demo")
    cbs_url: HttpUrl = Field(HttpUrl("https://datasets.cbs.nl/odata/v1/CBS"), description="CBS OData v4")
    cbs_download_url: HttpUrl = Field(HttpUrl("https://download.cbs.nl"), description="CBS downloads")
    dataderden_url: HttpUrl = Field(HttpUrl("https://dataderden.cbs.nl"), description="OData v3 of third parties")
    leefbaarometer_url: HttpUrl = Field(HttpUrl("https://www.leefbaarometer.nl"), description="Leefbaarometer")
    eponline_url: HttpUrl = Field(HttpUrl("https://public.ep-online.nl/api/v5"), description="EP-Online")
    eponline_api_key: SecretStr | None = Field(None, description="key for EP-Online")
    inbox: Path | None = Field(None, description="folder for delivered files; default NPLV_HOME/inbox")
    warehouse: str | None = Field(
        None,
        description="where figures are made: a DuckDB file, default NPLV_HOME/warehouse/nplv.duckdb; or ducklake:postgres:host=… dbname=… user=…, shared by all machines",
    )
    store: str | None = Field(
        None, description="with a shared warehouse, where all machines keep the archive, the tables and the home: s3://bucket/prefix"
    )
    broker: SecretStr | None = Field(None, description="with workers on other machines, where these get their runs: redis://… or amqps://…")
    alert: SecretStr | None = Field(
        None,
        description="where alerts go: https://… (a webhook), or smtps://user:password@host/to@…?from=… (mail); default a file in NPLV_HOME/alerts",
    )
    docs_port: int = Field(3333, ge=1024, le=65535, description="port on this machine where `nplv ui` shows the pages about the checks, and editions")
    docs_url: HttpUrl | None = Field(
        None, description="how browsers reach these pages when a proxy is in front of them; default that port on this machine"
    )
    run_hours: float = Field(2, gt=0, le=24, description="hours after which a run that the UI launched is ended")
    keep_runs: int = Field(400, ge=1, description="days that Dagster's history of a run is kept")
    keep_logs: int = Field(90, ge=1, description="days that the output of runs, and the messages in NPLV_HOME/alerts, are kept")
    keep_versions: int = Field(30, ge=1, description="published versions that are kept, besides those on which an edition rests")
    keep_archive: int | None = Field(None, ge=1, description="days that archived versions to which nothing refers are kept; default for ever")
    keep_concepts: int | None = Field(None, ge=1, description="days that the concept of an edition to which nobody agreed is kept; default for ever")
    demo_size: DemoSize | None = Field(None, description="demo only: tiny, small or national; default: what the home holds, else small")
    demo_night: int | None = Field(
        None, ge=0, le=LAST_NIGHT, description="demo only: how many nights after the first it is; default: the last one of the home"
    )

    @field_validator("cbs_url", "cbs_download_url", "dataderden_url", "leefbaarometer_url", "eponline_url", "docs_url")
    @classmethod
    def _without_secrets(cls, url: HttpUrl | None) -> HttpUrl | None:
        if url and (url.username or url.password or url.query):
            raise ValueError("an address is published beside the figures, so it holds no name, password or query")
        return url

    @field_validator("alert")
    @classmethod
    def _understood(cls, alert: SecretStr | None) -> SecretStr | None:
        if alert:
            _channel(alert.get_secret_value())
        return alert

    @field_validator("programme")
    @classmethod
    def _named(cls, programme: str) -> str:
        if not configuration.ID.fullmatch(Path(programme).name):
            raise ValueError(
                "expected the id of a programme (at most 40 small letters, digits and underscores), or the path of a folder of that name"
            )
        return programme

    @property
    def programme_id(self) -> str:
        """The id of the programme; nothing is read for it."""
        return Path(self.programme).name

    @property
    def label(self) -> str:
        """By what its runs and assets are told from those of other programmes in the deployment; empty when there are no others."""
        return self.programme_id if self.programmes else ""

    @property
    def programme_folder(self) -> Path:
        """The folder with its configuration. Raises WrongCall, naming those that there are, when it is not there."""
        among = self.programmes or configuration.FOLDER
        folder = (among / self.programme if self.programme == self.programme_id else Path(self.programme)).absolute()
        if not folder.is_dir():
            there = sorted(one.name for one in among.iterdir() if (one / configuration.FILE).is_file()) if among.is_dir() else []
            near = get_close_matches(self.programme_id, there, 1)
            known = f"did you mean {near[0]}?" if near else f"{among} has {', '.join(there) or 'none'}"
            raise WrongCall(f"NPLV_PROGRAMME: {folder} is not there; {known}")
        return folder

    @property
    def configuration(self) -> Configuration:
        """What the programme is called, and which indicators it has, as its folder says now. Raises WrongCall for what is wrong there."""
        return configuration.load(self.programme_folder)

    @property
    def of_live_data(self) -> list[str]:
        """The variables that are set and have a meaning for live data only."""
        of_publishers = [n for n in type(self).model_fields if n.endswith("_url") and n != "docs_url"]
        names = [*of_publishers, "inbox", "eponline_api_key", *([] if self.deployment else ["warehouse"])]
        return [f"NPLV_{name.upper()}" for name in names if name in self.model_fields_set]

    @property
    def of_demo_data(self) -> list[str]:
        """The variables that are set and have a meaning for the demo country only."""
        return [f"NPLV_{name.upper()}" for name in ("demo_size", "demo_night") if name in self.model_fields_set]

    def base(self, name: str) -> str:
        """An address by the name of its setting, without a slash at its end."""
        return str(getattr(self, name)).rstrip("/")

    @property
    def alert_channel(self) -> Webhook | Mail | None:
        """Where alerts go besides the file, which is there always."""
        return _channel(self.alert.get_secret_value()) if self.alert else None

    @property
    def docs_address(self) -> str:
        """Where a browser finds the pages about the checks, and editions, while `nplv ui` runs; without a slash at its end."""
        return str(self.docs_url).rstrip("/") if self.docs_url else f"http://127.0.0.1:{self.docs_port}"

    @property
    def inbox_folder(self) -> Path:
        """Where people put delivered files."""
        return (self.inbox or self.home / "inbox").absolute()

    @property
    def deployment(self) -> Deployment | None:
        """The shared engines, or None when one machine does it all. Raises WrongCall for what is half said, not supported, or holds a password."""
        if self.warehouse is None or not self.warehouse.startswith(LAKE):
            if self.store is not None:
                raise WrongCall(
                    f"NPLV_STORE is for a shared warehouse, and NPLV_WAREHOUSE is {self.warehouse_path}: set that to {LAKE}host=… dbname=… user=…, or unset NPLV_STORE"
                )
            return None
        catalogue = self.warehouse.removeprefix(LAKE).strip()
        if _PASSWORD.search(catalogue):
            raise WrongCall("NPLV_WAREHOUSE holds a password, and is shown to who looks: give that in PGPASSWORD, or in a file named by PGPASSFILE")
        if not re.fullmatch(r"[\w./:@=%+, -]+", catalogue, re.ASCII):
            raise WrongCall(f"NPLV_WAREHOUSE: after {LAKE} comes a PostgreSQL database, as in host=db.example.org dbname=nplv user=nplv")
        if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]+(/\w[\w.-]*)*/?", self.store or "", re.ASCII):
            raise WrongCall("NPLV_STORE: a shared warehouse has its tables and its archive in object storage, as in s3://bucket/prefix")
        return Deployment(catalogue, f"{str(self.store).rstrip('/')}/{self.programme_id}", self.programme_id)

    @property
    def warehouse_path(self) -> Path:
        """The private DuckDB file of this machine. Raises WrongCall for a kind of warehouse that is not supported."""
        if self.warehouse is None:
            return (self.home / "warehouse" / "nplv.duckdb").absolute()
        if ":" in self.warehouse:
            kind = self.warehouse.split(":", 1)[0]
            raise WrongCall(f"NPLV_WAREHOUSE: '{kind}:' is not supported; give the path of a DuckDB file, or {LAKE}host=… dbname=… user=…")
        path = Path(self.warehouse).absolute()
        if path.name != "nplv.duckdb":  # the models are prepared for a database of this name
            raise WrongCall(f"NPLV_WAREHOUSE: the file must be named nplv.duckdb, not '{path.name}'")
        return path


def _channel(text: str) -> Webhook | Mail:
    """The webhook or mail server of `NPLV_ALERT`. Raises ValueError, which quotes nothing of it: any part may be the secret."""
    text = text.strip()
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:  # it would quote what it does not understand
        host, port = "", None
    if not host or not text.isprintable() or " " in text or "#" in text:
        raise ValueError("expected https://… (a webhook), or smtps://user:password@host/to@…?from=… (mail), with percent-encoding where needed")
    here = _is_this_machine(host)
    if url.scheme == "https" or (url.scheme == "http" and here):
        return Webhook(text)
    if url.scheme == "http":
        raise ValueError("http:// is for a webhook on this machine only; use https://")
    if url.scheme not in ("smtps", "smtp"):
        raise ValueError("the address starts with https:// (a webhook), smtps:// or smtp:// (mail)")
    name, _, sender = url.query.partition("=")
    recipients = tuple(unquote(part) for part in url.path.removeprefix("/").split(","))
    user, password = unquote(url.username or ""), unquote(url.password or "")
    if not all(_MAILBOX.fullmatch(recipient) for recipient in recipients):
        raise ValueError("after the mail server come the recipients, as in smtps://host/to@example.org,other@example.org?from=monitor@example.org")
    if name != "from" or not _MAILBOX.fullmatch(unquote(sender)):
        raise ValueError("mail has one sender, at the end of the address, as in ?from=monitor@example.org")
    if bool(user) != bool(password) or not (user + password).isascii() or not (user + password).isprintable():
        raise ValueError("a mail server has a user and a password, both in plain ASCII, or neither")
    from_start = url.scheme == "smtps"
    tls: Literal["start", "starttls", "none"] = "start" if from_start else "none" if here else "starttls"
    return Mail(host, port or (465 if from_start else 587), tls, unquote(sender), recipients, user, password)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def load_settings(sources: str | None = None, programme: str | None = None) -> Settings:
    """The settings of this process; `sources` and `programme` go before their variables. With more programmes the home and the inbox are those of this one.

    Raises WrongCall, naming each variable that is wrong, or that is none of them.
    """
    known = {f"NPLV_{name.upper()}" for name in Settings.model_fields}
    for name in sorted(set(os.environ) - known):
        if name.startswith("NPLV_") and not name.startswith(DBT):
            near = get_close_matches(name, known, 1)
            raise WrongCall(f"unknown setting {name}" + (f"; did you mean {near[0]}?" if near else "; `nplv doctor` prints those that there are"))
    try:
        settings = Settings.model_validate({n: v for n, v in (("sources", sources), ("programme", programme)) if v})
    except ValidationError as error:
        given = {"sources": "--sources"} if sources else {}
        wrong = "; ".join(f"{given.get(name := str(e['loc'][0]), f'NPLV_{name.upper()}')}: {e['msg']}" for e in error.errors())
        raise WrongCall(f"wrong setting: {wrong}") from None
    if settings.programmes:
        folders = {"home": settings.home} | ({"inbox": settings.inbox} if settings.inbox else {})
        settings = settings.model_copy(update={name: folder / settings.programme_id for name, folder in folders.items()})
    if settings.deployment is None:
        settings.warehouse_path  # noqa: B018 - refuses an unsupported warehouse before anything starts
    return settings
