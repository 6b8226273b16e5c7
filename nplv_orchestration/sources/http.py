"""How publishers are asked over the network: one client, at most three questions at a time for a host, retries for what is
worth a retry, and nothing believed.

Addresses and what an answer means belong to the readers.
"""

from __future__ import annotations

import logging
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from nplv_orchestration import __version__
from nplv_orchestration.errors import SourceNotFound, SourceRefused, SourceUnreachable

PER_HOST = 3
SIDE_BY_SIDE = 4 * PER_HOST  # questions about several tables: there are four publishers
ATTEMPTS = 4
MOST_PAGE = 256 << 20  # bytes, unpacked: the largest page of a publisher has some tens of millions
MOST_FILE = 4 << 30
_PAGE_SECONDS, _FILE_SECONDS = 300.0, 3600.0  # of a whole answer, so that one that drips does not hold a night

T = TypeVar("T")
U = TypeVar("U")
Page = TypeVar("Page")


class _WorthARetry(Exception):
    """A fault that passes: no answer, a broken one, or a publisher that says it is busy."""


@dataclass(frozen=True)
class Reply:
    """A whole answer (200 or 304). content is empty when it was written to a file."""

    status: int
    headers: httpx.Headers
    content: bytes


class Http:
    """One client for a whole run, so that connections are used again. It may be used by several threads."""

    def __init__(self, transport: httpx.BaseTransport | None = None, longest_wait: float = 8.0) -> None:
        self._client = httpx.Client(
            transport=transport,
            timeout=httpx.Timeout(60.0, connect=10.0),
            follow_redirects=True,
            headers={"User-Agent": f"nplv-monitor/{__version__} (Nationaal Programma Leefbaarheid en Veiligheid)"},
        )
        logging.getLogger("httpx").setLevel(logging.WARNING)  # it would write whole addresses, and some hold a key
        self._longest_wait = longest_wait
        self._gates: dict[str, BoundedSemaphore] = {}
        self._lock = Lock()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Reply:
        """A whole answer in memory. Raises SourceNotFound (404), SourceRefused (other 4xx, too large), SourceUnreachable."""

        def once() -> Reply:
            with self._answer(url, params, headers, MOST_PAGE, _PAGE_SECONDS) as (response, chunks):
                content = b"".join(chunks)
            return Reply(response.status_code, response.headers, content)

        return self._retrying(url, once)

    def download(self, url: str, into: Path, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Reply:
        """An answer written to a file, a piece at a time; nothing is written for a 304. Raises as `get`, and OSError for a full disk."""

        def once() -> Reply:
            with self._answer(url, params, headers, MOST_FILE, _FILE_SECONDS) as (response, chunks):
                if response.status_code == 200:
                    with into.open("wb") as file:
                        for chunk in chunks:
                            file.write(chunk)
            return Reply(response.status_code, response.headers, b"")

        return self._retrying(url, once)

    def _retrying(self, url: str, once: Callable[[], Reply]) -> Reply:
        retrying = Retrying(
            retry=retry_if_exception_type(_WorthARetry),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.25, max=self._longest_wait),
            reraise=True,
        )
        try:
            return retrying(once)
        except _WorthARetry as fault:
            raise SourceUnreachable(f"{_address(url)} cannot be reached: {fault}; try again later") from None

    @contextmanager
    def _answer(
        self, url: str, params: Mapping[str, str] | None, headers: Mapping[str, str] | None, most: int, seconds: float
    ) -> Iterator[tuple[httpx.Response, Iterator[bytes]]]:
        """One request, and its body as it comes in: never more bytes or seconds than that."""
        address = _address(url)
        try:
            with (
                self._gate(_origin(url)[1]),
                self._client.stream("GET", url, params=dict(params) if params else None, headers=dict(headers or {})) as response,
            ):
                status = response.status_code
                if status >= 500 or status in (408, 429):
                    raise _WorthARetry(f"HTTP {status}")
                if status == 404:
                    raise SourceNotFound(f"{address} is not there (404)")
                if status not in (200, 304):
                    raise SourceRefused(f"{address} answered HTTP {status}{': the key is not accepted' if status in (401, 403) else ''}")
                assert isinstance(response.stream, httpx.SyncByteStream)
                response.stream = _Timely(response.stream, address, seconds)
                yield response, _bounded(response, address, most)
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise _WorthARetry(str(error) or type(error).__name__) from error
        except (httpx.TooManyRedirects, httpx.InvalidURL, UnicodeError) as error:
            raise SourceRefused(f"{address} leads nowhere: {str(error)[:100]}") from None

    def _gate(self, host: str) -> BoundedSemaphore:
        with self._lock:
            return self._gates.setdefault(host, BoundedSemaphore(PER_HOST))

    def json(self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A small answer in JSON. Raises as `page`."""
        return self.page(url, dict[str, Any], params, headers)

    def page(self, url: str, form: type[Page], params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Page:
        """An answer in JSON, read as `form` (see msgspec); what `form` does not name is skipped.

        Raises SourceUnreachable for a page of another kind, as publishers in maintenance send, and SourceRefused for JSON that is
        broken or of another form, naming the place in it.
        """
        return _decoded(self._text(url, params, headers), url, form)

    def _text(self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> bytes:
        """An answer that says it is JSON, not yet read."""
        reply = self.get(url, params, headers)
        kind = reply.headers.get("content-type", "")
        if "json" not in kind:
            raise SourceUnreachable(f"{_address(url)} answered '{kind.split(';')[0][:40]}' where JSON was expected; try again later")
        return reply.content

    def pages(self, row: Any, starts: Sequence[tuple[str, Mapping[str, str]]], link: str, count: str = "") -> Iterator[Any]:
        """The pages of several questions to one host, as `page_form` has them, following the publisher's own links.

        The questions go side by side and their pages come in turns, always in the same order; no more than three are in memory.
        Raises SourceRefused for a link that repeats or leads away.
        """
        form = page_form(row, link, count)
        waiting = deque(starts)
        running: deque[tuple[Future[bytes], str, set[str], str]] = deque()
        with ThreadPoolExecutor(PER_HOST) as pool:
            try:
                while waiting or running:
                    while waiting and len(running) < PER_HOST:
                        url, params = waiting.popleft()
                        running.append((pool.submit(self._text, url, params), url, set(), url))
                    asked, url, seen, start = running.popleft()
                    try:
                        content = asked.result()
                    except SourceNotFound as absent:  # of a table that is there
                        raise SourceUnreachable(f"{absent}, though the table is; try again later") from None
                    page = _decoded(content, url, form)  # here and not beside: two threads that read JSON hold each other up
                    following = page.link
                    if following is not None:
                        if following in seen or _origin(_secured(following, start)) != _origin(start):
                            raise SourceRefused(f"{_address(start)} links to a page that repeats or leads away: {following[:200]}")
                        seen.add(following)
                        running.append((pool.submit(self._text, _secured(following, start)), following, seen, start))
                    yield page
            finally:
                for future, *_ in running:
                    future.cancel()

    def rows(self, url: str, params: Mapping[str, str], link: str) -> list[dict[str, Any]]:
        """All rows of a small answer, over its pages; link: the name under which a page has the address of the next."""
        return [row for page in self.pages(dict[str, Any], [(url, params)], link) for row in page.value]

    def both(self, one: Callable[[], T], other: Callable[[], U]) -> tuple[T, U]:
        """The answers to two questions of different kinds, asked side by side. Raises what the first of them raises."""
        with ThreadPoolExecutor(1) as pool:
            beside = pool.submit(other)
            return one(), beside.result()

    def together(self, *questions: Callable[[], T]) -> list[T]:
        """The answers to several questions, asked side by side. Raises what the first of them raises."""
        with ThreadPoolExecutor(PER_HOST) as pool:
            return [future.result() for future in [pool.submit(question) for question in questions]]


def page_form(row: Any, link: str, count: str = "") -> Any:
    """The form of a page of rows of one form: its `value`, the `link` to the next page, and the `count` of all rows, by their names there."""
    import msgspec

    fields: list[Any] = [("value", list[row]), ("link", str | None, msgspec.field(name=link, default=None))]
    counted: list[Any] = [("count", int | None, msgspec.field(name=count, default=None))] if count else []
    return msgspec.defstruct("Page", [*fields, *counted], gc=False)


def _decoded(content: bytes, url: str, form: type[Page]) -> Page:
    """JSON, read as `form`. Raises SourceRefused when it is broken or of another form."""
    import msgspec

    try:
        content.decode()  # what `form` skips would not be looked at otherwise
        return msgspec.json.decode(content, type=form)
    except msgspec.ValidationError as error:
        raise SourceRefused(f"{_address(url)} answered something else than was expected: {error}") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise SourceRefused(f"{_address(url)} answered broken JSON: {error}") from None


class _Timely(httpx.SyncByteStream):
    """A body as it comes in from the network, for so many seconds: before it is unpacked, because a drip may unpack to nothing.

    An answer that took so long is not asked for again: four such answers are a night.
    """

    def __init__(self, stream: httpx.SyncByteStream, address: str, seconds: float) -> None:
        self._stream, self._address, self._seconds = stream, address, seconds

    def __iter__(self) -> Iterator[bytes]:
        end = time.monotonic() + self._seconds
        for piece in self._stream:
            if time.monotonic() > end:
                raise SourceUnreachable(
                    f"{self._address} cannot be reached: its answer was not complete after {self._seconds:.0f} seconds; try again later"
                )
            yield piece

    def close(self) -> None:
        self._stream.close()


def _bounded(response: httpx.Response, address: str, most: int) -> Iterator[bytes]:
    size = 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > most:
            raise SourceRefused(f"{address} answered more than {most >> 20} MB, more than it can have")
        yield chunk


def _secured(link: str, start: str) -> str:
    """A link on the same secured line as the question was asked on: a server behind another may not know that it is."""
    return f"https://{link.removeprefix('http://')}" if start.startswith("https://") and link.startswith("http://") else link


def _origin(url: str) -> tuple[str, str]:
    try:
        parsed = urlsplit(url)
    except ValueError:
        return "", ""
    return parsed.scheme, parsed.netloc.lower()


def _address(url: str) -> str:
    """An address without what may be secret in it: its query, and a name and password."""
    return re.sub(r"//[^/@]*@", "//", url.split("?")[0])[:300]
