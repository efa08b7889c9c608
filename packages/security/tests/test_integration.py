import asyncio

from partita.contracts.checks import CHECKS
from partita.contracts.settings import ALLOWED_HOSTS, DEBUG
from partita.contracts.templates import CONTEXT_PROCESSORS, TEMPLATE_LIBRARIES
from partita.contracts.testing.app import SimpleRegistrar
from partita.http.handlers import GUARDS, MIDDLEWARE, compose
from partita.http.request import Request
from partita.http.response import Response
from partita.security import csrf_middleware
from partita.security.integration import setup


def app(*hosts: str, debug: bool = False, **settings: object) -> SimpleRegistrar:
    made = SimpleRegistrar(security=settings)
    made.provide(ALLOWED_HOSTS, lambda: hosts)
    made.provide(DEBUG, lambda: debug)
    setup(made)
    return made


def findings(made: SimpleRegistrar) -> list[str]:
    return [finding.id for check in made.all(CHECKS) for finding in check(made)]


async def view(request: Request) -> Response:
    return Response.text("ok")


async def visit(made: SimpleRegistrar, request: Request) -> Response:
    return await compose(view, made.all(MIDDLEWARE))(request)


def test_the_layers_stand_in_order() -> None:
    assert [layer.name for layer in app().all(MIDDLEWARE)] == ["hosts", "security headers", "csrf"]
    assert len(app().all(GUARDS)) == 1
    assert ("", "partita.security.templatetags") in app().all(TEMPLATE_LIBRARIES)


def test_an_allowed_host_gets_an_answer_with_headers() -> None:
    response = asyncio.run(visit(app("testserver"), Request.build()))
    assert response.status == 200
    assert response.headers["x-frame-options"] == "DENY"
    assert asyncio.run(visit(app("other"), Request.build())).status == 400


def test_a_forged_host_is_never_redirected_to() -> None:
    made = app("testserver", ssl_redirect=True)
    assert asyncio.run(visit(made, Request.build(headers={"Host": "evil.test"}))).status == 400
    assert asyncio.run(visit(made, Request.build())).status == 301


def test_templates_get_a_token_that_costs_nothing_unless_shown() -> None:
    (processor,) = app().all(CONTEXT_PROCESSORS)

    async def main(show: bool) -> Response:
        async def page(request: Request) -> Response:
            token = processor(request)["csrf_token"]
            return Response.text(str(token) if show else "")

        return await csrf_middleware()(page)(Request.build())

    assert "set-cookie" not in asyncio.run(main(False)).headers
    assert "set-cookie" in asyncio.run(main(True)).headers
    assert processor(None) == {}
    assert processor(Request.build()) == {}


def test_the_check_names_what_is_wrong() -> None:
    assert findings(app("a.test", hsts_seconds=3600, ssl_redirect=True)) == []
    assert findings(app("a.test", debug=True)) == ["security.W018"]
    assert findings(app(hsts_seconds=1, ssl_redirect=True)) == ["security.W020"]
    assert findings(app("*", hsts_seconds=1, ssl_redirect=True)) == ["security.W028"]
    assert findings(app("a.test", content_security_policy={})) == ["security.W004", "security.W008", "security.W026"]
