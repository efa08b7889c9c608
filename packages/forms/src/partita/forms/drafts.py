"""Drafts: what was typed into a form is kept before it is sent, and is there again when the page is opened anew.

A page that shows `draft_controls` in its form has a button that keeps a draft. With ``drafts.js`` of this package (`DRAFTS_SCRIPT`
names it for ``class Media``) the page does so itself, a second after the last key and when it is left. A view asks first::

    drafts = Drafts(SessionDrafts(request.session))
    if request.method == "POST":
        form = Application(request.form())
        if is_draft(form.data):
            drafts.save(form, "application")
            return Response(status=204) or show the form again
        if form.is_valid():
            drafts.forget("application")
    else:
        form = drafts.resume(Application, "application")
"""

import json
import time
from collections.abc import Callable, Collection, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from markupsafe import Markup

from partita.contracts.i18n import gettext
from partita.forms.data import FormData, has_value
from partita.forms.fields import CaptchaField, Field, HoneypotField, ValueSigner
from partita.forms.form import BaseForm
from partita.forms.media import Script
from partita.forms.rendering.attributes import fill_html
from partita.forms.widgets import MultiWidget, PasswordInput, Widget
from partita.validation import Message

__all__ = (
    "DRAFTS_SCRIPT",
    "DRAFTS_SCRIPT_FILE",
    "DRAFT_BUTTON_NAME",
    "DraftStore",
    "Drafts",
    "SessionDrafts",
    "SignedDrafts",
    "draft_controls",
    "is_draft",
)

DRAFT_BUTTON_NAME: Final = "draft-save"
"""What is sent along if a draft shall be kept, instead of the form being sent."""
DRAFTS_SCRIPT_FILE: Final = Path(__file__).with_name("static") / "partita" / "forms" / "drafts.js"
"""The script."""
DRAFTS_SCRIPT: Final = Script("partita/forms/drafts.js", defer=True)
"""The script as a file of ``class Media``."""

_TWO_WEEKS: Final = 14 * 86_400.0
_SECRET: Final = frozenset({"off", "one-time-code", "current-password", "new-password"})

F = TypeVar("F", bound=BaseForm)


class DraftStore(Protocol):
    """Keeps texts under keys for one person: `SessionDrafts`, `SignedDrafts`, or a table of yours."""

    def load(self, key: str, /) -> str | None:
        """Return the text, or None if there is none."""
        ...

    def save(self, key: str, text: str, /) -> None:
        """Keep the text in place of the one before."""
        ...

    def delete(self, key: str, /) -> None:
        """Forget the text, if there is one."""
        ...


class SessionDrafts:
    """Drafts in a session, or in any mapping.

    Args:
        session: Takes a mapping of texts under ``name``.
        name: Where in the session.
        most: Drafts kept; the oldest goes when one more comes.
    """

    def __init__(self, session: MutableMapping[str, Any], name: str = "drafts", most: int = 5) -> None:
        self.session, self.name, self.most = session, name, most

    def load(self, key: str) -> str | None:
        """Return the text, or None."""
        text = self._all().get(key)
        return text if isinstance(text, str) else None

    def save(self, key: str, text: str) -> None:
        """Keep the text."""
        kept = {name: value for name, value in self._all().items() if name != key}
        kept[key] = text
        self.session[self.name] = dict(list(kept.items())[-self.most :])  # another value, so that the session is saved

    def delete(self, key: str) -> None:
        """Forget the text."""
        kept = self._all()
        if key in kept:
            self.session[self.name] = {name: value for name, value in kept.items() if name != key}

    def _all(self) -> Mapping[str, Any]:
        kept = self.session.get(self.name)
        return kept if isinstance(kept, Mapping) else {}


class SignedDrafts:
    """One draft in a signed value that the browser keeps, such as a cookie: nothing is stored on the server.

    Anybody who has the value can read it, and an older one of the same person passes too. Send `value` back after `Drafts.save` and
    `Drafts.forget`; None means that the cookie is to be deleted.

    Args:
        signer: Signs with a salt of its own, see `SignedHiddenField`.
        value: What the browser sent, if anything. What is no good counts as nothing.
    """

    def __init__(self, signer: ValueSigner, value: str | None = None) -> None:
        self.signer, self.value = signer, value

    def load(self, key: str) -> str | None:
        """Return the text, or None if there is none for this key, or none that was signed here."""
        try:
            kept, _, text = self.signer.unsign(self.value or "").partition("\n")
        except ValueError:
            return None
        return text if kept == key else None

    def save(self, key: str, text: str) -> None:
        """Sign key and text."""
        self.value = self.signer.sign(f"{key}\n{text}")

    def delete(self, key: str) -> None:
        """Forget the value if it is for this key."""
        if self.load(key) is not None:
            self.value = None


class Drafts:
    """Keeps what was typed into forms as it was typed, valid or not, and fills new forms with it.

    Passwords, files, hidden fields, questions for people, and fields whose ``autocomplete`` says that browsers shall not remember them
    (``off``, ``one-time-code``, card data) are never kept.

    Args:
        store: Where the drafts of one person are.
        max_characters: Longer drafts are not kept; for a cookie take 3000.
        max_seconds: Older drafts count as none.
        clock: Returns seconds since 1970.
    """

    def __init__(
        self,
        store: DraftStore,
        *,
        max_characters: int = 100_000,
        max_seconds: float = _TWO_WEEKS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.store, self.max_characters, self.max_seconds, self.clock = store, max_characters, max_seconds, clock

    def save(self, form: BaseForm, key: str, exclude: Collection[str] = ()) -> bool:
        """Keep what was sent, without validating it.

        Args:
            form: A bound form.
            key: One for each form that a person may have open, such as ``application`` or ``edit-17``.
            exclude: More fields that are not to be kept.

        Returns:
            False if it was too long, so that the draft before still stands.

        Raises:
            ValueError: If the form is not bound.
        """
        if not form.is_bound:
            raise ValueError(
                f"{type(form).__name__} was not sent, so there is no draft: give it the data of the request."
            )
        values: dict[str, object] = {}
        room = self.max_characters
        for name, field in form.fields.items():
            if name in exclude or not _may_be_kept(field):
                continue
            value = form[name].data
            if _is_plain(value):
                values[name] = value
                room -= _length(value)
                if room < 0:  # before it is written out
                    return False
        text = json.dumps({"at": int(self.clock()), "values": values}, separators=(",", ":"), ensure_ascii=False)
        if len(text) > self.max_characters:
            return False
        self.store.save(key, text)
        return True

    def resume(self, form: type[F], key: str, **kwargs: Any) -> F:
        """Return an unbound form that shows the draft, or its initial values if there is none.

        Args:
            form: The class of the form.
            key: That of `save`.
            **kwargs: More arguments for the form; what the draft has wins over ``initial``.
        """
        initial = dict(kwargs.pop("initial", None) or {})
        made = form(initial=initial, **kwargs)
        drafted = self.values(key)
        for name, field in made.fields.items():
            if name in drafted and _may_be_kept(field) and _is_plain(drafted[name]):
                made.initial[name] = drafted[name]
        return made

    def values(self, key: str) -> dict[str, Any]:
        """Return what was typed, by field; empty if there is no draft, or one that is too old."""
        text = self.store.load(key)
        try:
            if not text or len(text) > self.max_characters:
                return {}
            draft = json.loads(text)
            return dict(draft["values"]) if self.clock() - float(draft["at"]) <= self.max_seconds else {}
        except (ValueError, TypeError, KeyError, RecursionError):  # written by an older version, or by somebody else
            return {}

    def forget(self, key: str) -> None:
        """Forget the draft, as when the form was sent."""
        self.store.delete(key)


def is_draft(data: FormData) -> bool:
    """Tell whether a draft shall be kept: the button was pressed, or the script has sent the form."""
    return has_value(data, DRAFT_BUTTON_NAME)


def draft_controls(label: Message | None = None) -> Markup:
    """Return the button, and the place where the script tells screen readers what it has done; both belong into the form.

    Args:
        label: What stands on the button.
    """
    return fill_html(
        '<div data-draft="%s" data-draft-saved="%s" data-draft-failed="%s">'
        '<button type="submit" name="%s" value="1" formnovalidate>%s</button> <span role="status"></span></div>',
        DRAFT_BUTTON_NAME,
        gettext("Draft saved."),
        gettext("The draft could not be saved."),
        DRAFT_BUTTON_NAME,
        gettext("Save draft") if label is None else label,
    )


def _may_be_kept(field: Field) -> bool:
    if field.disabled or isinstance(field, CaptchaField | HoneypotField):
        return False
    widget = field.widget
    parts: list[Widget] = [widget, *(widget.widgets if isinstance(widget, MultiWidget) else ())]
    return not any(
        part.is_hidden or part.needs_multipart_form or isinstance(part, PasswordInput) or _is_secret(part)
        for part in parts
    )


def _is_secret(widget: Widget) -> bool:
    tokens = str(widget.attrs.get("autocomplete") or "").lower().split()
    return any(token in _SECRET or token.startswith("cc-") for token in tokens)


def _is_plain(value: object) -> bool:
    """Tell whether JSON gives back the same value."""
    if isinstance(value, list):
        return all(one is None or type(one) in {str, bool} for one in value)
    return value is None or type(value) in {str, bool}


def _length(value: object) -> int:
    if isinstance(value, list):
        return sum(_length(one) for one in value)
    return len(value) if isinstance(value, str) else 4
