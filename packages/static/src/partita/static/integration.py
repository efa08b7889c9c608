"""What static files give an application: a layer that serves them, a tag, commands, a check."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.commands import COMMANDS
from partita.contracts.current import Resolver
from partita.contracts.settings import DEBUG
from partita.contracts.static import ASSET_URL, STATIC_DIRS, STATIC_SERVING
from partita.contracts.templates import TEMPLATE_LIBRARIES
from partita.http import MIDDLEWARE, Handler, Layer
from partita.http.handlers import STATIC as STATIC_ORDER
from partita.static.commands import CollectStatic, FindStatic
from partita.static.errors import ManifestError, StaticNameError
from partita.static.files import STATIC, STATIC_SOURCES, StaticFiles
from partita.static.names import checked_name
from partita.static.serving import serve_static

__all__ = ("StaticSettings", "setup")


class StaticSettings(msgspec.Struct, frozen=True):
    """The section ``static`` of the settings.

    Args:
        url: Where the files are: a path, or the URL of another host. A path is below the place where the application is mounted as long
            as it serves the files itself.
        dirs: More folders, before those of packages. A pair such as ``["vendor", "node_modules/htmx.org/dist"]`` puts ``vendor/``
            before the names of the folder's files.
        root: Where ``collectstatic`` copies to.
        serve: Whether the application serves them itself.
        max_age: Seconds for which clients need not ask again; while debugging they always ask.
        manifest: Whether ``collectstatic`` writes names with hashes, and URLs have them; then files are served from ``root``. While
            debugging, files have their own names and are served where people edit them.
        strict: Whether a file that nobody collected, or that a style sheet names and that is not there, is an error.
    """

    url: str = "/static/"
    dirs: tuple[str | tuple[str, str], ...] | str = ()
    root: str = ""
    serve: bool = True
    max_age: int = 3600
    manifest: bool = False
    strict: bool = True


def setup(app: Registrar) -> None:
    """Serve and name the files in the folders that packages contribute."""
    settings = app.section("static", StaticSettings)
    app.provide(
        STATIC_SOURCES,
        lambda: StaticFiles(
            [*_own_dirs(settings), *app.all(STATIC_DIRS)], settings.url, below_mount=_serves_itself(settings)
        ),
    )
    app.provide(STATIC, lambda: _served(app, settings))
    app.provide(ASSET_URL, lambda: app.require(STATIC).url_of)

    def layer(handler: Handler) -> Handler:
        if not _serves_itself(settings):
            return handler
        max_age = 0 if app.find(DEBUG) or STATIC_SERVING.get() == "sources" else settings.max_age
        return serve_static(lambda: app.require(STATIC), max_age)(handler)

    app.add(MIDDLEWARE, Layer(STATIC_ORDER, layer, "static files"))
    app.add(TEMPLATE_LIBRARIES, ("", "partita.static.templatetags"))
    app.add(TEMPLATE_LIBRARIES, ("static", "partita.static.templatetags"))
    app.add(COMMANDS, CollectStatic(settings.root, settings.manifest, settings.strict))
    app.add(COMMANDS, FindStatic())
    app.add(CHECKS, lambda resolver: _check(resolver, settings))


def _serves_itself(settings: StaticSettings) -> bool:
    serving = STATIC_SERVING.get()
    return serving == "sources" or (serving == "as set" and settings.serve)


def _is_prefix(prefix: str) -> bool:
    try:
        return bool(checked_name(prefix))
    except StaticNameError:
        return False


def _own_dirs(settings: StaticSettings) -> list[Path | tuple[str, Path]]:
    if isinstance(settings.dirs, str):
        return []  # the check says so; its letters are no folders
    return [Path(each) if isinstance(each, str) else (each[0], Path(each[1])) for each in settings.dirs]


def _served(app: Registrar, settings: StaticSettings) -> StaticFiles:
    if not settings.manifest or app.find(DEBUG) or STATIC_SERVING.get() == "sources":
        return app.require(STATIC_SOURCES)
    from partita.static.manifest import MANIFEST_NAME, Manifest  # with all that makes one

    root = Path(settings.root)
    manifest = Manifest.read(root / MANIFEST_NAME)
    return StaticFiles([root], settings.url, manifest, strict=settings.strict, below_mount=_serves_itself(settings))


def _check(app: Resolver, settings: StaticSettings) -> Iterable[Finding]:
    if isinstance(settings.dirs, str):
        text = f"[static] dirs is the text {settings.dirs[:80]!r}, and no list of folders."
        yield Finding("static.E001", "error", text, f'Write dirs = ["{settings.dirs[:80]}"].')
        return
    for each in settings.dirs:
        if not isinstance(each, str) and not _is_prefix(each[0]):
            yield Finding(
                "static.E003",
                "error",
                f"[static] dirs has the prefix {each[0][:80]!r}, which no name can begin with.",
                "Write it without slashes at its ends.",
            )
            return  # nothing else can be said as long as files cannot be found
    if settings.root:
        root = Path(settings.root).resolve()
        own = [each if isinstance(each, Path) else each[1] for each in _own_dirs(settings)]
        if any(root == folder.resolve() for folder in own):
            yield Finding(
                "static.E002", "error", "[static] dirs names root, which is collected into.", "Take it out of dirs."
            )
    if settings.manifest and not settings.root:
        yield Finding("static.E005", "error", "[static] manifest needs root, the folder to collect into.", "Set root.")
    elif settings.manifest and not app.find(DEBUG):
        from partita.static.manifest import MANIFEST_NAME, Manifest  # as above

        try:
            Manifest.read(Path(settings.root) / MANIFEST_NAME)
        except ManifestError as error:
            yield Finding("static.W007", "warning", str(error), "Static files have no URLs until then.")
    for folder in app.require(STATIC_SOURCES).dirs:
        if not folder.is_dir():
            yield Finding(
                "static.W004",
                "warning",
                f"The folder {folder} for static files is not there.",
                "Make it, or remove it.",
            )
