"""The demo country: an invented one, whose publishers answer inside this process in the formats of the real ones.

Nothing here is read by a run on live data, and nothing outside knows which figures it makes. `publishers` is the door.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from nplv_orchestration.home import Home, write_atomically
from nplv_orchestration.settings import Settings

if TYPE_CHECKING:
    from nplv_orchestration.demo.transport import DemoTransport


def day(settings: Settings, home: Home) -> date:
    """The day that it is there, on the night of the settings."""
    from nplv_orchestration.demo.calendar import START

    return START + timedelta(days=home.demo_night(settings))


def publishers(settings: Settings, home: Home) -> tuple[Settings, Path, DemoTransport]:
    """The demo country of a home on the night of the settings, its deliveries put where people put them.

    Gives the settings with its publishers' addresses, the folder of its reviewed files, and the transport that answers.
    """
    from nplv_orchestration.demo.deliveries import deliver

    settings, transport = answering(settings.model_copy(update={"inbox": home.inbox(settings)}), home)
    night = home.demo_night(settings)
    deliver(transport.figures, night, settings.inbox_folder, home.demo)
    write_atomically(home.demo / "night", str(night).encode())
    return settings, home.demo, transport


def answering(settings: Settings, home: Home) -> tuple[Settings, DemoTransport]:
    """The settings with the addresses of its publishers, and the transport that answers; nothing is written."""
    from nplv_orchestration.demo.country import Country
    from nplv_orchestration.demo.figures import Figures
    from nplv_orchestration.demo.transport import DemoTransport, addressed

    return addressed(settings), DemoTransport(Figures(Country(home.demo_size(settings))), home.demo_night(settings))
