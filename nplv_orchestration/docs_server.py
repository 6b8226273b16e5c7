"""Serves the pages about the checks, and the files of editions, to a browser on this machine, for as long as the UI runs that links to them.

    python -m nplv_orchestration.docs_server PAGES EDITIONS PORT

A page that a browser has from the UI cannot open a file, so they need an address. Nothing but finished files is served, to nobody elsewhere; making the pages
is in `data_docs`, editions in `edition`.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

HOST = "127.0.0.1"
EDITIONS = "edities"
_FILE = re.compile(rf"/{EDITIONS}/(\d{{4}}/(?:r\d+|current)/[a-z]+\.[a-z0-9]+)")  # not the history beside it, which names people


class _Pages(SimpleHTTPRequestHandler):
    """Files only, and only for who asks for this machine by its own name: a page from elsewhere cannot read them under another name."""

    def __init__(self, *args: Any, editions: str, **kwargs: Any) -> None:
        self._editions = editions
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
        return super().send_head()  # type: ignore[return-value]

    def list_directory(self, path: str | os.PathLike[str]) -> BytesIO | None:
        """No listing of a folder."""
        self.send_error(HTTPStatus.NOT_FOUND)
        return None

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the terminal is the UI's."""


def serve(pages: str, editions: str, port: int) -> ThreadingHTTPServer:
    """A server of these folders; not started. Raises OSError when the port is taken."""
    return ThreadingHTTPServer((HOST, port), partial(_Pages, directory=pages, editions=editions))


def _end_with_parent(server: ThreadingHTTPServer, parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    server.shutdown()


if __name__ == "__main__":
    with serve(sys.argv[1], sys.argv[2], int(sys.argv[3])) as pages:
        threading.Thread(target=_end_with_parent, args=(pages, os.getppid()), daemon=True).start()
        pages.serve_forever()
