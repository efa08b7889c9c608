import asyncio
import io
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http.request import Request
from partita.http.response import Response
from partita.security.filtering import MASK, Filtering, ParameterFilter, parameters_middleware


def logged(message: str, *args: object, extra: dict[str, object] | None = None, error: bool = False) -> str:
    """What comes out of a handler with the filter."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(ParameterFilter())
    log = logging.Logger("test")
    log.addHandler(handler)
    try:
        if error:
            raise ValueError("connect(password='hunter2') failed")
    except ValueError:
        log.exception(message, *args)
        return stream.getvalue()
    log.info(message, *args, extra=extra)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("message", "args"),
    [
        ("fields %s", ({"name": "Anna", "password": "hunter2"},)),
        ("fields %s", ({"user": {"PASSWORD": ["hunter2", "hunter2"]}},)),
        ("%(password)s password=%(password)s", ({"password": "hunter2"},)),
        ("GET /reset?access_token=hunter2&page=2", ()),
        ("body %s", (json.dumps({"api_key": "hunter2", "b": 1}),)),
        ("body %s", (json.dumps({"user[password]": 'a"hunter2'}),)),
        ("headers {'Authorization': 'Bearer hunter2'}", ()),
        ("Authorization: Bearer hunter2", ()),
        ("token: hunter2, page: 3", ()),
        ("tokens=%s", (["hunter2", "b"],)),
        ("password=hunter2 %d", ("not a number",)),
    ],
)
def test_a_password_shows_as_filtered(message: str, args: tuple[object, ...]) -> None:
    text = logged(message, *args)
    if message.startswith("%("):
        text = text.partition(" ")[2]  # whoever logs a bare value without its name cannot be helped
    assert MASK in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    "text",
    [
        "{'password': b'hunter2'}",
        "password=Secret('hunter2')",
        "password=dict(a='b', c='hunter2')",
        "password='''hunter2'''",
        "{'password': ('hunter2',)}",
        "{'password': ['a]b', 'hunter2']}",
        "{'password': {'a': {'b': 1}, 'c': 'hunter2'}}",
        "[(b'accept', b'a'), (b'cookie', b'sid=hunter2; remember=hunter2')]",
        "['mysql', '--password', 'hunter2']",
        'Authorization: Digest username="a", response="hunter2"',
        "Authorization: ApiKey hunter2",
        "Cookie: a=1; remember=hunter2",
        '{"body": "{\\"password\\": \\"a\\\\\\"hunter2\\"}"}',
        "GET /in?next=/reset%3Ftoken%3Dhunter2",
        "GET /in?password=a,hunter2&page=2",
        "GET /in?password=a)(b)hunter2&page=2",
        "postgresql://shop:hunter2@db/shop",
    ],
)
def test_a_value_is_hidden_to_its_end_in_whatever_form_it_was_written(text: str) -> None:
    shown = Filtering().text(f"before {text}\nafter")
    assert "hunter2" not in shown
    assert shown.startswith("before ")
    assert shown.endswith("\nafter")
    assert MASK in shown


def test_what_stands_behind_a_value_stays() -> None:
    text = Filtering().text
    assert text("{'password': b'x', 'page': 2}") == f"{{'password': {MASK}, 'page': 2}}"
    assert text("f(password=Secret('x'), page=2)") == f"f(password={MASK} page=2)"
    assert text("[(b'cookie', b'a=1; b=2'), (b'host', b'a')]") == f"[(b'cookie', {MASK}), (b'host', b'a')]"
    assert text("GET /?token=a,b&page=2") == f"GET /?token={MASK}&page=2"
    assert text("see http://a.test:80/b@c and 10:20@home") == "see http://a.test:80/b@c and 10:20@home"


def test_fields_of_records_are_filtered_in_what_they_say_and_by_names_in_bytes() -> None:
    said = {
        "path": "/reset?token=hunter2",
        "headers": [(b"cookie", b"hunter2"), (b"host", b"a")],
        "raw": {b"otp": "hunter2"},
    }
    shown = Filtering().values(said)
    assert shown["path"] == f"/reset?token={MASK}"
    assert shown["headers"] == [[b"cookie", MASK], [b"host", b"a"]]
    assert shown["raw"] == {b"otp": MASK}


def test_a_traceback_that_another_handler_has_written_before_is_filtered_too() -> None:
    first, second = io.StringIO(), io.StringIO()
    log = logging.Logger("test")
    for stream in (first, second):
        log.addHandler(logging.StreamHandler(stream))
    log.handlers[1].addFilter(ParameterFilter())
    try:
        raise ValueError("connect(password='hunter2') failed")
    except ValueError:
        log.exception("failed")
    assert "hunter2" in first.getvalue(), "it has no filter"
    assert "ValueError: connect(password=" in second.getvalue()
    assert "hunter2" not in second.getvalue()


def test_what_has_another_name_stays() -> None:
    assert logged("GET %s", "/a?page=2&pass=free") == "GET /a?page=2&pass=free\n"
    assert logged("GET %s", "/reset?token=abc&page=2") == f"GET /reset?token={MASK}&page=2\n"


def test_tracebacks_and_extra_fields_are_filtered_too() -> None:
    text = logged("failed", error=True)
    assert "ValueError: connect(password=" in text
    assert "hunter2" not in text
    record = logging.makeLogRecord({"msg": "x", "params": {"otp": "123456"}, "csrf": "abc"})
    assert ParameterFilter().filter(record)
    assert (record.__dict__["params"], record.__dict__["csrf"]) == ({"otp": MASK}, MASK)


def test_names_of_ones_own_are_hidden_instead() -> None:
    filtering = Filtering(["iban"])
    assert filtering.values({"IBAN": "DE1", "password": "x"}) == {"IBAN": MASK, "password": "x"}
    assert Filtering([]).text("password=x") == "password=x"


def test_depth_and_number_are_bounded() -> None:
    deep: dict[str, object] = {}
    inner = deep
    for _ in range(100_000):
        inner["a"] = inner = {}
    wide = {str(number): number for number in range(100_000)}
    assert "…" in str(Filtering().values(deep))
    assert len(Filtering().values(wide)) == 200


@given(
    st.text(alphabet="ab \"'=:&{}[]\\,", max_size=60), st.sampled_from(["password=", '{"password": "', "'token': '"])
)
def test_no_value_shows_whatever_stands_around_it(around: str, start: str) -> None:
    quote = start[-1] if start[-1] in "\"'" else ""
    assert "hunter2" not in Filtering().text(f"{around} {start}hunter2{quote}{around}")


def test_parameters_of_queries_and_forms_are_logged_filtered(caplog: pytest.LogCaptureFixture) -> None:
    async def view(request: Request) -> Response:
        await request.aform()
        return Response.text("ok")

    body = b"name=Anna&password=hunter2"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    request = Request.build("POST", "/in?page=2&token=hunter3", headers=kind, body=body)
    with caplog.at_level(logging.INFO, "partita.security.parameters"):
        asyncio.run(parameters_middleware()(view)(request))
    assert caplog.messages == [
        "POST '/in' 200 {'page': '2', 'token': '[FILTERED]', 'name': 'Anna', 'password': '[FILTERED]'}"
    ]
