"""A wrong setting is one line that names the variable."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from nplv_orchestration.errors import WrongCall
from nplv_orchestration.settings import Mail, Settings, Webhook, load_settings


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("NPLV_SOURCES", "lief", "NPLV_SOURCES: Input should be 'demo' or 'live'"),
        ("NPLV_CBS_URL", "datasets.cbs.nl", "NPLV_CBS_URL: Input should be a valid URL"),
        ("NPLV_DATADERDEN_URL", "ftp://dataderden.cbs.nl", "NPLV_DATADERDEN_URL: URL scheme should be 'http' or 'https'"),
        ("NPLV_LEEFBAAROMETER_URL", "https://name:word@mirror.example", "an address is published beside the figures"),
        ("NPLV_CBS_URL", "https://mirror.example/?key=word", "an address is published beside the figures"),
        ("NPLV_WAREHOUSE", "mysql:host", "NPLV_WAREHOUSE: 'mysql:' is not supported"),
        ("NPLV_WAREHOUSE", "other.duckdb", "NPLV_WAREHOUSE: the file must be named nplv.duckdb"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongCall) as refused:
        load_settings()
    assert line in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.exit_status == 2


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPLV_SOURCES", "")
    monkeypatch.setenv("NPLV_HOME", "")
    settings = load_settings()
    assert settings.sources is None
    assert settings.home == Path("data")
    assert settings.inbox_folder == Path("data/inbox").absolute()


def test_a_key_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPLV_EPONLINE_API_KEY", "hush")
    assert "hush" not in repr(load_settings())
    assert "hush" not in str(load_settings().model_dump())


def test_a_misspelt_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPLV_CBS_UR", "https://mirror.example")
    with pytest.raises(WrongCall, match=r"^unknown setting NPLV_CBS_UR; did you mean NPLV_CBS_URL\?$"):
        load_settings()


SENDER = "?from=monitor@example.org"


@pytest.mark.parametrize(
    ("value", "channel"),
    [
        ("https://hooks.example/a/b?sig=c%2Fd", Webhook("https://hooks.example/a/b?sig=c%2Fd")),
        (" HTTPS://hooks.example/a\n", Webhook("HTTPS://hooks.example/a")),
        ("http://localhost:8065/hooks/a", Webhook("http://localhost:8065/hooks/a")),
        ("http://[::1]/a", Webhook("http://[::1]/a")),
        (f"smtps://post.example/a@b.nl{SENDER}", Mail("post.example", 465, "start", "monitor@example.org", ("a@b.nl",))),
        (
            f"smtp://me%40b.nl:h%3Aus%2Fh@post.example/a@b.nl,c+d@e.nl{SENDER}",
            Mail("post.example", 587, "starttls", "monitor@example.org", ("a@b.nl", "c+d@e.nl"), "me@b.nl", "h:us/h"),
        ),
        ("smtp://127.0.0.1:25/a@b.nl?from=m+n@e.nl", Mail("127.0.0.1", 25, "none", "m+n@e.nl", ("a@b.nl",))),
        (f"smtps://127.0.0.1/a@b.nl{SENDER}", Mail("127.0.0.1", 465, "start", "monitor@example.org", ("a@b.nl",))),
    ],
)
def test_alerts_go_to_a_webhook_or_by_mail(monkeypatch: pytest.MonkeyPatch, value: str, channel: Webhook | Mail) -> None:
    monkeypatch.setenv("NPLV_ALERT", value)
    settings = load_settings()
    assert settings.alert_channel == channel
    assert (settings.of_live_data, settings.of_demo_data) == ([], [])  # it is for both


def test_alerts_go_to_a_file_when_nothing_is_set() -> None:
    assert load_settings().alert_channel is None


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("hush", "expected https://"),
        ("/srv/hush", "expected https://"),
        ("https:///hush", "expected https://"),
        ("https://[hush/", "expected https://"),
        ("https://hush\u2100.example/", "expected https://"),
        ("https://user:hush/word@hooks.example/", "expected https://"),
        ("https://hooks.example/hush hush", "expected https://"),
        ("https://hooks.example/hush\u202e", "expected https://"),
        (f"smtps://me:hu#sh@post.example/a@b.nl{SENDER}", "expected https://"),
        ("http://hooks.example/hush", "http:// is for a webhook on this machine only; use https://"),
        ("http://localhost.example/hush", "http:// is for a webhook on this machine only"),
        ("ftp://hooks.example/hush", "the address starts with https://"),
        (f"smtps://me:hush@post.example/{SENDER}", "after the mail server come the recipients"),
        (f"smtps://me:hush@post.example/a@b.nl,{SENDER}", "after the mail server come the recipients"),
        (f"smtps://me:hush@post.example/a@b.nl%0d%0aBcc:c@d.nl{SENDER}", "after the mail server come the recipients"),
        ("smtps://me:hush@post.example/a@b.nl", "mail has one sender"),
        ("smtps://me:hush@post.example/a@b.nl?form=c@d.nl", "mail has one sender"),
        ("smtps://me:hush@post.example/a@b.nl?from=c@d.nl&from=e@f.nl", "mail has one sender"),
        ("smtps://me:hush@post.example/a@b.nl?from=c@d.nl%0aBcc:e@f.nl", "mail has one sender"),
        (f"smtps://hush@post.example/a@b.nl{SENDER}", "a mail server has a user and a password"),
        (f"smtps://:hush@post.example/a@b.nl{SENDER}", "a mail server has a user and a password"),
        (f"smtps://me:hush%C3%A9@post.example/a@b.nl{SENDER}", "a mail server has a user and a password, both in plain ASCII"),
        (f"smtps://me:hush%00@post.example/a@b.nl{SENDER}", "a mail server has a user and a password"),
    ],
)
def test_a_wrong_place_for_alerts_is_refused_and_never_shown(monkeypatch: pytest.MonkeyPatch, value: str, line: str) -> None:
    monkeypatch.setenv("NPLV_ALERT", value)
    with pytest.raises(WrongCall) as refused:
        load_settings()
    assert str(refused.value).startswith(f"wrong setting: NPLV_ALERT: Value error, {line}")
    assert "hush" not in str(refused.value)
    with pytest.raises(ValidationError) as invalid:
        Settings()
    assert "hush" not in str(invalid.value)


def test_a_place_for_alerts_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("https://hooks.example/hush", f"smtps://me:hush@post.example/a@b.nl{SENDER}"):
        monkeypatch.setenv("NPLV_ALERT", value)
        settings = load_settings()
        assert "hush" not in f"{settings!r} {settings.alert} {settings.model_dump()} {settings.alert_channel!r}"
