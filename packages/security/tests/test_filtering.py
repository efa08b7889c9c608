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
