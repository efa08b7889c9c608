"""Signals reach who asked to hear them, and nobody else."""

import asyncio
import gc
import pickle
import threading

import pytest

from partita.signals import ReceiverError, Responses, Signal, receiver


class Sender:
    """Something that sends."""


def echo(sender: object, **named: object) -> object:
    return named.get("value")


def test_a_receiver_gets_the_sender_the_signal_and_the_named_arguments() -> None:
    signal, seen = Signal(), []

    def keep(**named: object) -> None:
        seen.append(named)

    signal.connect(keep)
    signal.send("me", value=1)
    assert seen == [{"signal": signal, "sender": "me", "value": 1}]


def test_responses_come_in_the_order_of_connection() -> None:
    signal = Signal()

    def second(**named: object) -> str:
        return "second"

    signal.connect(echo)
    signal.connect(second)
    assert signal.send(None, value="first") == [(echo, "first"), (second, "second")]


def test_a_receiver_of_one_sender_ignores_the_others() -> None:
    signal = Signal()
    mine, other = Sender(), Sender()
    signal.connect(echo, sender=mine)
    assert signal.send(other, value=1) == []
    assert signal.send(mine, value=1) == [(echo, 1)]
    assert signal.has_listeners(mine)
    assert not signal.has_listeners(other)


def test_a_sender_that_is_gone_is_not_confused_with_one_at_the_same_address() -> None:
    signal = Signal()
    for _ in range(50):
        sender = Sender()
        signal.connect(echo, sender=sender)
        assert len(signal.send(sender, value=1)) == 1
        del sender
        assert signal.send(Sender(), value=1) == []


def test_a_receiver_nobody_holds_is_dropped() -> None:
    signal = Signal()

    def forgotten(**named: object) -> None:
        """Do nothing."""

    signal.connect(forgotten)
    assert signal.has_listeners()
    del forgotten
    gc.collect()
    assert not signal.has_listeners()
    assert signal.send(None) == []


def test_a_bound_method_lives_as_long_as_its_object() -> None:
    class Listener:
        def hear(self, **named: object) -> str:
            return "heard"

    signal, listener = Signal(), Listener()
    signal.connect(listener.hear)
    assert [response for _, response in signal.send(None)] == ["heard"]
    assert signal.disconnect(listener.hear)
    signal.connect(listener.hear)
    del listener
    gc.collect()
    assert signal.send(None) == []


def test_a_strong_receiver_stays() -> None:
    signal = Signal()
    signal.connect(lambda **named: "here", weak=False)
    gc.collect()
    assert [response for _, response in signal.send(None)] == ["here"]


def test_a_receiver_connected_twice_is_called_once() -> None:
    signal = Signal()
    signal.connect(echo)
    signal.connect(echo)
    assert len(signal.send(None)) == 1


def test_a_dispatch_uid_stands_for_the_receiver() -> None:
    signal = Signal()
    first, second = (lambda **named: 1), (lambda **named: 2)
    signal.connect(first, dispatch_uid="once")
    signal.connect(second, dispatch_uid="once")
    assert [response for _, response in signal.send(None)] == [1]
    assert signal.disconnect(dispatch_uid="once")
    assert not signal.disconnect(dispatch_uid="once")
    assert signal.send(None) == []


def test_the_decorator_takes_one_signal_or_several() -> None:
    one, two = Signal(), Signal()

    @receiver([one, two], sender="a")
    def both(**named: object) -> str:
        return "both"

    assert one.send("a") == [(both, "both")] == two.send("a")
    assert one.send("b") == []


def test_a_receiver_without_keyword_arguments_is_refused() -> None:
    def narrow(sender: object) -> None:
        """Take too little."""

    with pytest.raises(ReceiverError, match=r"narrow.*\*\*kwargs") as caught:
        Signal().connect(narrow)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    with pytest.raises(TypeError, match="callable"):
        Signal().connect(None)  # type: ignore[arg-type]  # the mistake under test


def test_send_stops_at_the_first_error_and_send_robust_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    signal = Signal()

    def fail(**named: object) -> None:
        raise ValueError("broken")

    signal.connect(fail)
    signal.connect(echo)
    with pytest.raises(ValueError, match="broken"):
        signal.send(None, value=1)
    (_, error), (_, response) = signal.send_robust(None, value=1)
    assert isinstance(error, ValueError)
    assert response == 1
    assert "broken" in caplog.text


async def slow(**named: object) -> str:
    await asyncio.sleep(0.05)
    return "slow"


def test_async_receivers_run_together() -> None:
    signal, meeting = Signal(), asyncio.Barrier(2)

    async def one(**named: object) -> str:
        await meeting.wait()  # each waits for the other: one after the other would never end
        return "one"

    async def other(**named: object) -> str:
        await meeting.wait()
        return "other"

    signal.connect(one)
    signal.connect(other)
    signal.connect(echo)
    responses = asyncio.run(asyncio.wait_for(signal.asend(None, value=1), 10))
    assert responses == [(echo, 1), (one, "one"), (other, "other")]


def test_sync_code_may_send_to_async_receivers_with_and_without_a_running_loop() -> None:
    signal = Signal()
    signal.connect(slow)

    async def inside_a_loop() -> Responses:
        return signal.send(None)

    assert signal.send(None) == [(slow, "slow")]
    assert asyncio.run(inside_a_loop()) == [(slow, "slow")]


def test_the_callers_way_of_waiting_is_used() -> None:
    waited: list[object] = []

    def wait(coroutine: object) -> list[object]:
        waited.append(coroutine)
        return asyncio.run(coroutine)  # type: ignore[arg-type]  # a coroutine, as the signal promises

    signal = Signal(wait=wait)
    signal.connect(slow)
    assert signal.send(None) == [(slow, "slow")]
    assert len(waited) == 1


def test_asend_keeps_sync_receivers_off_the_event_loop() -> None:
    signal, threads = Signal(), []

    def note(**named: object) -> None:
        threads.append(threading.current_thread())

    signal.connect(note)
    asyncio.run(signal.asend(None))
    assert threads != [threading.main_thread()]


def test_asend_robust_hands_on_errors_of_both_kinds() -> None:
    signal = Signal()

    async def afail(**named: object) -> None:
        raise KeyError("async")

    def fail(**named: object) -> None:
        raise ValueError("sync")

    signal.connect(afail)
    signal.connect(fail)
    signal.connect(slow)
    kinds = [type(response) for _, response in asyncio.run(signal.asend_robust(None))]
    assert kinds == [ValueError, KeyError, str]
    kinds = [type(response) for _, response in signal.send_robust(None)]
    assert kinds == [ValueError, KeyError, str]


def test_connecting_while_others_send_loses_nothing() -> None:
    signal, stop = Signal(), threading.Event()
    signal.connect(echo)
    counts: list[int] = []

    def send() -> None:
        while not stop.is_set():
            counts.append(sum(1 for call, _ in signal.send("s", value=1) if call is echo))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(200):
        passing = lambda **named: None  # noqa: E731 -- a new object each time
        signal.connect(passing)
        signal.disconnect(passing)
    stop.set()
    for thread in threads:
        thread.join()
    assert set(counts) == {1}
