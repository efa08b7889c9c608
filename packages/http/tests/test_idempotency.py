import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import BadRequest, Conflict, NotFound, Request, Response, StatusError, UnprocessableContent
from partita.http.idempotency import MemoryAnswers, idempotency_middleware

Handle = Callable[[Request], Awaitable[Response]]


class Shop:
    """Counts what happened."""

    def __init__(self, status: int = 201) -> None:
        self.orders, self.status = 0, status

    async def order(self, request: Request) -> Response:
        await asyncio.sleep(0)
        self.orders += 1
        return Response.json({"order": self.orders}, status=self.status, headers={"Location": f"/{self.orders}"})


def order(
    key: str | None = '"abc"', body: bytes = b'{"a":1}', path: str = "/orders", headers: dict[str, str] | None = None
) -> Request:
    fields = {"Content-Type": "application/json", **(headers or {})}
    if key is not None:
        fields["Idempotency-Key"] = key
    return Request.build("POST", path, body=body, headers=fields)


def protected(shop: Shop, clock: Callable[[], float] = lambda: 0.0, **options: object) -> Handle:
    return idempotency_middleware(MemoryAnswers(clock=clock), **options)(shop.order)  # type: ignore[arg-type]


def ask(handle: Handle, *requests: Request) -> list[Response]:
    async def live() -> list[Response]:
        return [await handle(request) for request in requests]

    return asyncio.run(live())


def test_a_repeat_gets_the_same_answer_and_nothing_happens_twice() -> None:
    shop = Shop()
    first, second = ask(protected(shop), order(), order())
    assert (first.status, first.body, first.headers["location"]) == (201, b'{"order":1}', "/1")
    assert (second.status, second.body, second.headers["location"]) == (201, b'{"order":1}', "/1")
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert shop.orders == 1


def test_two_at_the_same_time_have_one_effect() -> None:
    shop = Shop()
    handle = protected(shop)

    async def live() -> tuple[object, object]:
        return await asyncio.gather(handle(order()), handle(order()), return_exceptions=True)

    first, second = asyncio.run(live())
    assert isinstance(first, Response)
    assert isinstance(second, Conflict)
    assert ("Retry-After", "1") in second.headers
    assert shop.orders == 1


def test_another_request_under_the_same_key_is_refused() -> None:
    shop = Shop()
    with pytest.raises(UnprocessableContent, match="another request"):
        ask(protected(shop), order(), order(body=b'{"a":2}'))
    assert shop.orders == 1


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer other"}, {"Cookie": "sessionid=other"}])
def test_nobody_gets_the_answer_of_somebody_else(headers: dict[str, str]) -> None:
    shop = Shop()
    ask(protected(shop), order(), order(headers=headers), order(path="/returns"), order(key='"def"'))
    assert shop.orders == 4


@pytest.mark.parametrize("key", ["8e03978e-40d5-43dd-bc93-6894a57f9324", '"8e03978e-40d5-43dd-bc93-6894a57f9324"'])
def test_a_key_may_come_without_quotes(key: str) -> None:
    shop = Shop()
    ask(protected(shop), order(key), order("8e03978e-40d5-43dd-bc93-6894a57f9324"))
    assert shop.orders == 1


@pytest.mark.parametrize("key", ["", '""', "1, 2", ":YQ==:", '"' + "a" * 256 + '"', "a" * 256, "ä", "?1", '"a'])
def test_what_is_no_key_is_refused(key: str) -> None:
    shop = Shop()
    with pytest.raises(BadRequest):
        ask(protected(shop), order(key))
    assert shop.orders == 0


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=40))
def test_any_key_is_taken_or_refused(key: str) -> None:
    try:
        ask(protected(Shop()), order(key))
    except StatusError as error:
        assert error.status == 400  # noqa: PT017 - one of two right outcomes


def test_a_failure_may_be_tried_again() -> None:
    shop = Shop(status=503)
    ask(protected(shop), order(), order())
    assert shop.orders == 2

    async def missing(request: Request) -> Response:
        shop.orders += 1
        raise NotFound()

    handle = idempotency_middleware(MemoryAnswers())(missing)
    for _ in range(2):
        with pytest.raises(NotFound):
            ask(handle, order())
    assert shop.orders == 4


def test_requests_without_a_key_go_through_unless_one_is_required() -> None:
    shop = Shop()
    ask(protected(shop), order(None), order(None))
    assert shop.orders == 2
    with pytest.raises(BadRequest, match="needs an Idempotency-Key"):
        ask(protected(shop, required=True), order(None))
    ask(protected(shop, required=True), Request.build("GET", "/"))
    assert shop.orders == 3


def test_answers_are_forgotten_in_time_and_beyond_a_number() -> None:
    shop, now = Shop(), 0.0
    handle = protected(shop, lambda: now, lifetime=10)
    ask(handle, order())
    now = 11.0
    ask(handle, order())
    assert shop.orders == 2

    store = MemoryAnswers(largest=2)

    async def live() -> list[bool]:
        for key in "abc":
            await store.aclaim(key, b"", 60)
        return [await store.aclaim(key, b"", 60) is None for key in "cba"]

    assert asyncio.run(live()) == [False, False, True]


def test_the_same_key_at_another_host_is_another() -> None:
    shop = Shop()
    answers = ask(protected(shop), *[order(headers={"Host": host}) for host in ("a.test", "b.test", "a.test")])
    assert [each.body for each in answers] == [b'{"order":1}', b'{"order":2}', b'{"order":1}']


def test_kept_answers_take_so_many_bytes_and_the_oldest_are_forgotten() -> None:
    orders: list[bytes] = []

    async def view(request: Request) -> Response:
        orders.append(await request.aread())
        return Response(b"x" * 1000)

    handle = idempotency_middleware(MemoryAnswers(max_bytes=3500, clock=lambda: 0.0))(view)
    ask(handle, *[order(f'"{number}"', b"%d" % number) for number in range(100)])
    assert len(orders) == 100
    ask(handle, order('"99"', b"99"), order('"98"', b"98"), order('"97"', b"97"))
    assert len(orders) == 100
    ask(handle, order('"96"', b"96"))
    assert len(orders) == 101


def test_an_answer_that_is_larger_than_all_that_is_kept_is_given_and_forgotten() -> None:
    async def view(request: Request) -> Response:
        return Response(b"x" * 1000)

    handle = idempotency_middleware(MemoryAnswers(max_bytes=500, clock=lambda: 0.0))(view)
    assert [len(each.body) for each in ask(handle, order(), order()) if isinstance(each.body, bytes)] == [1000, 1000]


def test_many_other_keys_make_none_free_whose_request_is_at_work() -> None:
    shop, store = Shop(), MemoryAnswers(largest=2, clock=lambda: 0.0)

    async def slow(request: Request) -> Response:
        await asyncio.sleep(0.2)
        return await shop.order(request)

    async def live() -> tuple[Response, list[Response]]:
        first = asyncio.create_task(idempotency_middleware(store)(slow)(order()))
        await asyncio.sleep(0)
        others = [await idempotency_middleware(store)(shop.order)(order(f'"{number}"')) for number in range(10)]
        with pytest.raises(Conflict):
            await idempotency_middleware(store)(shop.order)(order())
        return await first, others

    first, others = asyncio.run(live())
    assert (len(others), shop.orders, first.status) == (10, 11, 201)
