"""Events with replay."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from partita.http import Request, Response
from partita.http.event_log import EventLog
from partita.http.events import Event, last_event_id


def test_a_client_that_comes_back_gets_what_it_missed_and_then_what_comes() -> None:
    async def main() -> None:
        log = EventLog()
        for text in "abc":
            log.publish(text)
        seen: list[str] = []

        async def follow() -> None:
            request = Request.build(headers={"Last-Event-ID": "1"})
            async for event in log.follow(last_event_id(request)):
                seen.append(f"{event.id}{event.data}")
                if len(seen) == 3:
                    return

        task = asyncio.create_task(follow())
        await asyncio.sleep(0)
        log.publish(Event("d", event="note"))
        await task
        assert seen == ["2b", "3c", "4d"]
        await asyncio.sleep(0)

    asyncio.run(main())


def test_a_client_that_is_too_slow_is_cut_off_and_others_are_not() -> None:
    async def main() -> None:
        log = EventLog(backlog=2)
        slow = log.follow()
        waiting = asyncio.ensure_future(anext(slow))
        await asyncio.sleep(0)
        assert log.followers == 1
        for number in range(5):
            log.publish(str(number))
        assert log.followers == 0
        found = [await waiting, *[event async for event in slow]]
        assert [event.data for event in found] == ["0", "1"]

    asyncio.run(main())


def test_only_so_many_events_are_kept() -> None:
    log = EventLog(size=3)
    for number in range(10):
        log.publish(str(number))
    assert [event.data for event in log.since("0")] == ["7", "8", "9"]
    assert [event.data for event in log.since("9")] == ["9"]
    assert log.since(None) == log.since("11") == []


@given(st.text())
def test_whatever_a_client_says_it_saw_is_taken(last: str) -> None:
    log = EventLog()
    log.publish("a")
    assert len(log.since(last)) <= 1


def test_the_stream_carries_ids() -> None:
    async def main() -> bytes:
        log = EventLog()
        log.publish("a")

        async def first() -> object:
            async for event in log.follow("0"):
                yield event
                return

        return await Response.events(first(), keep_alive=None).aread()  # type: ignore[arg-type]

    assert b"id: 1\ndata: a\n\n" in asyncio.run(main())
