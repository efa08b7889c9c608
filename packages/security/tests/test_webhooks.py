import asyncio
import base64
import socket
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http.headers import Headers
from partita.http.request import Request
from partita.security.errors import DestinationRefused, FetchFailed, PolicyError
from partita.security.outgoing import Fetched, OutgoingGuard
from partita.security.webhooks import (
    Delivery,
    SeenInMemory,
    WebhookMessage,
    WebhookReceiver,
    WebhookRefused,
    WebhookSender,
    new_secret,
    sign_webhook,
)

# The vector of the reference implementations.
SECRET, ID, STAMP = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY, SIGNATURE = b'{"test": 2432232314}', "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
FIELDS = {"webhook-id": ID, "webhook-timestamp": str(STAMP), "webhook-signature": SIGNATURE}
OTHER = new_secret()


def receiver(*secrets: str, now: float = STAMP, **more: Any) -> WebhookReceiver:
    return WebhookReceiver(secrets or SECRET, clock=lambda: now, **more)


def test_the_vector_of_the_standard() -> None:
    assert sign_webhook(SECRET, ID, STAMP, BODY) == SIGNATURE
    assert sign_webhook(SECRET.removeprefix("whsec_"), ID, STAMP, BODY) == SIGNATURE
    message = receiver().verify(FIELDS, BODY)
    assert message == WebhookMessage(ID, STAMP, BODY)
    assert message.json() == {"test": 2432232314}


def test_a_request_is_received() -> None:
    request = Request.build("POST", "/hook", headers={**FIELDS, "Content-Type": "application/json"}, body=BODY)
    assert asyncio.run(receiver().receive(request)).id == ID


@pytest.mark.parametrize(
    ("fields", "body", "says"),
    [
        ({}, BODY + b" ", "does not match"),
        ({"webhook-id": "msg_other"}, BODY, "does not match"),
        ({"webhook-timestamp": str(STAMP + 1)}, BODY, "does not match"),
        ({"webhook-signature": SIGNATURE.replace("v1,", "v1a,")}, BODY, "does not match"),
        ({"webhook-signature": SIGNATURE.removeprefix("v1,")}, BODY, "does not match"),
        ({"webhook-signature": SIGNATURE[:-1]}, BODY, "does not match"),
        ({"webhook-signature": "v1,\udcff"}, BODY, "does not match"),
        ({"webhook-signature": " ".join(["v1,x"] * 40 + [SIGNATURE])}, BODY, "does not match"),
        ({"webhook-id": ""}, BODY, "has the fields"),
        ({"webhook-signature": ""}, BODY, "has the fields"),
        ({"webhook-timestamp": "soon"}, BODY, "malformed"),
        ({"webhook-timestamp": "١٦١٤٢٦٥٣٣٠"}, BODY, "malformed"),
        ({"webhook-timestamp": "-1"}, BODY, "malformed"),
        ({"webhook-timestamp": "9" * 5000}, BODY, "malformed"),
        ({"webhook-id": "a.1"}, BODY, "malformed"),
        ({"webhook-id": "a" * 300}, BODY, "malformed"),
    ],
)
def test_what_is_not_what_it_says_is_refused(fields: dict[str, str], body: bytes, says: str) -> None:
    with pytest.raises(WebhookRefused, match=says) as refused:
        receiver().verify({**FIELDS, **fields}, body)
    assert refused.value.status == 400


@pytest.mark.parametrize("seconds", [301, -301])
def test_an_old_one_and_one_from_the_future_are_refused(seconds: int) -> None:
    receiver(now=STAMP + seconds - (1 if seconds > 0 else -1)).verify(FIELDS, BODY)
    with pytest.raises(WebhookRefused, match="too old"):
        receiver(now=STAMP + seconds).verify(FIELDS, BODY)


def test_a_message_is_taken_once_and_of_many_at_once_only_one() -> None:
    async def main() -> int:
        gate = receiver()
        results = await asyncio.gather(*[gate.take(FIELDS, BODY) for _ in range(20)], return_exceptions=True)
        assert all(isinstance(each, WebhookMessage | WebhookRefused) for each in results)
        return sum(isinstance(each, WebhookMessage) for each in results)

    assert asyncio.run(main()) == 1


def test_no_replay_gets_in_before_its_timestamp_is_too_old() -> None:
    now = [float(STAMP - 299)]  # our clock is behind
    gate = WebhookReceiver(SECRET, SeenInMemory(clock=lambda: now[0]), clock=lambda: now[0])
    asyncio.run(gate.take(FIELDS, BODY))
    for second in range(STAMP - 298, STAMP + 400, 7):
        now[0] = second
        with pytest.raises(WebhookRefused):
            asyncio.run(gate.take(FIELDS, BODY))


def test_the_memory_forgets_in_time_and_is_bounded() -> None:
    now = [0.0]
    seen = SeenInMemory(capacity=2, clock=lambda: now[0])

    async def add(*ids: str) -> list[bool]:
        return [await seen.add(id, 10) for id in ids]

    assert asyncio.run(add("a", "a", "b", "c")) == [True, False, True, False]
    now[0] = 10.0
    assert asyncio.run(add("a", "c", "b")) == [True, True, False]


def test_secrets_change_without_a_gap() -> None:
    both = f"{sign_webhook(OTHER, ID, STAMP, BODY)} {SIGNATURE}"
    fields = {**FIELDS, "webhook-signature": both}
    assert receiver(SECRET).verify(fields, BODY) == receiver(OTHER).verify(fields, BODY)
    assert receiver(OTHER, SECRET).verify(FIELDS, BODY).id == ID


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_!!!", "whsec_" + base64.b64encode(b"x" * 23).decode(), "whsec_é", "plain words"]
)
def test_what_is_no_secret_is_refused_without_showing_it(secret: str) -> None:
    with pytest.raises(PolicyError, match="24 to 64 bytes") as refused:
        WebhookReceiver(secret)
    assert not secret or secret not in str(refused.value).replace("whsec_ and", "")
    with pytest.raises(PolicyError, match="at least one"):
        WebhookReceiver([])


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), st.text(max_size=40)), st.binary(max_size=40))
def test_nothing_but_a_refusal_escapes(fields: dict[str, str], body: bytes) -> None:
    with pytest.raises(WebhookRefused):
        receiver().verify(fields, body)


# -- sending


class Receiving:
    """An address that answers what it is told, and remembers what came."""

    def __init__(self, *answers: int | Exception) -> None:
        self.answers, self.came, self.slept = list(answers), list[dict[str, Any]](), list[float]()

    async def fetch(self, url: str, guard: object = None, **given: Any) -> Fetched:
        self.came.append(given)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Fetched(url, answer, (), b"")

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def send(self, data: object, clock: Callable[[], float], *secrets: str, id: str = "") -> Delivery:
        sender = WebhookSender(secrets or SECRET, waits=(5, 30), fetch=self.fetch, sleep=self.sleep, clock=clock)
        return asyncio.run(sender.send("https://hooks.test/in", data, id=id))


def test_what_is_sent_is_what_is_received() -> None:
    there = Receiving(204)
    delivery = there.send({"type": "order.paid", "data": {"id": 7}}, lambda: STAMP)
    assert (delivery.delivered, delivery.attempts, delivery.status) == (True, 1, 204)
    sent = there.came[0]
    assert (sent["method"], sent["max_redirects"]) == ("POST", 0)
    message = receiver().verify(Headers(list(sent["headers"].items())), sent["body"])
    assert message.json() == {"type": "order.paid", "data": {"id": 7}}
    assert message.id == delivery.id


def test_it_is_sent_again_with_the_same_id_and_a_new_signature() -> None:
    there = Receiving(FetchFailed("https://hooks.test/in", "TimeoutError"), 503, 200)
    now = iter([STAMP, STAMP + 400, STAMP + 800])
    delivery = there.send(b"{}", lambda: next(now), id="msg_1")
    assert delivery == Delivery("msg_1", True, 3, 200)
    assert [4 <= there.slept[0] <= 6, 24 <= there.slept[1] <= 36] == [True, True]
    for number, sent in enumerate(there.came):
        receiver(now=STAMP + 400 * number).verify(sent["headers"], sent["body"])
    assert {sent["headers"]["webhook-id"] for sent in there.came} == {"msg_1"}


def test_it_gives_up_in_the_end_and_at_once_where_nobody_wants_it() -> None:
    assert Receiving(500, 302, 404).send(b"", lambda: STAMP, id="a") == Delivery("a", False, 3, 404)
    assert Receiving(410).send(b"", lambda: STAMP, id="a") == Delivery("a", False, 1, 410, gone=True)


def test_each_secret_signs() -> None:
    there = Receiving(200)
    there.send(b"{}", lambda: STAMP, OTHER, SECRET)
    fields, body = there.came[0]["headers"], there.came[0]["body"]
    assert receiver(SECRET).verify(fields, body) == receiver(OTHER).verify(fields, body)


def test_the_inside_of_our_network_gets_none() -> None:
    async def main() -> None:
        with pytest.raises(DestinationRefused):
            await WebhookSender(SECRET).send("http://169.254.169.254/latest", {})

    asyncio.run(main())


def test_a_name_server_that_is_away_for_a_while_is_no_refusal() -> None:
    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        if len(asked) < 3:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return ["169.254.169.254"]

    asked: list[str] = []
    there = Receiving()
    sender = WebhookSender(SECRET, OutgoingGuard(resolve=resolve), waits=(5, 30), sleep=there.sleep)
    with pytest.raises(DestinationRefused):  # once it answers, what it says is checked
        asyncio.run(sender.send("https://hooks.test/in", {}))
    assert (len(asked), len(there.slept)) == (3, 2)


@pytest.mark.parametrize("id", ["a.b", "a b", "ä", "x" * 257, "a\n"])
def test_an_id_that_reads_as_another_is_refused(id: str) -> None:
    with pytest.raises(PolicyError, match="webhook-id"):
        sign_webhook(SECRET, id, STAMP, BODY)
    with pytest.raises(PolicyError, match="webhook-id"):
        Receiving().send(b"", lambda: STAMP, id=id)
