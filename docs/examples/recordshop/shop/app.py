"""The application: `partita run` serves it, and so does any ASGI or WSGI server."""

from pathlib import Path

from partita.web import App, Settings

__all__ = ("app",)

app = App(
    Settings.load(Path(__file__).parents[1] / "partita.toml"),
    apps=["partita.forms", "partita.auth", "partita.admin", "shop"],
    urls="shop.urls",
)
