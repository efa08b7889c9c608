"""Applications for tests."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from partita.http import Layer, Middleware
from partita.web.app import App, Urls
from partita.web.packages import DEFAULT_APPS
from partita.web.settings import Settings

__all__ = ("application",)

_CORE = ("secret_key", "debug", "allowed_hosts", "secret_key_fallbacks", "language", "time_zone", "use_tz")


@contextmanager
def application(
    apps: Iterable[str] = (),
    urls: Urls = (),
    middleware: Iterable[Layer | Middleware] = (),
    *,
    like: App | None = None,
    default_apps: Iterable[str] = DEFAULT_APPS,
    **settings: object,
) -> Iterator[App]:
    """Build an application and make it current.

    Args:
        apps: See `App`, as for the next three.
        urls: See `App`.
        middleware: See `App`.
        like: An application, whose packages, routes, middleware and settings are taken where nothing else is given; it stays as it is.
        default_apps: See `App`.
        settings: Settings of the application (``debug=True``) and sections of packages
            (``databases={"default": "sqlite://:memory:"}``). There is a key for tests, and ``testserver`` is allowed.

    Yields:
        The application.
    """
    hosts = ("testserver", "localhost", "127.0.0.1")
    if like is None:
        core: dict[str, object] = {"secret_key": "for-tests-only-" + "x7Kq2-" * 8, "allowed_hosts": hosts}
        core |= {name: value for name, value in settings.items() if name in _CORE}
        sections = {name: value for name, value in settings.items() if name not in _CORE}
        chosen = Settings(**core, sections=sections)  # type: ignore[arg-type]  # Settings checks types itself
    else:
        chosen = like.settings.replace(**{"allowed_hosts": (*like.settings.allowed_hosts, *hosts), **settings})
        apps = apps or [package.name for package in like.packages]
        urls, middleware = urls or like._urls, middleware or like._layers
    app = App(chosen, apps, urls, middleware, default_apps=default_apps)
    with app:
        yield app
