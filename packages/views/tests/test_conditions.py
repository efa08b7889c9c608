"""Conditional views: 304 for what the client has, 412 for what it has not seen."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from partita.http import PreconditionFailed, Request, Response
from partita.http.drafts import HttpRequest, HttpResponse
from partita.views import condition, etag, last_modified

MOMENT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
STAMP = "Mon, 04 May 2026 03:02:01 GMT"
calls: list[int] = []


def tag_of(request: Request, pk: int) -> str | None:
    """Return the tag of a thing."""
    return f"v{pk}" if pk else None


def time_of(request: Request, pk: int) -> datetime | None:
    """Return when a thing was changed."""
    return MOMENT if pk else None


def plain(request: Request, pk: int) -> Response:
    """Answer, and be counted."""
    calls.append(pk)
    return Response.text("body")


async def awaited(request: Request, pk: int) -> Response:
    """Answer, and be counted."""
    return plain(request, pk)


def call(view: Callable[..., Any], method: str = "GET", pk: int = 3, **headers: str) -> Response:
    """Call a view of any kind."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = view(Request.build(method, "/", headers=fields), pk=pk)
    if isinstance(answer, Response):
        return answer

    async def finish() -> Response:
        response: Response = await answer
        return response

    return asyncio.run(finish())


@pytest.mark.parametrize("view", [plain, awaited])
def test_a_view_does_not_run_for_what_the_client_has(view: Any) -> None:
    both = condition(tag_of, time_of)(view)
    first = call(both)
    assert (first.status, first.headers["etag"], first.headers["last-modified"]) == (200, '"v3"', STAMP)
    calls.clear()
    same = call(both, if_none_match='"v3"')
    assert (same.status, same.headers["etag"], calls) == (304, '"v3"', [])
    assert call(etag(tag_of)(view), if_none_match='"old", W/"v3"').status == 304
    assert call(last_modified(time_of)(view), if_modified_since=STAMP).status == 304
    assert calls == []
    assert call(both, if_none_match='"old"', if_modified_since=STAMP).status == 200


@pytest.mark.parametrize("view", [plain, awaited])
def test_a_change_to_what_the_client_has_not_seen_is_refused(view: Any) -> None:
    both = condition(tag_of, time_of)(view)
    calls.clear()
    with pytest.raises(PreconditionFailed):
        call(both, "PUT", if_match='"old"')
    with pytest.raises(PreconditionFailed):
        call(both, "PUT", if_unmodified_since="Mon, 04 May 2020 03:02:01 GMT")
    with pytest.raises(PreconditionFailed):
        call(both, "PUT", if_none_match="*")
    with pytest.raises(PreconditionFailed):
        call(both, "PUT", pk=0, if_match="*")
    assert calls == []
    assert call(both, "PUT", if_match='"v3"').status == 200
    assert call(both, "PUT", pk=0, if_none_match="*").status == 200


def etagged(request: HttpRequest) -> HttpResponse:
    """Answer a draft."""
    calls.append(1)
    return HttpResponse("body")


async def aetagged(request: HttpRequest) -> HttpResponse:
    """Answer a draft."""
    return etagged(request)


def ask(view: Any, method: str = "GET", **meta: str) -> HttpResponse:
    """Call a view as code written for Django does, with conditions where it puts them."""
    request = HttpRequest(Request.build(method, "/"))
    request.META.update(meta)
    answer = view(request)
    return asyncio.run(answer) if asyncio.iscoroutine(answer) else answer  # type: ignore[no-any-return]


@pytest.mark.parametrize("view", [etagged, aetagged])
def test_drafts_are_answered_with_drafts_that_may_be_changed_still(view: Any) -> None:
    both = condition(lambda request: "v1", lambda request: MOMENT.replace(tzinfo=None))(view)
    calls.clear()
    for meta in ({"HTTP_IF_NONE_MATCH": '"v1"'}, {"HTTP_IF_MODIFIED_SINCE": STAMP}):
        same = ask(both, **meta)
        same["X-Own"] = "1"
        assert (same.status_code, same.content, same["ETag"], same["Last-Modified"]) == (304, b"", '"v1"', STAMP)
    refused = ask(both, "PUT", HTTP_IF_MATCH='"v0"')
    refused["X-Own"] = "1"
    assert (refused.status_code, calls) == (412, [])
    whole = ask(both, HTTP_IF_NONE_MATCH='"v0"')
    whole["X-Own"] = "1"
    assert (whole.status_code, whole["ETag"], calls) == (200, '"v1"', [1])


def test_what_the_view_says_of_its_content_stays() -> None:
    def own(request: HttpRequest) -> HttpResponse:
        return HttpResponse("x", headers={"ETag": '"own"', "Last-Modified": "Mon, 04 May 2020 03:02:01 GMT"})

    answered = ask(condition(lambda request: "v1", lambda request: MOMENT)(own))
    assert (answered["ETag"], answered["Last-Modified"]) == ('"own"', "Mon, 04 May 2020 03:02:01 GMT")
    assert "ETag" not in ask(condition(lambda request: "v1")(lambda request: HttpResponse(status=404)))
    assert "ETag" not in ask(condition(lambda request: "v1")(etagged), "PUT")
