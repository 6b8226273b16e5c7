"""Serves the pages about the checks, and the files of editions, to a browser on this machine, for as long as the UI runs that links to them.

    python -m nplv_orchestration.docs_server PAGES EDITIONS PORT
    python -m nplv_orchestration.docs_server ADDRESS

The second is for a deployment: what the store holds of the home of the settings, at NPLV_DOCS_PORT of an address of this machine, which in a container is 0.0.0.0.

A page that a browser has from the UI cannot open a file, so they need an address. Nothing but finished files is served, to nobody elsewhere; making the pages
is in `data_docs`, editions in `edition`.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

from nplv_orchestration.errors import NplvError

HOST = "127.0.0.1"
EDITIONS = "edities"
_PAUSE = 60.0  # seconds in which a store that could not be asked is not asked again: each try takes half a minute, and browsers wait for it
_FILE = re.compile(rf"/{EDITIONS}/(\d{{4}}/(?:r\d+|current)/[a-z]+\.[a-z0-9]+)")  # not the history beside it, which names people


class _Pages(SimpleHTTPRequestHandler):
    """Files only, and only for who asks for this machine by its own name: a page from elsewhere cannot read them under another name."""

    def __init__(self, *args: Any, editions: str, refresh: Callable[[], None] | None, **kwargs: Any) -> None:
        self._editions, self._refresh = editions, refresh
        super().__init__(*args, **kwargs)

    def translate_path(self, path: str) -> str:
        """The file behind an address: of an edition, else of the pages."""
        if match := _FILE.fullmatch(path):
            return os.path.join(self._editions, match[1])
        return super().translate_path(path)

    def send_head(self) -> BytesIO | None:  # type: ignore[override]
        """As the files are, after looking at who is asked for."""
        if self.headers.get("Host", "").rpartition(":")[0] not in (HOST, "localhost"):
            self.send_error(HTTPStatus.FORBIDDEN)
            return None
        if self._refresh:
            self._refresh()
        return super().send_head()  # type: ignore[return-value]

    def list_directory(self, path: str | os.PathLike[str]) -> BytesIO | None:
        """No listing of a folder."""
        self.send_error(HTTPStatus.NOT_FOUND)
        return None

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the terminal is the UI's."""


class Following:
    """Called before a file is sent: makes the copy of a shared home as new as the store, one call at a time, the others serving what is there.

    bring: does it, and raises NplvError when the store cannot be asked. The copy is served then, since nothing is published without the store either; why is said.
    """

    def __init__(self, bring: Callable[[], object]) -> None:
        self._bring, self._one, self._again = bring, threading.Lock(), 0.0

    def __call__(self) -> None:
        """Bring the copy up to date, unless another call does, or the store could not be asked a moment ago."""
        if time.monotonic() < self._again or not self._one.acquire(blocking=False):
            return
        try:
            self._bring()
        except NplvError as error:
            self._again = time.monotonic() + _PAUSE
            print(f"the pages are as they were: {error}", file=sys.stderr, flush=True)
        finally:
            self._one.release()


def serve(pages: str, editions: str, port: int, *, address: str = HOST, refresh: Callable[[], None] | None = None) -> ThreadingHTTPServer:
    """A server of these folders; not started. refresh: called before a file is sent. Raises OSError when the port is taken."""
    return ThreadingHTTPServer((address, port), partial(_Pages, directory=pages, editions=editions, refresh=refresh))


def _of_deployment(address: str) -> ThreadingHTTPServer:
    """A server of what the store holds of the home. Raises NplvError when that cannot be read: there is nothing to serve yet."""
    from nplv_orchestration.home import Home
    from nplv_orchestration.settings import load_settings

    settings = load_settings()
    home = Home.of(settings)
    following = Following(lambda: Home.of(settings))
    return serve(str(home.data_docs), str(home.editions), settings.docs_port, address=address, refresh=following)


def _of(arguments: Sequence[str]) -> ThreadingHTTPServer:
    if len(arguments) == 1:
        return _of_deployment(arguments[0])
    pages, editions, port = arguments
    return serve(pages, editions, int(port))


def _end_with_parent(server: ThreadingHTTPServer, parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    server.shutdown()


if __name__ == "__main__":
    try:
        served = _of(sys.argv[1:])
    except NplvError as failed:
        sys.exit(str(failed))
    with served:
        threading.Thread(target=_end_with_parent, args=(served, os.getppid()), daemon=True).start()
        served.serve_forever()
