"""All context processors of this framework in one application: each gives its variables."""

from pathlib import Path

from partita import messages
from partita.contracts.current import require
from partita.contracts.templates import CONTEXT_PROCESSORS, TEMPLATES
from partita.http import Request, Response
from partita.templates.declared_context import names_of_processors
from partita.testing import Client, application
from partita.urls import path

NAMED = (
    "partita.i18n.context_processors.i18n",
    "partita.i18n.context_processors.tz",
    "partita.static.prefixes.static",
    "partita.static.prefixes.media",
)
PAGE = """\
auth: {{ user.is_authenticated }} {% if perms.shop.change_album %}may{% else %}may not{% endif %}
csrf: {% if csrf_token %}there{% endif %}
debug: {{ debug }} {{ sql_queries|length }}
i18n: {{ LANGUAGE_CODE }} {{ LANGUAGE_BIDI }} {{ LANGUAGES.0.0 }}
media: {{ MEDIA_URL }}
messages: {% for message in messages %}{{ message }}{% endfor %} {{ DEFAULT_MESSAGE_LEVELS.ERROR }}
request: {{ request.path }}
static: {{ STATIC_URL }}
tz: {{ TIME_ZONE }}
csp: {% if csp_nonce %}there{% endif %}
"""


async def page(request: Request) -> Response:
    """Show what all processors give."""
    messages.info(request, "Hello")
    return Response.html(await require(TEMPLATES).arender("page.html", {}, request))


def test_templates_have_the_variables_of_all_processors(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    apps = ["partita.auth", "partita.messages"]
    with application(
        apps,
        [path("here/", page)],
        debug=True,
        time_zone="Europe/Berlin",
        web={"internal_ips": ("127.0.0.1",)},
        storages={"default": {"options": {"location": str(tmp_path), "base_url": "/m/"}}},
        templates={"dirs": (str(tmp_path),), "context_processors": NAMED},
    ) as app:
        assert Client(app).get("/here/").text == (
            "auth: False may not\ncsrf: there\ndebug: True 0\ni18n: en False en\nmedia: /m/\nmessages: Hello 40\n"
            "request: /here/\nstatic: /static/\ntz: Europe/Berlin\ncsp: there\n"
        )
        # The static checker reads them, so that it may judge templates where they run.
        engine = app.require(TEMPLATES)
        names = names_of_processors(engine.context_processors)
        assert len(app.all(CONTEXT_PROCESSORS)) == 4
        assert names is not None
        assert names >= {"user", "perms", "messages", "csrf_token", "csp_nonce", "LANGUAGES", "TIME_ZONE", "MEDIA_URL"}
        assert names >= {"STATIC_URL", "debug", "sql_queries"}
