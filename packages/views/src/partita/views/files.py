"""A folder served by a view, with an index if that is wanted: for development and for small sites."""

import os
import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from urllib.parse import quote, urlsplit

from partita.contracts.current import find
from partita.contracts.settings import DEBUG
from partita.contracts.templates import TEMPLATES
from partita.http import NotFound, Request, Response
from partita.http import respond_to as answer_conditions
from partita.http.dates import parse_date
from partita.http.drafts import HttpRequest
from partita.http.rendering import note_rendered
from partita.urls import PatternError, Route, path

__all__ = ("directory_index", "files_in_debug", "serve", "was_modified_since")

_INDEX = "static/directory_index.html"
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\]")
# Devices, which Windows finds in every folder and with every suffix, and its drives and streams.
_WINDOWS = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)[ ]*(\..*)?|.*:.*", re.IGNORECASE)


def serve(
    request: Request | HttpRequest,
    path: str,
    document_root: "str | os.PathLike[str] | None" = None,
    show_indexes: bool = False,
) -> Response:
    """Answer with a file of a folder, with 304 or ranges if the client asks so; ``path("media/<path:path>", serve, {...})``.

    Args:
        request: Says what the client has already.
        path: Below the folder.
        document_root: The folder. What a link inside of it leads to must lie in it, too.
        show_indexes: Whether the address of a folder lists what is in it; hidden files stay hidden. Without a slash at its end, it is
            redirected there.

    Raises:
        NotFound: If there is no such file, or it lies elsewhere.
    """
    if document_root is None:
        raise NotFound("No folder is set up for this.")
    root = os.path.realpath(document_root)
    found = _inside(root, path)
    if os.path.isdir(found):
        if not show_indexes:
            raise NotFound("Directory indexes are not allowed here.")
        if path and not path.endswith("/"):  # the links of the list would lead beside the folder
            return Response.redirect(f"./{quote(path.rpartition('/')[2])}/")
        return directory_index(path, found, request)
    try:
        response = Response.file(found)
    except OSError as error:
        raise NotFound(f"\u201c{path[:200]}\u201d does not exist") from error
    return answer_conditions(request.seal() if isinstance(request, HttpRequest) else request, response)


def directory_index(
    path: str, fullpath: "str | os.PathLike[str]", request: Request | HttpRequest | None = None
) -> Response:
    """Answer with a list of a folder's files and folders, without hidden ones.

    The current application may have a template ``static/directory_index.html`` for it, which gets ``directory`` (the path as it is
    shown, with a slash at the end) and ``file_list`` (names; those of folders end in a slash).

    Args:
        path: As it is shown; empty or ``/`` for the outermost folder, which has no link upwards.
        fullpath: The folder.
        request: For the template.
    """
    names = sorted(
        f"{each.name}/" if each.is_dir() else each.name for each in Path(fullpath).iterdir() if each.name[:1] != "."
    )
    directory = f"{path.strip('/') or '.'}/"
    context = {"directory": directory, "file_list": names}
    own = _own_index(request, context)
    note_rendered(request, _INDEX, context)
    if own is not None:
        return Response.html(own)
    shown = escape(directory)
    upwards = "" if path in {"", "/"} else '<li><a href="../">../</a></li>'
    # "./" keeps a name with a colon from being a scheme: javascript:alert(1) may be a file.
    items = "".join(f'<li><a href="{escape(quote(f"./{name}"))}">{escape(name)}</a></li>' for name in names)
    return Response.html(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="robots" content="none">'
        f"<title>Index of {shown}</title></head><body><h1>Index of {shown}</h1><ul>{upwards}{items}</ul></body></html>"
    )


def files_in_debug(prefix: str, document_root: "str | os.PathLike[str]", show_indexes: bool = False) -> list[Route]:
    """Return routes that serve a folder while the application's ``debug`` is on, and give 404 otherwise.

    Args:
        prefix: Beginning of the addresses, such as ``media/``. If it is on another host there are no routes.
        document_root: See `serve`.
        show_indexes: See `serve`.

    Raises:
        PatternError: If ``prefix`` is empty, for the folder would take every path.
    """
    if urlsplit(prefix).netloc:
        return []
    if not prefix.strip("/"):
        raise PatternError(prefix, "an empty prefix would take every path; give one such as 'media/'")

    def view(request: Request | HttpRequest, path: str) -> Response:
        if not find(DEBUG):
            raise NotFound
        return serve(request, path, document_root, show_indexes)

    return [path(f"{prefix.strip('/')}/<path:path>", view), path(f"{prefix.strip('/')}/", view, {"path": ""})]


def _own_index(request: Request | HttpRequest | None, context: Mapping[str, object]) -> str | None:
    templates = find(TEMPLATES)
    if templates is None:
        return None
    try:
        return templates.render(_INDEX, context, request)
    except LookupError as error:
        if getattr(error, "name", None) != _INDEX:
            raise  # one that it includes is missing
        return None


def was_modified_since(header: str | None = None, mtime: float = 0) -> bool:
    """Tell whether something changed since the time in ``If-Modified-Since`` (RFC 9110, section 13.1.3).

    Args:
        header: The field's value; True is returned for what is no date.
        mtime: When it changed last, in seconds since 1970.
    """
    moment = parse_date(header) if header else None
    return moment is None or int(mtime) > moment.timestamp()


def _inside(root: str, name: str) -> str:
    parts: Iterable[str] = [part for part in name.split("/") if part not in {"", "."}]
    if _FORBIDDEN.search(name) or any(part == ".." or _WINDOWS.fullmatch(part) for part in parts):
        raise NotFound(f"\u201c{name[:200]}\u201d does not exist")
    try:
        found = os.path.realpath(os.path.join(root, *parts))
    except (OSError, ValueError) as error:
        raise NotFound(f"\u201c{name[:200]}\u201d does not exist") from error
    # By whole parts: /srv/media-old begins with /srv/media, too.
    if found != root and not found.startswith(root.rstrip(os.sep) + os.sep):
        raise NotFound(f"\u201c{name[:200]}\u201d does not exist")
    return found
