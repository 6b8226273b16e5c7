"""The folder that holds everything (`NPLV_HOME`): where things lie, and how they are written safely.

Paths, the writers' lock, the home's source mode and atomic replacement belong here; what is in the files does not.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nplv_orchestration.configuration import ID, OWN
from nplv_orchestration.errors import HomeBusy, NplvError, WrongCall
from nplv_orchestration.settings import DEMO_SIZES, DemoSize, Settings, SourceMode

if TYPE_CHECKING:
    from nplv_orchestration.shared.objects import Objects

_DRAFTS = ".*.*.tmp"  # `_draft`
_OF = " of "  # before the programme, in the file that says what a home holds
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # of renameat2(2)
_RENAME_SWAP = 2  # of renamex_np(2) on macOS


@dataclass(frozen=True)
class Home:
    """The paths inside one home. Making the object writes nothing."""

    root: Path

    @classmethod
    def of(cls, settings: Settings) -> Home:
        """The home of these settings, as an absolute path; a shared one with what all machines know of it."""
        root = settings.home.absolute()
        if deployment := settings.deployment:
            from nplv_orchestration.shared.home import SharedHome

            return SharedHome.opened(root, deployment)
        return cls(root)

    def archive_store(self) -> Objects | None:
        """Where the archive is kept for all machines; None when this machine is the only one."""
        return None

    def settle(self) -> None:
        """Make what was written known to all machines; there are no others."""

    def in_lakes(self, version: str) -> dict[str, str]:
        """As what a published version stands in the lakes that analysts attach, for who refers to it; there are none."""
        return {}

    def tidy_shared(self) -> dict[str, int]:
        """Remove what is old of what machines share, as how many of each; there is nothing."""
        return {}

    @property
    def archive(self) -> Path:
        """Raw answers of publishers, for ever."""
        return self.root / "archive"

    @property
    def published(self) -> Path:
        """Versions that analysts read; `current` points at one."""
        return self.root / "published"

    @property
    def editions(self) -> Path:
        """Annual snapshots."""
        return self.root / "editions"

    @property
    def dagster(self) -> Path:
        """Dagster's own history."""
        return self.root / "dagster"

    @property
    def dbt(self) -> Path:
        """What dbt writes while it runs."""
        return self.root / "dbt"

    @property
    def data_docs(self) -> Path:
        """The pages of Great Expectations about the marts; internal, for they show figures of areas."""
        return self.root / "quality" / "data_docs"

    @property
    def site(self) -> Path:
        """The documentation for analysts, unless it is made elsewhere."""
        return self.root / "site"

    @property
    def alerts(self) -> Path:
        """Messages about what a person must do, and which of them were sent."""
        return self.root / "alerts"

    @property
    def replays(self) -> Path:
        """What would have been told on another day, for who asked; nothing rests on it."""
        return self.root / "replays"

    @property
    def built(self) -> Path:
        """From what the warehouse was built, and the fingerprints of what was made."""
        return self.root / "built.json"

    @property
    def current(self) -> Path:
        """The newest published version (a symbolic link)."""
        return self.published / "current"

    @property
    def _mode_file(self) -> Path:
        return self.root / "sources"

    @property
    def demo(self) -> Path:
        """What the demo country delivers, and on which night it is; live data has none."""
        return self.root / "demo"

    def inbox(self, settings: Settings) -> Path:
        """Where people put delivered files: the demo country has an inbox of its own, so that it touches no file of theirs."""
        return self.demo / "inbox" if self.mode(settings) == "demo" else settings.inbox_folder

    def mode(self, settings: Settings) -> SourceMode:
        """What this home holds, else what the settings say, else demo. Raises WrongCall when the two differ, as when it is of another programme, or a setting is of the other mode."""
        held, programme = self._held()
        if held and programme != settings.programme_id:
            raise WrongCall(
                f"NPLV_HOME={self.root} is of programme {programme} and NPLV_PROGRAMME is {settings.programme_id}; the two never mix: use another NPLV_HOME"
            )
        if held and settings.sources not in (None, held[0]):
            raise WrongCall(
                f"NPLV_HOME={self.root} holds {held[0]} data and NPLV_SOURCES is {settings.sources}; the two never mix: use another NPLV_HOME"
            )
        mode = held[0] if held else settings.sources or "demo"
        other, strange = ("live", settings.of_live_data) if mode == "demo" else ("demo", settings.of_demo_data)
        if strange:
            names = ", ".join(strange)
            if not held:
                raise WrongCall(f"{names} is for {other} data: set NPLV_SOURCES={other}, or unset it for {mode} data")
            raise WrongCall(f"{names} is for {other} data, and NPLV_HOME={self.root} holds {mode} data: unset it, or use another NPLV_HOME")
        return "live" if mode == "live" else "demo"

    def demo_size(self, settings: Settings) -> DemoSize:
        """The size of the demo country in this home, else what the settings say, else small. Raises WrongCall when the two differ."""
        held, _ = self._held()
        if not held:
            return settings.demo_size or "small"
        if settings.demo_size not in (None, held[1]):
            raise WrongCall(
                f"NPLV_HOME={self.root} holds the {held[1]} demo country and NPLV_DEMO_SIZE is {settings.demo_size}: use another NPLV_HOME"
            )
        return DEMO_SIZES[held[1]]

    def demo_night(self, settings: Settings) -> int:
        """The night of the settings, else the last one that this home had, else 0. Raises WrongCall for a night that is past."""
        try:
            last = int((self.demo / "night").read_text(encoding="utf-8"))
        except FileNotFoundError:
            last = 0
        except ValueError:
            raise WrongCall(f"{self.demo / 'night'} is not the number of a night; use another NPLV_HOME") from None
        if settings.demo_night is not None and settings.demo_night < last:
            raise WrongCall(f"NPLV_HOME={self.root} has come to night {last}, and NPLV_DEMO_NIGHT is {settings.demo_night}: use another NPLV_HOME")
        return last if settings.demo_night is None else settings.demo_night

    def _held(self) -> tuple[list[str], str]:
        """What this home holds: nothing yet, `live`, or `demo` and a size; and of which programme, where it is not the project's own. Raises WrongCall for a file that says something else."""
        try:
            text = self._mode_file.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return [], OWN
        except OSError as error:
            raise NplvError(f"NPLV_HOME={self.root} cannot be read ({error.strerror}); choose another folder") from None
        said, _, programme = " ".join(text.split()).partition(_OF)
        held = said.split()
        if held not in (["live"], *(["demo", size] for size in DEMO_SIZES)) or not ID.fullmatch(programme or OWN):
            raise WrongCall(f"{self._mode_file} says '{text.strip()}', expected live, or demo and a size; use another NPLV_HOME")
        return held, programme or OWN

    def claim(self, settings: Settings) -> SourceMode:
        """Make this the home of one source mode and one programme, for good; only for who holds the lock. Raises as `mode`, or when it cannot be written."""
        mode = self.mode(settings)
        text = f"demo {self.demo_size(settings)}" if mode == "demo" else mode
        text += "" if settings.programme_id == OWN else f"{_OF}{settings.programme_id}"
        held, _ = self._held()
        if mode == "demo" and not held and any(settings.inbox_folder.glob("*")):
            raise WrongCall(
                f"{settings.inbox_folder} holds delivered files, which the demo country does not read: use another NPLV_HOME, or NPLV_SOURCES=live"
            )
        with self._writable():
            if not self._mode_file.exists():
                write_atomically(self._mode_file, f"{text}\n".encode())
        return mode

    @contextmanager
    def _writable(self) -> Iterator[None]:
        """The folder, made when it is not there; what keeps it from being written is said in one line."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            yield
        except OSError as error:
            raise NplvError(
                f"NPLV_HOME={self.root} cannot be written ({error.strerror}); see to the folder, its rights and its free space, or choose another"
            ) from None

    @contextmanager
    def writing(self, who: str, wait: float = 0.0) -> Iterator[str]:
        """Hold the lock of the only writer; the kernel frees it when the process dies.

        Gives who held it before and died without letting go ("" when nobody did). Waits up to `wait` seconds, then raises
        HomeBusy naming who holds it.
        """
        with self._lock_file() as descriptor:
            end = time.monotonic() + wait
            while not _take(descriptor):
                if time.monotonic() >= end:
                    raise self._busy(descriptor)
                time.sleep(0.2)
            died = _holder(descriptor)
            if died:
                self._clear_away()
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{who} (process {os.getpid()})".encode(), 0)
            try:
                yield died
            finally:
                os.ftruncate(descriptor, 0)

    def _clear_away(self) -> None:
        """Remove the drafts of files that a killed writer left beside them; folders that belong to people and to other programs are left alone."""
        ours = (self.archive, self.published, self.editions, self.alerts, self.demo)
        for draft in (*self.root.glob(_DRAFTS), *(left for folder in ours for left in drafts_below(folder))):
            draft.unlink(missing_ok=True)

    def hold_ui(self) -> int:
        """Be the only UI of this home for as long as this process lives, or one that inherits the file that this gives. Raises HomeBusy."""
        with self._writable():
            descriptor = os.open(self.root / "ui.lock", os.O_RDWR | os.O_CREAT, 0o644)
        if not _take(descriptor):
            raise HomeBusy(f"{self.root} has a UI already ({_holder(descriptor)}); stop that one first")
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()}".encode(), 0)
        return descriptor

    def demand_outside(self, path: Path) -> None:
        """Raises WrongCall for a place to write to that lies within the home: what is there is this project's, and sealed. The site has a place of its own."""
        where = path.resolve()
        if where.is_relative_to(self.root.resolve()) and not where.is_relative_to(self.site.resolve()):
            raise WrongCall(f"{path} lies within NPLV_HOME, where nothing is written by hand; give a place outside {self.root}")

    def refuse_when_busy(self) -> None:
        """Raises HomeBusy, naming who holds the lock, when somebody does."""
        with self._lock_file() as descriptor:
            if not _take(descriptor):
                raise self._busy(descriptor)

    @contextmanager
    def _lock_file(self) -> Iterator[int]:
        with self._writable():
            descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _busy(self, descriptor: int) -> HomeBusy:
        return HomeBusy(f"{self.root} is being written by {_holder(descriptor) or 'another process'}; try again when it is done")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file of its own, after whoever has it; the kernel frees it when the process dies."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    """Take the lock of a file, unless another process has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        return False
    return True


def _holder(descriptor: int) -> str:
    return os.pread(descriptor, 200, 0).decode(errors="replace").strip()


def _draft(path: Path) -> Path:
    """Where a file or link is written before it takes its name."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def drafts_below(folder: Path) -> Iterator[Path]:
    """The drafts of files in a folder, of which a killed process leaves some."""
    return folder.rglob(_DRAFTS)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Where a file is written before it takes its name, which it does when all went well: a reader sees the old or the new one, also after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(path)
    try:
        yield draft
        sync(draft)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    sync(path.parent)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a whole file or nothing."""
    with whole(path) as draft:
        draft.write_bytes(content)


def point_to(link: Path, target: str) -> None:
    """Move the symbolic link `link` to `target` (relative to its folder) in one step."""
    draft = _draft(link)
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    os.replace(draft, link)
    sync(link.parent)


def exchange(one: Path, other: Path) -> None:
    """Let two folders of one parent change names in one step, so that neither name is ever without a folder."""
    libc = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(one), os.fsencode(other)
    if sys.platform == "darwin":
        failed = libc.renamex_np(*names, _RENAME_SWAP)
    else:
        failed = libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE)
    if failed:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(one))
    sync(one.parent)


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
