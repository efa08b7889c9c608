"""Requests without an application."""

import io

import pytest

from partita.testing import AsyncRequestFactory, RequestFactory, UploadFile


@pytest.mark.parametrize("factory", [RequestFactory, AsyncRequestFactory])
def test_a_query_a_form_files_and_json_arrive_as_they_were_given(factory: type[RequestFactory]) -> None:
    make = factory(headers={"X-All": "1"}, REMOTE_ADDR="192.0.2.1")
    read = make.get("/a/?x=1", headers={"Accept": "text/html"}, HTTP_X_EXTRA="2")
    assert (read.method, read.path, read.GET["x"]) == ("GET", "/a/", "1")
    assert (read.headers["x-all"], read.headers["X-Extra"], read.META["REMOTE_ADDR"]) == ("1", "2", "192.0.2.1")
    assert make.get("/", {"x": [1, 2]}).GET.getlist("x") == ["1", "2"]
    sent = make.post("/", {"a": ["1", "ü"], "f": UploadFile("f.txt", b"data")})
    assert sent.POST.getlist("a") == ["1", "ü"]
    assert sent.FILES["f"].read() == b"data"
    assert make.post("/", {"f": io.BytesIO(b"x")}).FILES["f"].size == 1
    assert make.post("/", {"a": 1}, content_type="application/json").body == b'{"a":1}'
    assert make.put("/", "text", content_type="text/plain").body == b"text"
    for method in ("head", "trace", "patch", "delete", "options"):
        assert getattr(make, method)("/").method == method.upper()
    make.cookies["a"] = "ü"
    secure = make.get("/", secure=True)
    assert (secure.COOKIES, secure.is_secure(), secure.build_absolute_uri()) == (
        {"a": "ü"},
        True,
        "https://testserver/",
    )
    assert secure.seal().is_secure


def test_what_cannot_be_sent_is_refused() -> None:
    make = RequestFactory()
    with pytest.raises(TypeError, match="Cannot encode None for key 'a'"):
        make.post("/", {"a": None})
    with pytest.raises(TypeError, match="Cannot encode None for key 'b' in a query"):
        make.get("/", {"b": None})
    with pytest.raises(ValueError, match="mutually exclusive"):
        make.get("/", {"a": 1}, query_params={"b": 1})


def test_a_variable_of_the_environment_may_be_the_method() -> None:
    request = RequestFactory().get("/", REQUEST_METHOD="DISPATCH")
    assert (request.method, request.environ["REQUEST_METHOD"]) == ("DISPATCH", "DISPATCH")


def test_the_async_factory_takes_headers_by_their_own_names() -> None:
    make = AsyncRequestFactory(Authorization="Bearer x", REMOTE_ADDR="10.0.0.1")
    request = make.get("/", X_TENANT="shop", HTTP_ACCEPT="text/plain")
    sent = [request.headers[name] for name in ("authorization", "x-tenant", "accept")]
    assert sent == ["Bearer x", "shop", "text/plain"]
    assert (request.META["HTTP_X_TENANT"], request.META["REMOTE_ADDR"]) == ("shop", "10.0.0.1")
    assert not {"Authorization", "X_TENANT"} & set(request.META)
    assert "X-Tenant" not in RequestFactory().get("/", X_TENANT="shop").headers
