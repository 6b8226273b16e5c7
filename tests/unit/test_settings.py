"""A wrong setting is one line that names the variable."""

from pathlib import Path

import pytest

from nplv_orchestration.errors import WrongCall
from nplv_orchestration.settings import load_settings


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
