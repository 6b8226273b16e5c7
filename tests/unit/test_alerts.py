"""What a person must do is told once, in one message, to where NPLV_ALERT says and to a file; and nothing that was sent by others is more than words."""

import email.policy
import json
import os
import socket
import ssl
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from nplv_orchestration import alerts
from nplv_orchestration.alerts import Cause, Told, tell
from nplv_orchestration.errors import NplvError
from nplv_orchestration.home import Home
from nplv_orchestration.settings import Mail, Settings

DAY = date(2026, 11, 24)
DOWN = Cause(
    "source:rivm:down",
    "verouderd",
    "RIVM antwoordt niet; in gebruik is de versie van 3 november",
    "wacht een nacht af, en meld het dan aan het RIVM.",
)
REFUSED = Cause("source:politie:refused", "geweigerd", "De levering van de politie mist het jaar 2023", "vraag de politie om een volledige tabel")
FAILED = Cause("night", "mislukt", "De nacht is niet afgemaakt: de schijf is vol.", "maak ruimte vrij, en start de nacht opnieuw")
SECRET = "hush-hush"
HANG_UP = "hang up"


def night(home: Path, causes: Sequence[Cause], day: int = 0, *, complete: bool = True, **chosen: Any) -> Told:
    """What a night of live data tells, so many days after the first."""
    return tell(causes, Settings(**chosen).alert_channel, Home(home), DAY + timedelta(days=day), of="Monitor NPLV", complete=complete)


def files(home: Path) -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in sorted((home / "alerts").glob("*.md"))}


def told_file(home: Path) -> Any:
    return json.loads((home / "alerts" / "told.json").read_text(encoding="utf-8"))


# What a message says


def test_a_message_by_kind_in_a_file_by_default(tmp_path: Path) -> None:
    told = night(tmp_path, [DOWN, REFUSED, FAILED])
    assert told == Told((FAILED, REFUSED, DOWN), ("bestand",), tmp_path / "alerts" / "2026-11-24.md")
    assert files(tmp_path) == {
        "2026-11-24.md": """Monitor NPLV, 24 november 2026: 3 punten vragen aandacht

Mislukt (1)
- De nacht is niet afgemaakt: de schijf is vol. Te doen: maak ruimte vrij, en start de nacht opnieuw.

Geweigerd (1)
- De levering van de politie mist het jaar 2023. Te doen: vraag de politie om een volledige tabel.

Verouderd (1)
- RIVM antwoordt niet; in gebruik is de versie van 3 november. Te doen: wacht een nacht af, en meld het dan aan het RIVM.
"""
    }


def test_nothing_is_told_twice_and_a_quiet_night_tells_nothing(tmp_path: Path) -> None:
    assert night(tmp_path, []) == Told()
    assert not (tmp_path / "alerts").exists()
    night(tmp_path, [DOWN])
    kept = (tmp_path / "alerts" / "told.json").stat().st_mtime_ns
    changed = Cause(DOWN.key, DOWN.kind, "RIVM antwoordt nog steeds niet", DOWN.todo)
    for day in (1, 2):
        assert night(tmp_path, [changed], day) == Told()
    assert list(files(tmp_path)) == ["2026-11-24.md"]
    assert (tmp_path / "alerts" / "told.json").stat().st_mtime_ns == kept
    assert told_file(tmp_path) == {"bestand": {DOWN.key: {"text": DOWN.text, "told": "2026-11-24", "solved": False}}}


def test_a_new_cause_comes_with_what_became_of_the_earlier_ones(tmp_path: Path) -> None:
    night(tmp_path, [DOWN, REFUSED])
    assert night(tmp_path, [DOWN], 1) == Told()  # what is solved is no reason for a message
    assert night(tmp_path, [DOWN, FAILED], 2).causes == (FAILED,)
    assert (
        files(tmp_path)["2026-11-26.md"]
        == """Monitor NPLV, 26 november 2026: 1 punt vraagt aandacht

Mislukt (1)
- De nacht is niet afgemaakt: de schijf is vol. Te doen: maak ruimte vrij, en start de nacht opnieuw.

Eerder gemeld en nog niet opgelost (1): RIVM antwoordt niet; in gebruik is de versie van 3 november (gemeld op 24 november).

Opgelost sinds het vorige bericht (1): De levering van de politie mist het jaar 2023 (gemeld op 24 november).
"""
    )
    night(tmp_path, [DOWN, FAILED, REFUSED], 3)
    assert "Opgelost" not in files(tmp_path)["2026-11-27.md"]


def test_a_cause_that_comes_back_is_told_again(tmp_path: Path) -> None:
    night(tmp_path, [DOWN])
    night(tmp_path, [], 1)
    assert night(tmp_path, [DOWN], 2).causes == (DOWN,)
    assert "Opgelost" not in files(tmp_path)["2026-11-26.md"]
    assert told_file(tmp_path)["bestand"][DOWN.key]["told"] == "2026-11-26"
    assert night(tmp_path, [DOWN], 3) == Told()


def test_a_night_that_ended_early_solves_nothing(tmp_path: Path) -> None:
    night(tmp_path, [DOWN, REFUSED])
    night(tmp_path, [FAILED, DOWN], 1, complete=False)
    message = files(tmp_path)["2026-11-25.md"]
    assert "Eerder gemeld en nog niet opgelost (1): RIVM antwoordt niet" in message
    assert (
        "Eerder gemeld en nu niet bekeken, omdat de nacht niet is afgemaakt (1): De levering van de politie mist het jaar 2023 (gemeld op 24 november).\n"
        in message
    )
    assert "Opgelost" not in message
    assert night(tmp_path, [DOWN, REFUSED], 2) == Told()


def test_a_second_message_of_a_day_stands_below_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime(2026, 11, 24, 14, 5, tzinfo=UTC)

    monkeypatch.setattr(alerts, "datetime", Clock)
    night(tmp_path, [DOWN])
    first = files(tmp_path)["2026-11-24.md"]
    night(tmp_path, [DOWN, FAILED])
    assert files(tmp_path)["2026-11-24.md"].startswith(
        f"{first}\n---\n\nOm 14.05 uur\n\nMonitor NPLV, 24 november 2026: 1 punt vraagt aandacht\n\nMislukt"
    )


def test_the_demo_country_is_named_as_such(tmp_path: Path) -> None:
    tell([DOWN], None, Home(tmp_path), DAY, of="Monitor NPLV", is_demo=True)
    assert files(tmp_path)["2026-11-24.md"].startswith("DEMONSTRATIEGEGEVENS, Monitor NPLV, 24 november 2026: 1 punt vraagt aandacht\n")


def test_more_than_fit_in_a_message_follow_in_the_next(tmp_path: Path) -> None:
    causes = [Cause(f"check:{number}", "beoordelen", f"Controle {number}", "kijk ernaar") for number in range(101)]
    assert night(tmp_path, causes).causes == tuple(causes[:50])
    message = files(tmp_path)["2026-11-24.md"]
    assert message.startswith(
        "Monitor NPLV, 24 november 2026: 101 punten vragen aandacht\n\nTe beoordelen (50)\n- Controle 0. Te doen: kijk ernaar.\n"
    )
    assert message.endswith("- Controle 49. Te doen: kijk ernaar.\n\nEn nog 51 punten, die in het volgende bericht staan.\n")
    assert night(tmp_path, causes, 1).causes == tuple(causes[50:100])
    message = files(tmp_path)["2026-11-25.md"]
    assert "En nog 1 punt, dat in het volgende bericht staat.\n" in message
    assert "Eerder gemeld en nog niet opgelost (50): Controle 0 (gemeld op 24 november); Controle 1 (gemeld op 24 november); " in message
    assert message.endswith("; Controle 9 (gemeld op 24 november); en nog 40.\n")
    assert night(tmp_path, causes, 2).causes == tuple(causes[100:])
    assert night(tmp_path, causes, 3) == Told()


def test_of_one_key_the_first_counts(tmp_path: Path) -> None:
    assert night(tmp_path, [DOWN, Cause(DOWN.key, "mislukt", "iets anders", "niets")]).causes == (DOWN,)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("een\nregel\r\n\r\nBcc: x", "een regel Bcc: x"),
        ("\x1b[31mrood\x07\u202egespiegeld\u200b\ud800", "(31mrood gespiegeld"),
        ("<!channel> <b>|&amp;", "‹!channel› ‹b›¦＆amp;"),
        ("[hier](https://kwaad.example) ![](//x)", "(hier)(https: //kwaad.example) !()(//x)"),
        ("<https://kwaad.example|hier>", "‹https: //kwaad.example¦hier›"),
        ("hthttp://tp://x ://// www.kwaad.example", "hthttp: //tp: //x : //// www .kwaad.example"),
        ("@channel ~~weg~~ *vet* `code` \\*", "＠channel ∼∼weg∼∼ ∗vet∗ 'code' ∖∗"),
        ("_schuin_ __vet__ armoede_kinderen", "ˍschuinˍ ˍˍvetˍˍ armoede_kinderen"),
        ("# kop", "· # kop"),
        ("- lijst", "· - lijst"),
        ("1. lijst", "· 1. lijst"),
        ("2023 ontbreekt", "2023 ontbreekt"),
        ("a" * 400, "a" * 299 + "…"),
    ],
)
def test_what_others_sent_is_words_and_nothing_more(tmp_path: Path, sent: str, words: str) -> None:
    night(tmp_path, [Cause(f"file:{sent}", "geweigerd", sent, sent)])
    full = words if words.endswith("…") else f"{words}."
    assert files(tmp_path)["2026-11-24.md"].splitlines()[2:] == ["Geweigerd (1)", f"- {full} Te doen: {full}"]


@settings(deadline=None)
@given(st.text(st.characters(codec=None), max_size=400))
def test_any_text_is_one_harmless_line(text: str) -> None:
    line = alerts._harmless(text)
    assert len(line) <= alerts.LONGEST
    assert line.isprintable()
    assert not set(line) & set("<>&|`*~[]\\@")
    assert "://" not in line


@settings(deadline=None)
@given(st.lists(st.text("<>&|`*_~[]()!\\#+-=.:/@123ab \n", max_size=30), min_size=1, max_size=4))
def test_markdown_finds_nothing_but_a_list_of_words(texts: list[str]) -> None:
    causes = [alerts._harmless_cause(Cause(str(number), "geweigerd", text, text)) for number, text in enumerate(texts)]
    ledger = {"x": alerts._Entry(causes[0].text, DAY, True), "0": alerts._Entry(causes[0].text, DAY)}
    message = "\n\n".join(alerts._paragraphs(causes, {cause.key: cause for cause in causes}, ledger))
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(message)
    assert {token.type.removesuffix("_open").removesuffix("_close") for token in tokens} == {"paragraph", "bullet_list", "list_item", "inline"}
    assert {word.type for token in tokens for word in token.children or []} <= {"text", "softbreak"}
    assert sum(token.type == "list_item_open" for token in tokens) == len(texts)


# What is kept


@pytest.mark.parametrize("content", [b"", b"{", b'{"bestand": {"a": {"text": 1}}}', b"[]", b"\xff", b"[" * 100_000])
def test_a_damaged_list_is_begun_anew_and_the_message_says_so(tmp_path: Path, content: bytes) -> None:
    night(tmp_path, [DOWN])
    (tmp_path / "alerts" / "told.json").write_bytes(content)
    assert night(tmp_path, [DOWN], 1).causes == (DOWN,)
    assert files(tmp_path)["2026-11-25.md"].splitlines()[2] == alerts._DAMAGED
    assert night(tmp_path, [DOWN], 2) == Told()


def test_a_list_that_cannot_be_kept_is_an_error_and_the_message_is_there(tmp_path: Path) -> None:
    (tmp_path / "alerts" / "told.json").mkdir(parents=True)
    with pytest.raises(NplvError, match=r"^\S+/alerts/told.json cannot be written \(Is a directory\), so the same will be told again; see to"):
        night(tmp_path, [DOWN])
    assert DOWN.text in files(tmp_path)["2026-11-24.md"]


def test_a_file_that_cannot_be_written_is_told_the_next_time(tmp_path: Path) -> None:
    (tmp_path / "alerts" / "2026-11-24.md").mkdir(parents=True)
    with pytest.raises(
        NplvError, match=r"2026-11-24.md cannot be written \(IsADirectoryError: Is a directory\); see to the folder and its free space$"
    ):
        night(tmp_path, [DOWN])
    assert night(tmp_path, [DOWN], 1).causes == (DOWN,)


def test_who_is_killed_between_sending_and_recording_leaves_one_double(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(self: object) -> list[str]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(alerts._Book, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            night(tmp_path, [DOWN])
    assert night(tmp_path, [DOWN], 1).causes == (DOWN,)
    assert night(tmp_path, [DOWN], 2) == Told()


KINDS: dict[str, alerts.Kind] = {"a": "beoordelen", "b": "mislukt", "c": "mislukt", "d": "geweigerd", "e": "beoordelen"}
NIGHTS = st.lists(st.tuples(st.sets(st.sampled_from(sorted(KINDS))), st.booleans(), st.booleans(), st.booleans()), max_size=8)


@settings(max_examples=60, deadline=None)
@given(NIGHTS)
def test_each_cause_is_told_once_for_as_long_as_it_holds(nights: list[tuple[set[str], bool, bool, bool]]) -> None:
    """Whatever holds, whichever night ends early, whenever the webhook is down or not set, and however few fit in a message."""
    with pytest.MonkeyPatch.context() as patched, tempfile.TemporaryDirectory() as folder:
        patched.setattr(alerts, "MOST", 2)
        patched.setattr(os, "fsync", lambda _: None)
        arrived: list[str] = []
        up = True

        def post(_: object, message: str) -> None:
            if not up:
                raise alerts._failed("via de webhook", "at the webhook", "HTTP 500")
            arrived.append(message)

        patched.setattr(alerts, "_post", post)
        known: dict[str, set[str]] = {"webhook": set(), "bestand": set()}  # what each was told, of what holds as far as anybody knows
        for day, (held, complete, up, is_set) in enumerate(nights):
            causes = [Cause(key, KINDS[key], f"Oorzaak {key}", "doe iets") for key in sorted(held)]
            arrived.clear()
            with suppress(NplvError):
                night(Path(folder), causes, day, complete=complete, **({"alert": "https://x.example"} if is_set else {}))
            written = files(Path(folder)).get(f"{DAY + timedelta(days=day)}.md", "")
            for way, message in (("webhook", "".join(arrived)), ("bestand", written)):
                if complete:
                    known[way] &= held
                new = sorted(held - known[way], key=lambda key: (alerts._ORDER.index(KINDS[key]), key))[:2]
                if way == "webhook" and not (up and is_set):
                    new = []
                assert [line[10] for line in message.splitlines() if line.startswith("- ")] == new
                known[way] |= set(new)


# The webhook


@dataclass
class Hook:
    """A webhook on this machine: what it answers, and what it was asked."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            made.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, json.loads(content)))
            self.send_response(made.status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(SECRET.encode())

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        made.url = f"http://127.0.0.1:{server.server_address[1]}/services/{SECRET}"
        yield made
        server.shutdown()


def nowhere_secret(home: Path) -> None:
    for file in home.rglob("*"):
        assert file.is_dir() or SECRET not in file.read_text(encoding="utf-8")


def test_a_webhook_gets_the_message_and_the_file_a_copy(tmp_path: Path, hook: Hook, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    told = night(tmp_path, [DOWN], alert=hook.url)
    assert told == Told((DOWN,), ("webhook", "bestand"), tmp_path / "alerts" / "2026-11-24.md")
    [(path, headers, content)] = hook.asked
    assert path == f"/services/{SECRET}"
    assert headers["content-type"] == "application/json"
    assert list(content) == ["text"]
    assert files(tmp_path) == {"2026-11-24.md": content["text"] + "\n"}
    assert night(tmp_path, [DOWN], 1, alert=hook.url) == Told()
    assert len(hook.asked) == 1
    nowhere_secret(tmp_path)
    assert SECRET not in caplog.text


@pytest.mark.parametrize(("status", "headers"), [(500, {}), (404, {}), (302, {"Location": "/elsewhere"}), (307, {"Location": "/elsewhere"})])
def test_a_webhook_that_fails_is_tried_again_and_the_file_has_it_once(tmp_path: Path, hook: Hook, status: int, headers: dict[str, str]) -> None:
    hook.status, hook.headers = status, headers
    line = rf"^the alert did not arrive at the webhook \(HTTP {status}\), and goes out again the next night; see to NPLV_ALERT$"
    for day in (0, 1):
        with pytest.raises(NplvError, match=line) as failed:
            night(tmp_path, [DOWN], day, alert=hook.url)
        assert SECRET not in str(failed.value)
    assert list(files(tmp_path)) == ["2026-11-24.md"]
    assert (
        files(tmp_path)["2026-11-24.md"].splitlines()[2]
        == f"De bezorging via de webhook is mislukt (HTTP {status}). De volgende nacht wordt het weer geprobeerd."
    )
    assert [path for path, *_ in hook.asked] == [f"/services/{SECRET}"] * 2  # no redirect is followed
    hook.status, hook.headers = 204, {}
    assert night(tmp_path, [DOWN, FAILED], 2, alert=hook.url) == Told((FAILED, DOWN), ("webhook", "bestand"), tmp_path / "alerts" / "2026-11-26.md")
    assert DOWN.text in hook.asked[-1][2]["text"].partition("Eerder")[0]
    assert DOWN.text not in files(tmp_path)["2026-11-26.md"].partition("Eerder")[0]
    assert night(tmp_path, [DOWN, FAILED], 3, alert=hook.url) == Told()
    nowhere_secret(tmp_path)


def test_a_webhook_that_is_not_there(tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NplvError, match=r"at the webhook \(ConnectError: Connection refused\)"):
            night(tmp_path, [DOWN], alert=f"http://127.0.0.1:{taken.getsockname()[1]}/{SECRET}")
    nowhere_secret(tmp_path)


def test_a_webhook_that_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(NplvError, match=r"at the webhook \(ReadTimeout\)"):
        night(tmp_path, [DOWN], alert=f"http://127.0.0.1:{silent.getsockname()[1]}/{SECRET}")


def test_a_webhook_on_this_machine_is_asked_past_any_proxy(tmp_path: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    night(tmp_path, [DOWN], alert=hook.url)
    assert len(hook.asked) == 1


def test_a_channel_that_is_not_set_for_a_night_is_not_told_twice(tmp_path: Path, hook: Hook) -> None:
    night(tmp_path, [DOWN], alert=hook.url)
    assert night(tmp_path, [DOWN, FAILED], 1).ways == ("bestand",)  # as from a shell without the setting
    assert night(tmp_path, [DOWN, FAILED], 2, alert=hook.url) == Told((FAILED,), ("webhook",))


# Mail


@dataclass
class Server:
    """A mail server on this machine: what it is, what it answers, and what it was told."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    offers: tuple[str, ...] = ("AUTH PLAIN LOGIN",)
    context: ssl.SSLContext | None = None
    from_start: bool = False
    lines: list[str] = field(default_factory=list)
    letters: list[EmailMessage] = field(default_factory=list)

    def talk(self, connection: socket.socket) -> None:
        if self.from_start and self.context:
            connection = self.context.wrap_socket(connection, server_side=True)
        stream = connection.makefile("rwb")

        def say(line: str) -> None:
            stream.write(f"{line}\r\n".encode())
            stream.flush()

        say("220 post")
        while line := stream.readline().decode().strip():
            verb, space, rest = line.partition(" ")
            line = f"{verb.upper()}{space}{rest}"
            self.lines.append(line)
            answer = next((answer for start, answer in self.answers.items() if line.startswith(start)), "")
            if answer == HANG_UP:
                return
            if answer:
                say(answer)
            elif line.startswith("EHLO"):
                for offer in ("post", *self.offers):
                    say(f"250-{offer}")
                say("250 8BITMIME")
            elif line.startswith("STARTTLS") and self.context:
                say("220 go on")
                connection = self.context.wrap_socket(connection, server_side=True)
                stream = connection.makefile("rwb")
            elif line.startswith("AUTH"):
                say("235 welcome")
            elif line == "DATA":
                say("354 go on")
                content = b""
                while (piece := stream.readline()) != b".\r\n":
                    content += piece
                letter = message_from_bytes(content, policy=email.policy.default)
                assert isinstance(letter, EmailMessage)
                self.letters.append(letter)
                say(self.answers.get("taken", "250 taken"))
            else:
                say("221 bye" if line == "QUIT" else "250 ok")


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    def work(listening: socket.socket) -> None:
        with suppress(OSError):  # closed at the end of a test, or by who does not trust it
            while True:
                connection, _ = listening.accept()
                with connection, suppress(OSError):
                    server.talk(connection)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.port = listening.getsockname()[1]
        Thread(target=work, args=(listening,), daemon=True).start()
        yield server


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server()) as made:
        yield made


def address(server: Server, to: str = "team@example.org,other@example.org") -> str:
    return f"smtp://bode:{SECRET}%2F%40@127.0.0.1:{server.port}/{to}?from=monitor@example.org"


def test_a_mail_to_all_recipients(tmp_path: Path, server: Server) -> None:
    assert night(tmp_path, [FAILED, DOWN], alert=address(server)).ways == ("mail", "bestand")
    [letter] = server.letters
    assert letter["Subject"] == "Monitor NPLV, 24 november 2026: 2 punten vragen aandacht"
    assert letter["From"] == "monitor@example.org"
    assert letter["To"] == "team@example.org, other@example.org"
    assert letter["Date"].datetime.tzinfo
    assert letter["Message-ID"].endswith("@example.org>")
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content_charset() == "utf-8"
    assert letter.get_content().replace("\r\n", "\n") == files(tmp_path)["2026-11-24.md"]
    assert [line for line in server.lines if line.startswith("RCPT")] == ["RCPT TO:<team@example.org>", "RCPT TO:<other@example.org>"]
    assert any(line.startswith("AUTH PLAIN") for line in server.lines)
    nowhere_secret(tmp_path)


def test_a_mail_without_a_user(tmp_path: Path, server: Server) -> None:
    night(tmp_path, [FAILED], alert=f"smtp://127.0.0.1:{server.port}/team@example.org?from=monitor@example.org")
    assert not any(line.startswith("AUTH") for line in server.lines)
    assert len(server.letters) == 1


def test_no_text_of_a_cause_becomes_a_header_or_ends_the_mail(tmp_path: Path, server: Server) -> None:
    hostile = "x\r\n.\r\nQUIT\r\nBcc: all@kwaad.example\r\nSubject: anders"
    night(tmp_path, [Cause(hostile, "geweigerd", hostile, f".\r\n{hostile}")], alert=address(server))
    [letter] = server.letters
    assert letter.keys() == [
        "Subject",
        "From",
        "To",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
    ]
    assert "Bcc: all＠kwaad.example Subject: anders" in letter.get_content()


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"AUTH": f"535 wrong: {SECRET}"}, "SMTP 535"),
        ({"MAIL": f"451 later {SECRET}"}, "SMTP 451"),
        ({"RCPT": f"550 {SECRET} unknown"}, "SMTP 550"),
        ({"taken": f"554 {SECRET} refused"}, "SMTP 554"),
    ],
)
def test_a_mail_that_fails_is_tried_again(tmp_path: Path, server: Server, answers: dict[str, str], why: str) -> None:
    server.answers = answers
    with pytest.raises(NplvError, match=rf"^the alert did not arrive by mail \({why}\), and goes out again the next night; see to NPLV_ALERT$"):
        night(tmp_path, [DOWN], alert=address(server))
    assert f"De bezorging per mail is mislukt ({why})." in files(tmp_path)["2026-11-24.md"]
    nowhere_secret(tmp_path)
    server.answers = {"QUIT": HANG_UP}  # after the mail was taken this changes nothing
    assert night(tmp_path, [DOWN], 1, alert=address(server)) == Told((DOWN,), ("mail",))
    assert night(tmp_path, [DOWN], 2, alert=address(server)) == Told()


def test_a_recipient_that_is_refused_is_told_and_the_others_get_no_double(tmp_path: Path, server: Server) -> None:
    server.answers = {"RCPT TO:<other": "550 unknown"}
    with pytest.raises(NplvError, match=r"^the mail server refused 1 of 2 recipients of the alert, the others have it; see to NPLV_ALERT$"):
        night(tmp_path, [DOWN], alert=address(server))
    assert "De mailserver weigerde 1 van de 2 ontvangers." in files(tmp_path)["2026-11-24.md"]
    assert night(tmp_path, [DOWN], 1, alert=address(server)) == Told()


def test_a_password_is_not_sent_where_there_is_no_tls(server: Server) -> None:
    mail = Mail("127.0.0.1", server.port, "starttls", "monitor@example.org", ("team@example.org",), "bode", SECRET)
    with pytest.raises(alerts._Trouble, match="SMTPNotSupportedError"):
        alerts._mail(mail, "Monitor", "bericht")
    assert not [line for line in server.lines if line.startswith(("AUTH", "MAIL"))]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine that it signed itself, and its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "post")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=1))
    signed = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False).sign(key, hashes.SHA256())
    file = tmp_path_factory.mktemp("tls") / "post.pem"
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + signed.public_bytes(encoding))
    return file


@pytest.mark.parametrize("tls", ["start", "starttls"])
def test_only_a_certificate_that_is_trusted_gets_a_password(certificate: Path, monkeypatch: pytest.MonkeyPatch, tls: Any) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(Server(context=context, from_start=tls == "start", offers=("STARTTLS", "AUTH PLAIN"))) as server:
        mail = Mail("127.0.0.1", server.port, tls, "monitor@example.org", ("team@example.org",), "bode", SECRET)
        with pytest.raises(alerts._Trouble, match="CERTIFICATE_VERIFY_FAILED"):
            alerts._mail(mail, "Monitor", "bericht")
        assert not any(line.startswith("AUTH") for line in server.lines)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        alerts._mail(mail, "Monitor", "bericht")
        assert len(server.letters) == 1
