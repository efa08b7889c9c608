import asyncio
import heapq

import pytest

from partita.http import Request, Response, StatusError
from partita.http.conditions import for_paths, unless
from partita.http.handlers import compose
from partita.http.overload import AdaptiveLimit, overload_layer

WORKERS, SERVICE = 4, 0.010
"""A machine that does four things at once, each in ten milliseconds: 400 requests a second."""


def simulate(rate: float, seconds: float, limited: bool) -> tuple[list[float], int, AdaptiveLimit]:
    """Let requests arrive at a fixed rate; return the times of those that were answered, and the number of those refused."""
    now = 0.0
    limit = AdaptiveLimit(clock=lambda: now)
    free = [0.0] * WORKERS
    running: list[tuple[float, float]] = []
    taken: list[float] = []
    refused = 0
    for number in range(int(rate * seconds)):
        arrival = number / rate
        while running and running[0][0] <= arrival:
            now, began = heapq.heappop(running)
            limit.end(began)
        now = arrival
        began_at = limit.begin() if limited else now
        if began_at is None:
            refused += 1
            continue
        begins = max(now, heapq.heappop(free))
        heapq.heappush(free, begins + SERVICE)
        taken.append(begins + SERVICE - now)
        if limited:
            heapq.heappush(running, (begins + SERVICE, began_at))
    return taken, refused, limit


def percentile(times: list[float], share: float) -> float:
    return sorted(times)[int(len(times) * share)]


def test_under_overload_the_time_of_accepted_requests_is_bounded_and_the_rest_refused() -> None:
    taken, refused, limit = simulate(rate=800, seconds=30, limited=True)
    settled = taken[len(taken) // 10 :]
    assert percentile(settled, 0.99) <= 5 * SERVICE
    assert refused >= 0.45 * 800 * 30
    assert len(taken) >= 0.9 * 400 * 30  # what the machine can do, it does
    assert 4 <= limit.limit <= 20
    everybody, _, _ = simulate(rate=800, seconds=30, limited=False)
    assert percentile(everybody, 0.99) > 1000 * SERVICE  # without a limit all of them wait, ever longer


def test_without_overload_nobody_is_refused() -> None:
    taken, refused, _ = simulate(rate=300, seconds=30, limited=True)
    assert refused == 0
    assert max(taken) <= 2 * SERVICE


def test_a_quick_machine_gets_a_higher_limit() -> None:
    now = 0.0
    limit = AdaptiveLimit(initial=4, clock=lambda: now)
    for _ in range(2000):
        began = [limit.begin() for _ in range(limit.limit)]
        assert limit.begin() is None
        now += 0.01
        for each in began:
            assert each is not None
            limit.end(each)
    assert limit.limit > 50
    assert limit.at_work == 0


@pytest.mark.parametrize("options", [{"least": 0}, {"initial": 2}, {"initial": 2000}, {"tolerance": 1.0}])
def test_numbers_that_do_not_fit_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="it takes"):
        AdaptiveLimit(**options)  # type: ignore[arg-type]


def test_those_beyond_the_limit_get_503_and_may_come_again() -> None:
    limit = AdaptiveLimit(initial=1, least=1)
    release = asyncio.Event()

    async def view(request: Request) -> Response:
        if request.path == "/fails":
            raise KeyError
        await release.wait()
        return Response.text("done")

    handle = compose(view, [overload_layer(limit, retry_after=7, when=unless(for_paths("/free")))])

    async def live() -> None:
        first = asyncio.create_task(handle(Request.build()))
        await asyncio.sleep(0)
        with pytest.raises(StatusError) as caught:
            await handle(Request.build())
        assert (caught.value.status, caught.value.headers) == (503, (("Retry-After", "7"),))
        free = asyncio.create_task(handle(Request.build("GET", "/free")))
        await asyncio.sleep(0)
        release.set()
        assert [(await each).body for each in (first, free)] == [b"done", b"done"]
        with pytest.raises(KeyError):
            await handle(Request.build("GET", "/fails"))
        assert limit.at_work == 0

    asyncio.run(live())
