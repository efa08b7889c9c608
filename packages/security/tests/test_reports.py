import asyncio
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import (
    BadRequest,
    ContentTooLarge,
    HttpError,
    MethodNotAllowed,
    Request,
    Response,
    StreamBody,
    UnsupportedMediaType,
)
from partita.security.reports import MemoryReports, Report, parse_reports, report_view

OLD = {
    "csp-report": {
        "document-uri": "https://shop.test/cart?token=secret#top",
        "blocked-uri": "https://evil.test/x.js?id=1",
        "violated-directive": "script-src-elem",
        "effective-directive": "script-src-elem",
        "disposition": "enforce",
        "line-number": 7,
        "source-file": "https://shop.test/cart",
    }
}
NEW = {
    "type": "csp-violation",
    "age": 10,
    "url": "https://shop.test/cart?token=secret",
    "user_agent": "Mozilla/5.0",
    "body": {
        "documentURL": "https://shop.test/cart?token=secret",
        "blockedURL": "inline",
        "effectiveDirective": "script-src-attr",
        "sample": "alert(" + "1" * 900,
        "lineNumber": 3,
        "columnNumber": 5,
    },
}


def send(store: MemoryReports, data: object, kind: str = "application/reports+json", method: str = "POST") -> Response:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return asyncio.run(report_view(store)(Request.build(method, "/", body=body, headers={"Content-Type": kind})))


def test_both_forms_are_understood_and_secrets_are_left_out() -> None:
    (old,) = parse_reports(json.dumps(OLD).encode(), "application/csp-report")
    assert old == Report(
        "csp-violation",
        "script-src-elem",
        "https://evil.test",
        "https://shop.test/cart",
        "https://shop.test/cart:7",
        "",
        "enforce",
    )
    (new,) = parse_reports(json.dumps([NEW]).encode(), "application/reports+json")
    assert (new.directive, new.blocked, new.page, new.source) == (
        "script-src-attr",
        "inline",
        "https://shop.test/cart",
        "3:5",
    )
    assert len(new.sample) == 100
    assert "secret" not in repr((old, new))


def test_reports_of_one_cause_are_one_group(caplog: pytest.LogCaptureFixture) -> None:
    now = 100.0
    store = MemoryReports(clock=lambda: now)
    with caplog.at_level(logging.WARNING):
        assert send(store, [NEW, NEW]).status == 204
        now = 200.0
        send(store, OLD, "application/csp-report")
        send(store, [NEW])
    first, second = store.groups()
    assert (first.count, first.first_seen, first.last_seen, first.latest.blocked) == (3, 100.0, 200.0, "inline")
    assert (second.count, second.latest.blocked) == (1, "https://evil.test")
    assert len(caplog.records) == 2  # one a group, or whoever sends reports fills the log


def test_whoever_invents_causes_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    store = MemoryReports()
    view = report_view(store, clock=lambda: now)

    def post(begin: int) -> int:
        caplog.clear()
        body = json.dumps([{"type": f"kind{number}"} for number in range(begin, begin + 100)]).encode()
        kind = {"Content-Type": "application/reports+json"}
        assert asyncio.run(view(Request.build("POST", "/", body=body, headers=kind))).status == 204
        return len(caplog.records)

    with caplog.at_level(logging.WARNING):
        assert post(0) == 60 + 1  # and that there are more
        assert post(100) == 0
        now = 60.0
        assert post(200) == 60 + 1
    assert len(store.groups()) == 300


def test_the_number_of_groups_and_reports_is_bounded() -> None:
    store = MemoryReports(largest=3)
    send(store, [{"type": f"kind{number}"} for number in range(500)])
    assert [group.latest.kind for group in store.groups()] == ["kind97", "kind98", "kind99"]


@pytest.mark.parametrize("body", [b"", b"x", b"1", b"[1]", b'{"type": 1}', b'[{"a": 1}]', b"[" * 50_000, b"\xff"])
def test_what_holds_no_reports_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        send(MemoryReports(), body)


def test_other_requests_are_refused() -> None:
    with pytest.raises(UnsupportedMediaType):
        send(MemoryReports(), [NEW], "text/plain")
    with pytest.raises(MethodNotAllowed):
        send(MemoryReports(), [NEW], method="GET")
    with pytest.raises(ContentTooLarge):
        send(MemoryReports(), b" " * 70_000)


def test_a_report_without_an_announced_length_is_bounded_too() -> None:
    left = [b" " * 10_000] * 1000

    async def receive() -> bytes | None:
        return left.pop() if left else None

    headers = {"Content-Type": "application/reports+json", "Transfer-Encoding": "chunked"}

    async def live() -> None:
        request = Request.build("POST", "/", body=StreamBody(receive), headers=headers)
        with pytest.raises(ContentTooLarge):
            await report_view(MemoryReports())(request)

    asyncio.run(live())
    assert len(left) > 900


def test_other_sites_pages_may_send_reports() -> None:
    view = report_view(MemoryReports())
    assert getattr(view, "csrf_exempt", False)
    assert getattr(view, "fetch_metadata_exempt", False)


NAMES = [
    "type",
    "url",
    "body",
    "csp-report",
    "id",
    "documentURL",
    "blockedURL",
    "effectiveDirective",
    "sample",
    "lineNumber",
]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=12,
)


@given(st.one_of(st.binary(max_size=60), values.map(lambda value: json.dumps(value).encode())), st.booleans())
def test_any_body_is_read_or_refused(body: bytes, old: bool) -> None:
    try:
        found = parse_reports(body, "application/csp-report" if old else "application/reports+json")
    except HttpError:
        return
    assert all(isinstance(report, Report) for report in found)
