"""An application without time zones: what it stores, reads, shows and takes is what clocks in its zone show."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from partita.auth import authenticate, login
from partita.auth.models import User
from partita.contracts.templates import TEMPLATES
from partita.forms.fields import DateTimeField
from partita.http import Request, Response
from partita.orm import DATABASES
from partita.testing import Client, application
from partita.text import timezone
from partita.text.formats import local_now
from partita.urls import path

CHICAGO = ZoneInfo("America/Chicago")


def _come_in(request: Request) -> Response:
    user = authenticate(request, email="ada@example.com", password="correct horse staple")
    assert user is not None
    login(request, user)
    return Response.text("welcome")


@pytest.fixture
def app() -> Iterator[Any]:
    """An application in Chicago whose moments have no zone."""
    with application(
        apps=["partita.auth", "partita.sessions", "partita.templates", "partita.security"],
        urls=[path("in/", _come_in)],
        use_tz=False,
        time_zone="America/Chicago",
        databases={"default": "sqlite://:memory:"},
        auth={"argon2_time_cost": 1, "argon2_memory_cost": 64},
    ) as made:
        database = made.require(DATABASES)["default"]
        database.create_all(User)
        yield made
        database.close()


def is_now(moment: datetime | None) -> bool:
    """Whether it is what clocks in Chicago show, naive."""
    assert moment is not None
    there = datetime.now(UTC).astimezone(CHICAGO).replace(tzinfo=None)
    return moment.tzinfo is None and abs(moment - there) < timedelta(minutes=5)


def test_the_present_is_naive(app: Any) -> None:
    assert is_now(timezone.now())
    assert is_now(local_now(datetime(2026, 1, 1)))  # noqa: DTZ001 - naive, which is the subject


def test_users_are_made_and_log_in(app: Any) -> None:
    user = User.objects.create_user("ada@example.com", "correct horse staple")
    assert is_now(user.date_joined)
    assert is_now(User.objects.get().date_joined)
    assert Client(app).get("/in/").text == "welcome"
    assert is_now(User.objects.get().last_login)


def test_forms_give_naive_moments(app: Any) -> None:
    field = DateTimeField()
    written = datetime(2026, 7, 1, 12, 30)  # noqa: DTZ001 - naive, which is the subject
    assert field.clean("2026-07-01T12:30") == written
    assert field.clean("2026-07-01T17:30Z") == written  # which a database could not store
    assert field.prepare_value(written) == written


def test_templates_show_what_is_stored(app: Any) -> None:
    templates = app.require(TEMPLATES)
    moment = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
    shown = "{{ aware|date:'H:i' }} {{ naive|date:'H:i O' }} {{ soon|timeuntil }}"
    soon = timezone.now() + timedelta(hours=2, minutes=1)
    context = {"aware": moment, "naive": moment.replace(tzinfo=None), "soon": soon}
    assert templates.from_string(shown).render(context).replace("\xa0", " ") == "12:30 12:30 -0500 2 hours"
    now = templates.from_string("{% now 'Y-m-d H' %}").render({})
    assert now in {f"{timezone.now() - timedelta(seconds=back):%Y-%m-%d %H}" for back in (0, 60)}
