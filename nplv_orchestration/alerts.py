"""What a person must do, told once: one message a night in Dutch, to a webhook, by mail, or to a file.

Keeping what was told, wording the message and delivering it belong here; what is the matter is found elsewhere, and where
messages go is a setting (`NPLV_ALERT`).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from nplv_orchestration import __version__
from nplv_orchestration.errors import NplvError, one_line
from nplv_orchestration.home import Home, write_atomically
from nplv_orchestration.settings import Mail, Webhook

Kind = Literal["mislukt", "vastgehouden", "geweigerd", "verouderd", "ontbreekt", "ontheffing", "beoordelen"]
Way = Literal["webhook", "mail", "bestand"]

MOST = 50  # causes in one message; the others follow in the next
LISTED = 10  # of those that were told before, or are solved
LONGEST, SHORT = 300, 80  # characters of a text, and of one that was told before
SECONDS = 10.0  # that a webhook or a mail server may be silent

_HEADINGS: dict[Kind, str] = {
    "mislukt": "Mislukt",
    "vastgehouden": "Vastgehouden",
    "geweigerd": "Geweigerd",
    "verouderd": "Verouderd",
    "ontbreekt": "Ontbreekt",
    "ontheffing": "Ontheffingen",
    "beoordelen": "Te beoordelen",
}
_ORDER = list(_HEADINGS)
_MONTHS = ["januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"]
_DAMAGED = "De lijst van wat al gemeld is, was niet te lezen. Daarom kan hieronder staan wat al eerder gemeld is."

# Markdown, Slack, Mattermost and plain mail each have escapes of their own, which are rubbish to the others. So a letter that is
# markup to one of them is written as a letter that looks like it and is markup to none.
_LOOK_ALIKES = str.maketrans({"<": "‹", ">": "›", "&": "＆", "|": "¦", "`": "'", "*": "∗", "~": "∼", "[": "(", "]": ")", "\\": "∖", "@": "＠"})
_EDGE_OF_WORD = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # inside a word, as in armoede_kinderen, it is no markup
_LINK = re.compile(r"(?<=:)(?=//)|(?<=\bwww)(?=\.)", re.IGNORECASE)  # with a space here it is read, and not clicked
_BLOCK = re.compile(r"[#+-]|\d+([.)]|$)")  # at the start of a line: a heading, or a list; a number alone gets a full stop


@dataclass(frozen=True)
class Cause:
    """Something that a person must see to. key names it, and stays the same for as long as it is the same cause.

    text: one line of what is the matter; todo: one line of what to do; both in Dutch.
    """

    key: str
    kind: Kind
    text: str
    todo: str


@dataclass(frozen=True)
class Told:
    """What was told now, and by which ways; nothing when nothing was new. file: where it can be read, when the file has it too."""

    causes: tuple[Cause, ...] = ()
    ways: tuple[Way, ...] = ()
    file: Path | None = None


@dataclass(frozen=True)
class _Entry:
    """A cause that was told: how, and when at first. solved: it is gone, and no message says so yet."""

    text: str
    told: date
    solved: bool = False


_Ledger = dict[str, _Entry]  # what was told by one way, by the key of the cause


class _Trouble(Exception):
    """A message did not arrive, or not with everybody: for the file in Dutch, and as the error that the caller gets.

    Neither quotes the setting or what the other side answered: both may hold a secret.
    """

    def __init__(self, remark: str, error: str, arrived: bool = False) -> None:
        super().__init__(error)
        self.remark, self.error, self.arrived = remark, error, arrived


def tell(
    causes: Sequence[Cause], channel: Webhook | Mail | None, home: Home, day: date, *, of: str, is_demo: bool = False, complete: bool = True
) -> Told:
    """Tell in one message of the causes that were not told yet: to what NPLV_ALERT names, and to the file of that day in any case.

    causes: all that hold now; of one key the first counts. channel: None for the file alone. of: what the monitor is called. is_demo: whether the figures are invented. complete: whether all was looked at, so that a cause which is not among them
    is solved. No message is made of solved causes alone. Only for one process at a time.
    Raises NplvError, when all is done that can be, for a message that did not arrive or of which that cannot be kept, and which is told
    again the next time; and for a recipient that the mail server refused.
    """
    now: dict[str, Cause] = {}
    for cause in map(_harmless_cause, causes):
        now.setdefault(cause.key, cause)
    folder = home.alerts
    file = folder / f"{day.isoformat()}.md"
    # Each way has a ledger of its own: what did not get through the channel goes out again the next night, and the file, which has it,
    # does not get it twice. One that is not set for a while is kept up too: whoever sets it again is told what was not told there. The
    # file comes last, so that it can say that the delivery failed.
    ways: dict[Way, Webhook | Mail | Path] = {**_way(channel), "bestand": file}
    book = _Book(folder / "told.json")
    book.ledgers = {way: _looked_at(ledger, now, complete) for way, ledger in book.ledgers.items()}
    remarks = [_DAMAGED] if book.damaged else []
    troubles: list[str] = []
    told: dict[Way, list[Cause]] = {}
    for way, to in ways.items():
        ledger = book.ledgers.get(way, {})
        new = sorted((c for c in now.values() if c.key not in ledger or ledger[c.key].solved), key=lambda c: _ORDER.index(c.kind))
        if not new:
            continue
        subject = f"{'DEMONSTRATIEGEGEVENS, ' if is_demo else ''}{of}, {_day(day)} {day.year}: {_counted(len(new), 'punt vraagt', 'punten vragen')} aandacht"
        message = "\n\n".join([subject, *remarks, *_paragraphs(new, now, ledger)])
        try:
            _deliver(to, subject, message)
        except _Trouble as trouble:
            remarks.append(trouble.remark)
            troubles.append(trouble.error)
            if not trouble.arrived:
                continue
        # It is recorded after the delivery, and at once: who is killed in between leaves a message that comes twice by this way. The
        # other way round it would never come.
        told[way] = new[:MOST]
        book.ledgers[way] = _after(ledger, told[way], day)
        troubles += book.save()
    troubles += book.save()  # what is solved, also when nothing was told
    if troubles:
        raise NplvError("; ".join(dict.fromkeys(troubles)))
    return Told(tuple({c.key: c for causes in told.values() for c in causes}.values()), tuple(told), file if "bestand" in told else None)


def open_causes(home: Home) -> list[str]:
    """What was told in the file and is not solved yet, a line each with the day on which it was told; nothing when nothing ever was."""
    book = _Book(home.alerts / "told.json")
    if book.damaged:
        return [_DAMAGED]
    return [f"{entry.text} (gemeld op {_day(entry.told)})" for entry in book.ledgers.get("bestand", {}).values() if not entry.solved]


class _Book:
    """What was told, by way: a file that is written when that changed. One that cannot be read is begun anew, so that no cause stays untold."""

    def __init__(self, path: Path) -> None:
        import msgspec

        self._path, self.damaged, self.ledgers = path, False, dict[str, _Ledger]()
        try:
            self._kept = path.read_bytes()
            self.ledgers = msgspec.json.decode(self._kept, type=dict[str, _Ledger])
        except FileNotFoundError:
            self._kept = self._content()
        except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError):
            self.damaged, self._kept = True, b""

    def _content(self) -> bytes:
        import msgspec

        return msgspec.json.format(msgspec.json.encode(self.ledgers)) + b"\n"

    def save(self) -> list[str]:
        """Write it; gives why that failed, which changes nothing of what was delivered."""
        if (content := self._content()) == self._kept:
            return []
        try:
            write_atomically(self._path, content)
        except OSError as error:
            return [f"{self._path} cannot be written ({error.strerror}), so the same will be told again; see to the folder and its free space"]
        self._kept = content
        return []


def _way(channel: Webhook | Mail | None) -> dict[Way, Webhook | Mail | Path]:
    if channel is None:
        return {}
    return {"webhook" if isinstance(channel, Webhook) else "mail": channel}


def _looked_at(ledger: _Ledger, now: Mapping[str, Cause], complete: bool) -> _Ledger:
    """The ledger after a look at what holds now: what is gone is solved, and stays so until it is told again."""
    return {key: replace(entry, solved=True) if complete and key not in now else entry for key, entry in ledger.items()}


def _after(ledger: _Ledger, told: Iterable[Cause], day: date) -> _Ledger:
    """The ledger after a message: it told of these causes, and of all that are solved."""
    return {key: entry for key, entry in ledger.items() if not entry.solved} | {cause.key: _Entry(cause.text, day) for cause in told}


def _paragraphs(new: Sequence[Cause], now: Mapping[str, Cause], ledger: _Ledger) -> list[str]:
    """What a message says: the new causes by kind, and then what became of those that were told before."""
    paragraphs = []
    for kind, heading in _HEADINGS.items():
        if lines := [f"- {_sentence(c.text)} Te doen: {_sentence(c.todo)}" for c in new[:MOST] if c.kind == kind]:
            paragraphs.append("\n".join([f"{heading} ({len(lines)})", *lines]))
    if (more := len(new) - MOST) > 0:
        paragraphs.append(f"En nog {_counted(more, 'punt, dat', 'punten, die')} in het volgende bericht {'staat' if more == 1 else 'staan'}.")
    earlier = {key: entry for key, entry in ledger.items() if not entry.solved}
    listed = {
        "Eerder gemeld en nog niet opgelost": [replace(entry, text=now[key].text) for key, entry in earlier.items() if key in now],
        "Eerder gemeld en nu niet bekeken, omdat de nacht niet is afgemaakt": [entry for key, entry in earlier.items() if key not in now],
        "Opgelost sinds het vorige bericht": [entry for key, entry in ledger.items() if entry.solved and key not in now],
    }
    return [*paragraphs, *(_listed(heading, entries) for heading, entries in listed.items() if entries)]


def _listed(heading: str, entries: Sequence[_Entry]) -> str:
    short = [f"{_cut(entry.text, SHORT).rstrip('.')} (gemeld op {_day(entry.told)})" for entry in entries[:LISTED]]
    more = [f"en nog {len(entries) - LISTED}"] if len(entries) > LISTED else []
    return f"{heading} ({len(entries)}): {'; '.join(short + more)}."


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]}"


def _counted(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _harmless_cause(cause: Cause) -> Cause:
    key = cause.key.encode(errors="backslashreplace").decode()  # it may hold the name of a file, which may hold anything
    return replace(cause, key=key, text=_harmless(cause.text), todo=_harmless(cause.todo))


def _harmless(text: str) -> str:
    """Words that somebody else may have sent as one line of words: nothing in it is markup, a link, or hidden."""
    line = "".join(c for c in one_line(text) if c.isprintable()).strip().translate(_LOOK_ALIKES)
    line = _EDGE_OF_WORD.sub("ˍ", _LINK.sub(" ", line))
    return _cut(f"· {line}" if _BLOCK.match(line) else line, LONGEST)


def _deliver(to: Webhook | Mail | Path, subject: str, message: str) -> None:
    """Bring a message where it goes. Raises _Trouble."""
    match to:
        case Webhook():
            _post(to, message)
        case Mail():
            _mail(to, subject, message)
        case Path():
            _append(to, message)


def _append(file: Path, message: str) -> None:
    try:
        earlier = file.read_bytes() if file.exists() else b""
        text = f"\n---\n\nOm {datetime.now():%H.%M} uur\n\n{message}\n" if earlier else f"{message}\n"
        write_atomically(file, earlier + text.encode())
    except OSError as error:
        raise _Trouble("", f"{file} cannot be written ({_why(error)}); see to the folder and its free space") from None


def _post(webhook: Webhook, message: str) -> None:
    import httpx

    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would write the whole address
    try:
        secured = httpx.URL(webhook.url).scheme == "https"  # else it is for this machine, and passes no proxy
        with (
            httpx.Client(timeout=SECONDS, trust_env=secured, follow_redirects=False, headers={"User-Agent": f"nplv-monitor/{__version__}"}) as client,
            client.stream("POST", webhook.url, json={"text": message}) as answer,
        ):
            status = answer.status_code  # the body is not read
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise _failed("via de webhook", "at the webhook", _why(error)) from None
    if not 200 <= status < 300:
        raise _failed("via de webhook", "at the webhook", f"HTTP {status}")


def _mail(mail: Mail, subject: str, message: str) -> None:
    import smtplib
    import ssl
    from email.message import EmailMessage
    from email.utils import localtime, make_msgid

    letter = EmailMessage()
    letter["Subject"] = subject
    letter["From"] = mail.sender
    letter["To"] = ", ".join(mail.recipients)
    letter["Date"] = localtime()
    letter["Message-ID"] = make_msgid(domain=mail.sender.rpartition("@")[2])
    letter["Auto-Submitted"] = "auto-generated"  # so that nobody's absence answers it
    letter.set_content(f"{message}\n", cte="quoted-printable")
    try:
        if mail.tls == "start":
            server: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, timeout=SECONDS, context=ssl.create_default_context())
        else:
            server = smtplib.SMTP(mail.host, mail.port, timeout=SECONDS)
        try:
            if mail.tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if mail.user:
                server.login(mail.user, mail.password)
            refused = len(server.send_message(letter, mail.sender, mail.recipients))
            with suppress(OSError):  # it was taken: how they part changes nothing
                server.quit()
        finally:
            server.close()
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({code for code, _ in error.recipients.values()})
        raise _failed("per mail", "by mail", f"SMTP {', '.join(map(str, codes))}") from None
    except smtplib.SMTPResponseException as error:
        raise _failed("per mail", "by mail", f"SMTP {error.smtp_code}") from None
    except (OSError, ValueError) as error:
        raise _failed("per mail", "by mail", _why(error)) from None
    if refused:
        count = f"{refused} van de {len(mail.recipients)}"
        raise _Trouble(
            f"De mailserver weigerde {count} ontvangers.",
            f"the mail server refused {refused} of {len(mail.recipients)} recipients of the alert, the others have it; see to NPLV_ALERT",
            arrived=True,
        )


def _failed(via: str, by: str, why: str) -> _Trouble:
    return _Trouble(
        f"De bezorging {via} is mislukt ({_harmless(why)}). De volgende nacht wordt het weer geprobeerd.",
        f"the alert did not arrive {by} ({why}), and goes out again the next night; see to NPLV_ALERT",
    )


def _why(error: BaseException) -> str:
    """The kind of an error, and what the system says of it; never its own text, which may quote an address or an answer."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, OSError) and cause.strerror:
            return f"{type(error).__name__}: {cause.strerror}"
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__
