import asyncio
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import HeaderSyntaxError, Request, Response
from partita.http.events import Event, last_event_id

PLACE: ContextVar[str] = ContextVar("PLACE", default="none")


def read(text: str) -> list[tuple[str, str, str]]:
    """Take a stream apart as a browser does: type, data and last id of each event."""
    found, kind, data, last = [], "", list[str](), ""
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line:
            if data:
                found.append((kind or "message", "\n".join(data), last))
            kind, data = "", []
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                kind = value
            elif name == "data":
                data.append(value)
            elif name == "id":
                last = value
    return found


def body(response: Response) -> str:
    return asyncio.run(response.aread()).decode()


def test_an_event_has_type_id_retry_and_one_data_line_a_line() -> None:
    event = Event("a\nb\r\nc", event="note", id="7", retry=timedelta(seconds=1.5), comment="hi")
    assert event.encode() == b": hi\nevent: note\nid: 7\nretry: 1500\ndata: a\ndata: b\ndata: c\n\n"


def test_what_is_not_text_goes_as_json() -> None:
    assert Event({"n": [1, None]}).encode() == b'data: {"n":[1,null]}\n\n'


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b", "x\r\ndata: forged"])
def test_a_line_break_in_type_or_id_cannot_forge_a_field(value: str) -> None:
    with pytest.raises(HeaderSyntaxError, match="without line breaks"):
        Event("x", event=value)
    with pytest.raises(HeaderSyntaxError, match="without line breaks"):
        Event("x", id=value)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1))
def test_a_browser_reads_any_text_back(text: str) -> None:
    assert read(Event(text, id="1").encode().decode()) == [("message", text, "1")]


def test_a_response_streams_events_with_fields_that_keep_proxies_from_holding_them_back() -> None:
    async def source() -> AsyncIterator[Event | str]:
        yield "plain"
        yield Event("typed", event="tick", id="9")

    response = Response.events(source(), retry=timedelta(seconds=2))
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-store, no-transform"
    assert response.headers["x-accel-buffering"] == "no"
    text = body(response)
    assert text.startswith("retry: 2000\n\n")
    assert read(text) == [("message", "plain", ""), ("tick", "typed", "9")]


@pytest.mark.parametrize("keep_alive", [None, 15.0])
def test_a_plain_iterator_does_as_well_and_is_closed(keep_alive: float | None) -> None:
    closed = []

    def source() -> Iterator[str]:
        try:
            yield "one"
            yield "two"
        finally:
            closed.append(True)

    assert [data for _, data, _ in read(body(Response.events(source(), keep_alive=keep_alive)))] == ["one", "two"]
    assert closed == [True]


def test_silence_is_filled_with_comments() -> None:
    async def main() -> None:
        go = asyncio.Event()

        async def source() -> AsyncIterator[str]:
            await go.wait()
            yield "late"

        chunks = Response.events(source(), keep_alive=0.001).chunks()
        assert [await anext(chunks) for _ in range(4)] == [b":\n\n"] * 4
        go.set()
        rest = b"".join([chunk async for chunk in chunks])
        assert read(rest.decode()) == [("message", "late", "")]

    asyncio.run(main())


def test_a_client_that_leaves_ends_the_source_in_its_own_task() -> None:
    seen: list[object] = []

    async def main() -> None:
        async def source() -> AsyncIterator[str]:
            PLACE.set("source")
            try:
                async with asyncio.timeout(60):
                    while True:
                        seen.append(PLACE.get())
                        yield "tick"
            finally:
                seen.append("closed")

        chunks = Response.events(source()).chunks()
        for _ in range(3):
            await anext(chunks)
        await chunks.aclose()  # type: ignore[attr-defined]
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())
    assert seen[-1] == "closed"
    assert set(seen[:-1]) == {"source"}


def test_a_source_is_not_asked_for_more_than_the_client_takes() -> None:
    async def main() -> None:
        made: list[int] = []

        async def source() -> AsyncIterator[str]:
            for number in range(1000):
                made.append(number)
                yield str(number)

        chunks = Response.events(source()).chunks()
        await anext(chunks)
        await anext(chunks)
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(made) <= 4
        await chunks.aclose()  # type: ignore[attr-defined]

    asyncio.run(main())


@pytest.mark.parametrize("keep_alive", [None, 15.0])
def test_an_error_in_the_source_is_seen_after_what_came_before_it(keep_alive: float | None) -> None:
    async def main() -> None:
        async def source() -> AsyncIterator[str]:
            yield "one"
            await asyncio.sleep(0.001)
            raise KeyError("two")

        seen = b""
        with pytest.raises(KeyError, match="two"):
            async for chunk in Response.events(source(), keep_alive=keep_alive).chunks():
                seen += chunk
        assert read(seen.decode()) == [("message", "one", "")]

    asyncio.run(main())


def test_replay_begins_after_the_id_that_the_browser_sends() -> None:
    log = [Event(f"event {number}", id=str(number)) for number in range(5)]

    def view(request: Request) -> Response:
        last = last_event_id(request)
        return Response.events(log[int(last) + 1 :] if last else log)

    assert [data for _, data, _ in read(body(view(Request.build())))] == [f"event {n}" for n in range(5)]
    again = Request.build(headers={"Last-Event-ID": "2"})
    assert [data for _, data, _ in read(body(view(again)))] == ["event 3", "event 4"]
    raw = "ü".encode().decode("latin-1")
    assert last_event_id(Request.build(headers={"Last-Event-ID": raw})) == "ü"
