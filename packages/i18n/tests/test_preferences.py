"""Language and zone of each user, also where clocks change."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from partita.http import Request, Response
from partita.i18n import Preferences, Translations, get_language, gettext, locale_middleware, preferences_middleware
from partita.templates import Engine
from partita.text import localize
from partita.text.formats import current_zone

NIGHT = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # half an hour before clocks in Berlin go back


async def view(request: Request) -> Response:
    await asyncio.sleep(0)
    shown = (
        Engine()
        .from_string("{{ night|date:'H:i T' }}")
        .render({"night": NIGHT + timedelta(hours=int(request.path[1:] or 0))})
    )
    return Response.text(f"{gettext('Cart')} {shown} {localize(1.5)}")


def text_of(response: Response) -> str:
    return asyncio.run(response.aread()).decode()


def served(
    locale_dir: Path, wishes: Callable[[Request], Any], request: Request | None = None, **options: bool
) -> Response:
    translations = Translations([locale_dir], ["de"])
    inner = preferences_middleware(translations, wishes, **options)(view)
    response: Response = asyncio.run(locale_middleware(translations)(inner)(request or Request.build()))
    assert get_language() is None
    assert current_zone() is None
    return response


def test_the_profile_decides_over_cookie_and_header_and_an_async_one_is_awaited(locale_dir: Path) -> None:
    async def profile(request: Request) -> Preferences:
        await asyncio.sleep(0)
        return Preferences("de", "Europe/Berlin")

    response = served(locale_dir, profile, Request.build(headers={"accept-language": "en"}))
    assert text_of(response) == "Warenkorb 02:30 CEST 1,5"
    assert response.headers["content-language"] == "de"


@pytest.mark.parametrize(
    ("hours", "shown"),
    [(0, "02:30 CEST"), (1, "02:30 CET"), (2, "03:30 CET")],
)
def test_each_hour_is_shown_with_the_offset_it_had(locale_dir: Path, hours: int, shown: str) -> None:
    request = Request.build("GET", f"/{hours}")
    assert shown in text_of(served(locale_dir, lambda request: Preferences(zone="Europe/Berlin"), request))


@pytest.mark.parametrize(
    ("wishes", "text"),
    [
        (None, "Cart 00:30 UTC 1.5"),
        (Preferences(), "Cart 00:30 UTC 1.5"),
        (Preferences("", ""), "Cart 00:30 UTC 1.5"),
        (Preferences("de-AT"), "Warenkorb 00:30 UTC 1,5"),
        (Preferences("tlh", "Mars/Base"), "Cart 00:30 UTC 1.5"),
        (Preferences("\x00" * 100, "../../etc/passwd"), "Cart 00:30 UTC 1.5"),
        (Preferences(zone=UTC), "Cart 00:30 UTC 1.5"),
    ],
)
def test_what_is_not_set_or_does_not_exist_changes_nothing(
    locale_dir: Path, wishes: Preferences | None, text: str
) -> None:
    assert text_of(served(locale_dir, lambda request: wishes)) == text


def test_where_the_path_decides_the_zone_alone_counts(locale_dir: Path) -> None:
    response = served(locale_dir, lambda request: Preferences("de", "Asia/Tokyo"), languages=False)
    assert text_of(response) == "Cart 09:30 JST 1.5"
    assert response.headers["content-language"] == "en"


def test_two_users_at_once_do_not_see_each_others_wishes(locale_dir: Path) -> None:
    translations = Translations([locale_dir], ["de"])
    wishes = {"/0": Preferences("de", "Europe/Berlin"), "/1": Preferences("en", "Asia/Tokyo")}

    def profile(request: Request) -> Preferences:
        return wishes[request.path]

    handler = preferences_middleware(translations, profile)(view)

    async def main() -> list[Response]:
        return await asyncio.gather(*[handler(Request.build("GET", path)) for path in ("/0", "/1") * 20])

    texts = [text_of(response) for response in asyncio.run(main())]
    assert texts == ["Warenkorb 02:30 CEST 1,5", "Cart 10:30 JST 1.5"] * 20
