"""Serves the explorer to a browser on this machine, and to nobody else: the figures of areas may not leave it by way of an open port.

How it is served belongs here; what it shows is in `explorer`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from nplv_orchestration.settings import load_settings

AS_OF = "NPLV_EXPLORE_AS_OF"
"""The variable that tells the notebook which version is meant, in the words of `--as-of`."""

_NOTEBOOK = Path(__file__).with_name("explorer.py")
_HOSTS = ("127.0.0.1", "localhost")

# What a browser may fetch for this page: what this server has. Marimo's code asks no other address of itself; this keeps it so, whatever stands in a cell.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws://127.0.0.1:* ws://localhost:*; frame-ancestors 'none'; form-action 'self'"
)

# Marimo's page is English, has one title for all programmes, and names no main part, and its menu holds a copy as HTML that fetches its code from elsewhere and does not say in its name that it is internal.
_HEAD = """<meta name="robots" content="noindex"><style>[data-testid="notebook-actions-dropdown"] { display: none !important; }</style>
<script>
document.documentElement.lang = "nl";
const title = TITLE;
new MutationObserver(() => {
  const app = document.getElementById("App");
  if (app && !app.hasAttribute("role")) app.setAttribute("role", "main");
  if (document.title !== title) document.title = title;
}).observe(document.documentElement, { childList: true, subtree: true });
</script>"""

_Message = MutableMapping[str, Any]
_App = Callable[[_Message, Callable[[], Awaitable[_Message]], Callable[[_Message], Awaitable[None]]], Awaitable[None]]


def serve(port: int) -> None:
    """Serve the explorer on a port of this machine until interrupted, which ends the process. `AS_OF` in the environment says which version."""
    import marimo
    import uvicorn

    title = json.dumps(f"Intern: verkenner van de monitor {load_settings().configuration.short_nl}")
    app = (
        marimo.create_asgi_app(quiet=True, include_code=False, html_head=_HEAD.replace("TITLE", title)).with_app(path="", root=str(_NOTEBOOK)).build()
    )
    # an open page would keep the server waiting for its end
    uvicorn.run(guarded(app), host="127.0.0.1", port=port, log_level="error", timeout_graceful_shutdown=1)
    # once a page was opened a worker of marimo waits for work for ever, and Python at its end for the worker; there is nothing left to write
    sys.stdout.flush()
    os._exit(0)


def guarded(app: _App) -> _App:
    """The app for pages of this machine only: a page of another site in the same browser can neither name it as its own nor listen in."""

    async def answer(scope: _Message, receive: Callable[[], Awaitable[_Message]], send: Callable[[_Message], Awaitable[None]]) -> None:
        async def with_policy(message: _Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    (b"content-security-policy", _POLICY.encode()),
                    (b"referrer-policy", b"no-referrer"),
                ]
            await send(message)

        if scope["type"] == "lifespan" or _is_ours(scope):
            await app(scope, receive, with_policy)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b"only for pages of this machine"})

    return answer


def _is_ours(scope: _Message) -> bool:
    """Whether a request names this machine as its host, and comes from no page but its own."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get("host", "")
    origin = headers.get("origin")
    return host.partition(":")[0] in _HOSTS and (origin is None or origin == f"http://{host}")
