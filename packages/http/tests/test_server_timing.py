import asyncio
from itertools import count

import pytest

from partita.http import Request, Response
from partita.http.server_timing import TIMINGS, Timings, measure, server_timing
from partita.http.structured import parse_list


async def view(request: Request) -> Response:
    with measure(request, "db", "two queries"):
        pass
    with measure(request, "template"):
        pass
    if TIMINGS in request.state:
        request[TIMINGS].add("db", 0.5)
    return Response.text("")


def ask(*, developer: bool) -> Response:
    ticks = map(float, count())
    handle = server_timing(lambda request: developer, clock=lambda: next(ticks))(view)
    return asyncio.run(handle(Request.build()))


def test_developers_see_what_an_answer_spent_its_time_on() -> None:
    assert ask(developer=True).headers["server-timing"] == (
        'db;dur=1500.0;desc="two queries", template;dur=1000.0, total;dur=5000.0'
    )


def test_nobody_else_does() -> None:
    assert "server-timing" not in ask(developer=False).headers


def test_names_that_would_break_the_field_are_refused() -> None:
    with pytest.raises(ValueError, match="no name of a time"):
        Timings().add("a b", 1)


def test_the_number_of_names_is_bounded() -> None:
    timings = Timings()
    for number in range(1000):
        timings.add(f"n{number}", 0.001)
    assert len(parse_list(str(timings))) == 50


def test_an_answer_does_not_fail_for_a_description_that_cannot_be_sent() -> None:
    async def view(request: Request) -> Response:
        with measure(request, "template", 'caf\u00e9 "a"\r\nX: y.html'):
            return Response.text("")

    response = asyncio.run(server_timing(lambda request: True, clock=lambda: 1.0)(view)(Request.build()))
    (member, _) = parse_list(response.headers["server-timing"])
    assert member.parameters["desc"] == 'caf? "a"??X: y.html'
