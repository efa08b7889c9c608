"""A page on which translators change the texts of a running site. Needs the extras ``http`` and ``templates``."""

import logging
from asyncio import to_thread
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias
from urllib.parse import urlencode

from partita.contracts.current import require
from partita.contracts.i18n import gettext
from partita.contracts.templates import TEMPLATES
from partita.http import Forbidden, MethodNotAllowed, NotFound, Request, Response
from partita.i18n.editing import EditableCatalogue, Entry, mark_changed
from partita.i18n.errors import LanguageError, TranslationRefused
from partita.i18n.languages import is_right_to_left, language_info
from partita.text.formats import current_formats

__all__ = ("MachineTranslator", "TranslationEditor")

MachineTranslator: TypeAlias = Callable[[Sequence[str], str, str], Sequence[str]]
"""Takes texts, the tag of their language and the one wanted; returns as many texts. It may block: it has a thread of its own."""
Render: TypeAlias = Callable[[Request, str, Mapping[str, object]], Response]

PAGE = 50
"""Messages on one page."""
MAX_SEARCH = 200
"""Characters of what is searched for."""
TEMPLATE = "i18n/editor.html"


class _File(NamedTuple):
    name: str
    language: str
    path: Path


class TranslationEditor:
    """A view of the catalogues in some folders, in which each message can be translated; what is saved is shown at once.

    The application needs ``[i18n] live = true``, and the first of its ``locale_dirs`` among ``dirs``. In an administration it is a page
    like others: ``path("translations/", site.admin_view(editor.page))`` in front of its own routes, with
    ``render=site.render`` and ``base="admin/base.html"``.

    Args:
        dirs: Folders that hold ``de/LC_MESSAGES/messages.po`` and the like.
        allowed: Tells whether who sent a request may translate; all others get 403.
        machine: Proposes translations when a translator asks for them. They are stored as needing a look, and are not shown before
            somebody saved them.
        source: The tag of the language that messages are written in.
        render: Makes the response of a request, a template's name and its context.
        base: The template that the page stands in.
    """

    def __init__(
        self,
        dirs: Sequence[Path | str],
        *,
        allowed: Callable[[Request], bool],
        machine: MachineTranslator | None = None,
        source: str = "en",
        render: Render | None = None,
        base: str = "i18n/editor_base.html",
    ) -> None:
        self.dirs = tuple(map(Path, dirs))
        self._allowed, self._machine, self._source = allowed, machine, source
        self._render, self._base = render or _render, base

    async def __call__(self, request: Request) -> Response:
        """Answer a request."""
        await request.aform()
        return await to_thread(self.page, request)  # files are read and written

    def page(self, request: Request) -> Response:
        """Answer a request whose form has been read; blocks.

        Raises:
            Forbidden: If who sent it may not translate.
            NotFound: If there is no such catalogue.
            MethodNotAllowed: For other methods than GET, HEAD and POST.
        """
        if not self._allowed(request):
            raise Forbidden
        if request.method not in {"GET", "HEAD", "POST"}:
            raise MethodNotAllowed(["GET", "HEAD", "POST"])
        files = self._files()
        wanted = request.query.get("file")
        file = next((each for each in files if each.name == wanted), None)
        if wanted is not None and file is None:
            raise NotFound
        if file is None:
            return self._shown(request, {"files": files, "title": gettext("Translations")})
        catalogue = EditableCatalogue(file.path)
        refused: tuple[str, str, tuple[str, ...]] | None = None
        if request.method == "POST":
            refused = self._change(request, file, catalogue)
            if refused is None:
                query = request.query_string.decode("ascii", "replace")
                return Response.redirect(f"{request.root_path}{request.path}?{query}")
        return self._shown(request, self._list(request, file, catalogue.entries(), refused))

    def _change(
        self, request: Request, file: _File, catalogue: EditableCatalogue
    ) -> tuple[str, str, tuple[str, ...]] | None:
        """Save what was sent; return the key, the reason and the texts if it cannot be."""
        form = request.form()
        key = form.get("key") or ""
        texts = tuple(form.getlist("text"))
        try:
            if form.get("action") == "propose":
                texts = self._proposed(catalogue, key)
                catalogue.save(key, texts, fuzzy=True)
            else:
                catalogue.save(key, texts)
        except TranslationRefused as error:
            return key, str(error.args[1]), texts
        mark_changed(file.path.parents[2])
        return None

    def _proposed(self, catalogue: EditableCatalogue, key: str) -> tuple[str, ...]:
        entry = next((each for each in catalogue.entries() if each.key == key), None)
        if entry is None or self._machine is None:
            raise TranslationRefused(key, gettext("There is no such message any more. Load the page again."))
        # The first form is for one in nearly every language; all others begin as the plural.
        sources = [entry.message, *[entry.plural or entry.message] * (len(entry.translations) - 1)]
        try:
            proposed = tuple(self._machine(sources, self._source, catalogue.language))
        except Exception as error:
            # Whatever the service does, the page has to be shown; its error may hold a key, so it goes to the log alone.
            logging.getLogger("partita.i18n").exception("The translation service failed")
            raise TranslationRefused(key, gettext("The translation service failed.")) from error
        if len(proposed) != len(sources) or not all(isinstance(text, str) and text for text in proposed):
            raise TranslationRefused(key, gettext("The translation service did not return all texts."))
        return proposed

    def _list(
        self, request: Request, file: _File, entries: list[Entry], refused: tuple[str, str, tuple[str, ...]] | None
    ) -> dict[str, object]:
        state = request.query.get("state") or ""
        search = (request.query.get("q") or "")[:MAX_SEARCH]
        counts = {
            each: sum(entry.state == each for entry in entries) for each in ("translated", "fuzzy", "untranslated")
        }
        found = [entry for entry in entries if (not state or entry.state == state) and _holds(entry, search.casefold())]
        pages = max(1, -(-len(found) // PAGE))
        number = _page(request.query.get("page"), pages)
        shown = found[(number - 1) * PAGE : number * PAGE]
        if refused is not None and refused[0] not in {entry.key for entry in shown}:
            shown = [entry for entry in entries if entry.key == refused[0]][:1] + shown
        rows = [self._row(at, entry, refused) for at, entry in enumerate(shown)]
        query = {"file": file.name, "state": state, "q": search}
        return {
            "title": gettext("Translations into %(language)s") % {"language": _name_of(file.language)},
            "file": file,
            "rtl": is_right_to_left(file.language),
            "rows": rows,
            "counts": counts,
            "total": len(entries),
            "found": len(found),
            "state": state,
            "search": search,
            "error": refused[1] if refused is not None else "",
            "page": number,
            "pages": pages,
            "before": urlencode({**query, "page": number - 1}) if number > 1 else "",
            "after": urlencode({**query, "page": number + 1}) if number < pages else "",
            "machine": self._machine is not None,
        }

    def _row(self, at: int, entry: Entry, refused: tuple[str, str, tuple[str, ...]] | None) -> dict[str, object]:
        texts = entry.translations
        if refused is not None and refused[0] == entry.key and len(refused[2]) == len(texts):
            texts = refused[2]  # what somebody typed is not thrown away
        return {"entry": entry, "at": at, "texts": texts, "refused": refused is not None and refused[0] == entry.key}

    def _shown(self, request: Request, context: Mapping[str, object]) -> Response:
        response = self._render(
            request, TEMPLATE, {"base": self._base, "list_url": f"{request.root_path}{request.path}", **context}
        )
        return response.with_header("cache-control", "no-store")

    def _files(self) -> list[_File]:
        """Return the catalogues that there are; a request can name none but these."""
        found: list[_File] = []
        for number, folder in enumerate(self.dirs):
            for path in sorted(folder.glob("*/LC_MESSAGES/*.po")):
                language = EditableCatalogue(path).language
                found.append(_File(f"{number}/{path.parent.parent.name}/{path.stem}", language, path))
        return found


def _render(request: Request, template: str, context: Mapping[str, object]) -> Response:
    return Response.html(require(TEMPLATES).render(template, context, request))


def _holds(entry: Entry, search: str) -> bool:
    texts = (entry.message, entry.plural or "", entry.context or "", *entry.translations)
    return not search or any(search in text.casefold() for text in texts)


def _page(text: str | None, pages: int) -> int:
    if text is None or not (text.isascii() and text.isdecimal() and len(text) < 10):
        return 1
    return min(max(1, int(text)), pages)


def _name_of(language: str) -> str:
    try:
        return language_info(language, current_formats().language).name_translated
    except LanguageError:
        return language
