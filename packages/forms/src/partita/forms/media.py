"""The scripts and style sheets that widgets and forms need, collected, merged in order, and written as HTML."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeAlias
from urllib.parse import quote

from markupsafe import Markup

from partita.contracts.current import find
from partita.contracts.static import ASSET_URL
from partita.forms.rendering.attributes import attributes_text, quoted_text

__all__ = ("Media", "MediaAsset", "MediaOrderConflictWarning", "Script", "Stylesheet", "add_media")


class MediaOrderConflictWarning(RuntimeWarning):
    """Two lists of files want them in opposite orders."""


class MediaAsset:
    """One file as an HTML element with attributes. Two are equal if they are about the same file with the same attributes.

    Args:
        path: A URL, or the name of a static file.
        **attributes: Of the element; True writes the bare name.
    """

    element_template: str = "{path}"
    """Holds ``{path}`` and ``{attributes}``, which begin with a space."""

    def __init__(self, path: str, **attributes: object) -> None:
        self._path, self.attributes = path, attributes

    @property
    def path(self) -> str:
        """The URL of the file."""
        return asset_url(self._path)

    def render(self, attrs: Mapping[str, object] | None = None) -> Markup:
        """Return the element.

        Args:
            attrs: More attributes, such as the nonce of a content security policy; those of the file win.
        """
        attributes = attributes_text({**(attrs or {}), **self.attributes})
        return Markup(self.element_template.format(path=quoted_text(self.path), attributes=attributes))

    def __html__(self) -> str:
        return self.render()

    def __str__(self) -> str:
        return self.render()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, MediaAsset):
            return type(self) is type(other) and (self.path, self.attributes) == (other.path, other.attributes)
        # A plain name is the same file too: who merges both shall get it once.
        return isinstance(other, str) and not self.attributes and other == self._path

    def __hash__(self) -> int:
        return hash(self._path)

    def __repr__(self) -> str:
        more = "".join(f", {name}={value!r}" for name, value in self.attributes.items())
        return f"{type(self).__name__}({self._path!r}{more})"


class Script(MediaAsset):
    """A script: ``Script("shop/map.js", defer=True, type="module")``."""

    element_template = '<script src="{path}"{attributes}></script>'

    def __init__(self, src: str, **attributes: object) -> None:
        super().__init__(src, **attributes)


class Stylesheet(MediaAsset):
    """A style sheet: ``Stylesheet("shop/map.css", media="print")``."""

    element_template = '<link href="{path}" rel="stylesheet"{attributes}>'

    def __init__(self, href: str, **attributes: object) -> None:
        super().__init__(href, **attributes)


Asset: TypeAlias = "str | MediaAsset | Any"
"""The name of a file, or anything with ``__html__``."""


class Media:
    """Lists of files: scripts, and style sheets by the medium they are for. ``+`` merges two, each file once.

    Args:
        definition: A class with ``css`` and ``js``, as ``class Media`` of a widget or form is.
        css: Lists of style sheets by medium, such as ``{"all": ["shop/map.css"]}``.
        js: Scripts.
    """

    __slots__ = ("_css_lists", "_js_lists")

    _TYPES: ClassVar[tuple[str, ...]] = ("css", "js")

    def __init__(
        self,
        definition: Any = None,
        css: Mapping[str, Sequence[Asset]] | None = None,
        js: Sequence[Asset] | None = None,
    ) -> None:
        if definition is not None:
            css, js = getattr(definition, "css", None), getattr(definition, "js", None)
        self._css_lists: list[Mapping[str, Sequence[Asset]]] = [css] if css else []
        self._js_lists: list[Sequence[Asset]] = [js] if js else []

    @property
    def css(self) -> dict[str, list[Asset]]:
        """The style sheets by medium, merged."""
        lists: dict[str, list[Sequence[Asset]]] = {}
        for sheets in self._css_lists:
            for medium, one in sheets.items():
                lists.setdefault(medium, []).append(one)
        return {medium: merge(several) for medium, several in lists.items()}

    @property
    def js(self) -> list[Asset]:
        """The scripts, merged."""
        return merge(self._js_lists)

    def render(self, attrs: Mapping[str, object] | None = None) -> Markup:
        """Return all elements, style sheets first.

        Args:
            attrs: Attributes for each of them, such as ``{"nonce": nonce}``.
        """
        return Markup("\n").join([*self.render_css(attrs), *self.render_js(attrs)])

    def render_js(self, attrs: Mapping[str, object] | None = None) -> list[Markup]:
        """Return an element for each script."""
        return [_element(Script, path, attrs) for path in self.js]

    def render_css(self, attrs: Mapping[str, object] | None = None) -> list[Markup]:
        """Return an element for each style sheet, by medium in alphabetical order."""
        css = self.css
        return [
            _element(Stylesheet, path, {"media": medium, **(attrs or {})})
            for medium in sorted(css)
            for path in css[medium]
        ]

    def absolute_path(self, path: str) -> str:
        """Return the URL of a file."""
        return asset_url(path)

    def __add__(self, other: "Media") -> "Media":
        both = Media()
        both._css_lists = [one for one in _once([*self._css_lists, *other._css_lists]) if one]
        both._js_lists = [one for one in _once([*self._js_lists, *other._js_lists]) if one]
        return both

    def __getitem__(self, name: str) -> "Media":
        """Return only the files of one kind, ``css`` or ``js``."""
        if name not in self._TYPES:
            raise KeyError(f"{name[:80]!r} is no kind of media, expected css or js.")
        part = Media()
        if name == "css":
            part._css_lists = self._css_lists
        else:
            part._js_lists = self._js_lists
        return part

    def __bool__(self) -> bool:
        return bool(self._css_lists or self._js_lists)

    def __html__(self) -> str:
        return self.render()

    def __str__(self) -> str:
        return self.render()

    def __repr__(self) -> str:
        return f"Media(css={self.css!r}, js={self.js!r})"


def asset_url(path: str) -> str:
    """Return the URL of a file; what is a URL or an absolute path already stays as it is.

    Where no application makes URLs of names, they go behind ``/static/``.
    """
    if path.startswith(("http://", "https://", "/")):
        return path
    make = find(ASSET_URL)
    return f"/static/{quote(path)}" if make is None else make(path)


def merge(lists: Iterable[Sequence[Asset]]) -> list[Asset]:
    """Return each file once, in an order that all lists agree with.

    If there is no such order, `MediaOrderConflictWarning` names the files, and the first mention of each counts.
    """
    from graphlib import CycleError, TopologicalSorter  # few forms have files in several lists

    sorter: TopologicalSorter[Asset] = TopologicalSorter()
    everything: dict[Asset, None] = {}
    for files in lists:
        before = None
        for index, file in enumerate(files):
            everything.setdefault(file)
            sorter.add(file, *([before] if index and before != file else []))
            before = file
    try:
        return list(sorter.static_order())
    except CycleError as error:
        names = ", ".join(map(repr, dict.fromkeys(error.args[1])))
        warnings.warn(
            f"Lists of media files want these in opposite orders: {names}.", MediaOrderConflictWarning, stacklevel=2
        )
        return list(everything)


def add_media(cls: type[Any]) -> None:
    """Give a class that was just made the property ``media`` that its ``class Media`` asks for.

    The files of the bases come first; ``extend = False`` leaves them out, ``extend = ["css"]`` takes those of one kind.
    """
    definition = vars(cls).get("Media")
    if definition is None or "media" in vars(cls):
        return
    extend = getattr(definition, "extend", True)

    def media(self: Any) -> Media:
        own = Media(definition)
        if not extend:
            return own
        below: Media = super(cls, self).media  # pyright: ignore[reportAttributeAccessIssue] - the bases of cls have it
        if extend is True:
            return below + own
        parts = Media()
        for name in extend:
            parts += below[name]
        return parts + own

    setattr(cls, "media", property(media))  # noqa: B010 - the class is one that is not known here


def _element(kind: type[MediaAsset], path: Asset, attrs: Mapping[str, object] | None) -> Markup:
    if isinstance(path, MediaAsset):
        more = {name: value for name, value in (attrs or {}).items() if name != "media"}
        return path.render(more)
    render = getattr(path, "__html__", None)
    if render is not None:
        return Markup(render())
    return kind(str(path)).render(attrs)


def _once(lists: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for one in lists:
        if one not in kept:
            kept.append(one)
    return kept
