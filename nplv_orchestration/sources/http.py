"""How publishers are asked over the network: one client, retries for what is worth a retry, and nothing believed.

Addresses and what an answer means belong to the readers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from nplv_orchestration import __version__
from nplv_orchestration.errors import SourceNotFound, SourceRefused, SourceUnreachable

ATTEMPTS = 4
MOST_BYTES = 2 << 30


class _WorthARetry(Exception):
    """A fault that passes: no answer, a broken one, or a publisher that says it is busy."""


class Http:
    """One client for a whole run, so that connections are used again."""

    def __init__(self, transport: httpx.BaseTransport | None = None, longest_wait: float = 8.0) -> None:
        self._client = httpx.Client(
            transport=transport,
            timeout=httpx.Timeout(60.0, connect=10.0),
            follow_redirects=True,
            headers={"User-Agent": f"nplv-monitor/{__version__} (Nationaal Programma Leefbaarheid en Veiligheid)"},
        )
        self._longest_wait = longest_wait

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """A whole answer (200 or 304). Raises SourceNotFound (404), SourceRefused (other 4xx), SourceUnreachable."""
        retrying = Retrying(
            retry=retry_if_exception_type(_WorthARetry),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.25, max=self._longest_wait),
            reraise=True,
        )
        try:
            return retrying(self._once, url, params, headers)
        except _WorthARetry as fault:
            raise SourceUnreachable(f"{url.split('?')[0]} cannot be reached: {fault}; try again later") from None

    def _once(self, url: str, params: Mapping[str, str] | None, headers: Mapping[str, str] | None) -> httpx.Response:
        try:
            response = self._client.get(url, params=dict(params) if params else None, headers=dict(headers or {}))
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise _WorthARetry(str(error) or type(error).__name__) from error
        except (httpx.TooManyRedirects, httpx.InvalidURL) as error:
            raise SourceRefused(f"{url.split('?')[0]} leads nowhere: {error}") from None
        if response.status_code >= 500 or response.status_code in (408, 429):
            raise _WorthARetry(f"HTTP {response.status_code}")
        address = url.split("?")[0]
        if response.status_code == 404:
            raise SourceNotFound(f"{address} is not there (404)")
        if response.status_code not in (200, 304):
            raise SourceRefused(f"{address} answered HTTP {response.status_code}: {response.text[:100]!r}")
        if len(response.content) > MOST_BYTES:
            raise SourceRefused(f"{address} answered {len(response.content)} bytes, more than any table has")
        return response

    def json(self, url: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """An answer in JSON. Raises SourceUnreachable for a page of another kind: publishers in maintenance send those."""
        response = self.get(url, params)
        kind = response.headers.get("content-type", "")
        if "json" not in kind:
            raise SourceUnreachable(f"{url.split('?')[0]} answered '{kind.split(';')[0]}' where JSON was expected; try again later")
        try:
            body = json.loads(response.content.decode("utf-8"))
        except ValueError as error:
            raise SourceRefused(f"{url.split('?')[0]} answered broken JSON: {error}") from None
        if not isinstance(body, dict):
            raise SourceRefused(f"{url.split('?')[0]} answered a list where an object was expected")
        return body

    def pages(self, url: str, params: Mapping[str, str], link: str) -> Iterator[dict[str, Any]]:
        """The pages of an answer, following the publisher's own links. Raises SourceRefused for a link that repeats or leads away."""
        seen: set[str] = set()
        host = httpx.URL(url).host
        page = self.json(url, params)
        while True:
            if not isinstance(page.get("value"), list):
                raise SourceRefused(f"{url.split('?')[0]} answered without rows")
            yield page
            following = page.get(link)
            if following is None:
                return
            if not isinstance(following, str) or following in seen or httpx.URL(following).host != host:
                raise SourceRefused(f"{url.split('?')[0]} links to a page that repeats or leads away: {following}")
            seen.add(following)
            page = self.json(following)

    def rows(self, url: str, params: Mapping[str, str], link: str) -> list[dict[str, Any]]:
        """All rows of a small answer."""
        return [row for page in self.pages(url, params, link) for row in page["value"]]
