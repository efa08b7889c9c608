"""Responses that are rendered as late as possible, so that decorators and middleware can change template and context."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from partita.contracts.current import require
from partita.contracts.templates import TEMPLATES
from partita.http import Request
from partita.http.drafts import HttpRequest, HttpResponse
from partita.http.rendering import note_rendered
from partita.views.errors import EmptyTemplateList, ViewsError

__all__ = ("ContentNotRenderedError", "SimpleTemplateResponse", "TemplateResponse")


class ContentNotRenderedError(ViewsError, RuntimeError):
    """Somebody looked at the content of a template response that has not been rendered."""


class SimpleTemplateResponse(HttpResponse):
    """A response that is a template and a context until it is rendered.

    Args:
        template: Its name, several names of which the first that exists is taken, or something with ``render(context)``.
        context: Names for the template; it may be changed until then.
        content_type: HTML by default.
        status: From 200 to 599.
        charset: Of the text.
        using: Kept for code that reads it; an application has one engine.
        headers: By name.
    """

    rendering_attrs = ("template_name", "context_data", "_post_render_callbacks")
    """What is left behind when the response is pickled, as a cache does."""

    def __init__(
        self,
        template: Any,
        context: Mapping[str, object] | None = None,
        content_type: str | None = None,
        status: int | None = None,
        charset: str | None = None,
        using: str | None = None,
        headers: Mapping[str, object] | None = None,
    ) -> None:
        self.template_name: Any = template
        self.context_data = context
        self.using = using
        self._post_render_callbacks: list[Callable[[Any], Any]] = []
        self._request: Any = None
        self._is_rendered = True  # the base class sets an empty content, which does not count
        super().__init__(b"", content_type, status, charset=charset, headers=headers)
        self._is_rendered = False

    @property
    def is_rendered(self) -> bool:
        """Whether there is content."""
        return self._is_rendered

    def resolve_context(self, context: Mapping[str, object] | None) -> Mapping[str, object] | None:
        """Return the context to render with."""
        return context

    def resolve_template(self, template: Any) -> Any:
        """Return the template or the names to render."""
        return template

    @property
    def rendered_content(self) -> str:
        """The text of the template, rendered now, whether the response is or not."""
        template, context = self._resolved()
        if not isinstance(template, str | list | tuple):
            return str(_renderer(template)(context, self._request))
        names = _names(template)
        for name in names:
            try:
                return self._noted(name, context, require(TEMPLATES).render(name, context, self._request))
            except LookupError as error:
                _raise_unless_missing(error, name, names)
        raise EmptyTemplateList

    async def arendered_content(self) -> str:
        """Async twin of `rendered_content`."""
        template, context = self._resolved()
        if not isinstance(template, str | list | tuple):
            return str(_renderer(template)(context, self._request))
        names = _names(template)
        for name in names:
            try:
                text = await require(TEMPLATES).arender(name, context, self._request)
                return self._noted(name, context, text)
            except LookupError as error:
                _raise_unless_missing(error, name, names)
        raise EmptyTemplateList

    def add_post_render_callback(self, callback: Callable[[Any], Any]) -> None:
        """Call ``callback`` with the response once it is rendered, at once if it is; what it returns takes the response's place."""
        if self._is_rendered:
            callback(self)
        else:
            self._post_render_callbacks.append(callback)

    def render(self) -> Any:
        """Render, unless that has been done; return the response, or what a callback put in its place."""
        if self._is_rendered:
            return self
        return self._finish(self.rendered_content)

    async def arender(self) -> Any:
        """Async twin of `render`."""
        if self._is_rendered:
            return self
        return self._finish(await self.arendered_content())

    @property
    def content(self) -> bytes:
        """The text as bytes.

        Raises:
            ContentNotRenderedError: If it has not been rendered.
        """
        self._require_rendered("accessed")
        return super().content

    @content.setter
    def content(self, value: object) -> None:
        HttpResponse.content.fset(self, value)  # type: ignore[attr-defined]  # a property
        self._is_rendered = True

    def __iter__(self) -> Any:
        self._require_rendered("iterated over")
        return super().__iter__()

    def __getstate__(self) -> dict[str, Any]:
        if not self._is_rendered:
            raise ContentNotRenderedError("The response content must be rendered before it can be pickled.")
        left = {*self.rendering_attrs, "_request"}
        return {name: value for name, value in self.__dict__.items() if name not in left}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._request = None

    def _resolved(self) -> tuple[Any, dict[str, object]]:
        context = self.resolve_context(self.context_data)
        if context is not None and not isinstance(context, Mapping):
            kind = type(context).__name__
            raise TypeError(
                f"the context must be a mapping of names and values, such as {{'album': album}}, got {kind}"
            )
        return self.resolve_template(self.template_name), dict(context or {})

    def _noted(self, name: str, context: Mapping[str, object], text: str) -> str:
        note_rendered(self._request, name, context)
        return text

    def _finish(self, text: str) -> Any:
        self.content = text
        answered: Any = self
        for callback in self._post_render_callbacks:
            answered = callback(answered) or answered
        return answered

    def _require_rendered(self, what: str) -> None:
        if not self._is_rendered:
            raise ContentNotRenderedError(f"The response content must be rendered before it can be {what}.")


class TemplateResponse(SimpleTemplateResponse):
    """A `SimpleTemplateResponse` whose template has the request, and what context processors give.

    Args:
        request: What is answered.
        template: See `SimpleTemplateResponse`, as for the others.
        context: See `SimpleTemplateResponse`.
        content_type: See `SimpleTemplateResponse`.
        status: See `SimpleTemplateResponse`.
        charset: See `SimpleTemplateResponse`.
        using: See `SimpleTemplateResponse`.
        headers: See `SimpleTemplateResponse`.
    """

    def __init__(
        self,
        request: Request | HttpRequest,
        template: Any,
        context: Mapping[str, object] | None = None,
        content_type: str | None = None,
        status: int | None = None,
        charset: str | None = None,
        using: str | None = None,
        headers: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(template, context, content_type, status, charset, using, headers)
        self._request = request


def _renderer(template: Any) -> Callable[..., object]:
    render = getattr(template, "render", None)
    if not callable(render):
        raise TypeError(
            f"expected the name of a template, names, or a template, got {type(template).__name__}; "
            "the request comes first: render(request, 'shop/album.html', context)"
        )
    return render  # type: ignore[no-any-return]  # whatever it gives is made text


def _names(template: "str | Sequence[str]") -> list[str]:
    return [template] if isinstance(template, str) else list(template)


def _raise_unless_missing(error: LookupError, name: str, names: list[str]) -> None:
    # Only if it is this template that is missing, not one that it includes or a key that it looks up.
    if name == names[-1] or getattr(error, "name", None) != name:
        raise error
