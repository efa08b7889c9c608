"""Views as classes: a method for each HTTP method, one instance for each request."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import isawaitable, iscoroutine, iscoroutinefunction
from typing import Any, TypeAlias, TypeVar, cast
from urllib.parse import quote

from partita.bridge import active, drive, run, wait
from partita.http import MethodNotAllowed, Request, Response, StatusError
from partita.http.drafts import (
    HttpRequest,
    HttpResponse,
    HttpResponseGone,
    HttpResponseNotAllowed,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from partita.urls import reverse
from partita.views.errors import ViewConfigurationError
from partita.views.shortcuts import render
from partita.views.template_response import TemplateResponse

__all__ = (
    "Answer",
    "ContextMixin",
    "RedirectView",
    "TemplateResponseMixin",
    "TemplateView",
    "View",
    "asked",
    "own_path",
    "quoted",
    "settle",
)

_log = logging.getLogger("partita.request")
T = TypeVar("T")
Answer: TypeAlias = Response | Awaitable[Response]
"""What a method of a view gives: a response, or one to be awaited."""

# Left as they are in a path or query; a captured "&", "#" or "?" must not end the part it was put in.
_SAFE = "/~:@!$'()*,;="


class View:
    """Base of all class-based views: ``get()`` answers ``GET``, ``post()`` answers ``POST``, and so on.

    The methods may be ``async def``; then, or if `on_loop` is set, `as_view` gives an async view. All else may stay sync: beneath
    an async view, queries and templates are awaited natively through the bridge.

    Args:
        options: Attributes to set, which the class must have.
    """

    http_method_names: Sequence[str] = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
    """Methods that are answered if the class has them."""
    on_loop: bool = False
    """Whether sync methods run on the event loop instead of in a thread; see `partita.views.on_loop`."""

    request: Request
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __init__(self, **options: Any) -> None:
        for name, value in options.items():
            setattr(self, name, value)

    @classmethod
    def as_view(cls, **options: Any) -> Callable[..., Any]:
        """Return a view for a route.

        Args:
            options: Attributes of the instances, such as ``template_name``.

        Raises:
            ViewConfigurationError: If the class has no such attribute, or it is the name of an HTTP method.
        """
        for name in options:
            if name in cls.http_method_names:
                raise ViewConfigurationError(f"{cls.__name__}.as_view({name}=...): that is a method, not an option")
            if not hasattr(cls, name):
                raise ViewConfigurationError(
                    f"{cls.__name__}.as_view({name}=...): {cls.__name__} has no such attribute"
                )

        def answer(request: Request, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Answer:
            self = cls(**options)
            self.setup(request, *args, **kwargs)
            if not hasattr(self, "request"):
                raise ViewConfigurationError(f"{cls.__name__}.setup() must call super().setup()")
            return self.dispatch(request, *args, **kwargs)

        if cls.on_loop or options.get("on_loop") or cls.view_is_async():

            async def awaiting(request: Request, *args: Any, **kwargs: Any) -> Any:
                # What is no response goes on as it is: whoever calls the view says what is wrong with it.
                if active():  # beneath an application: sync code may wait here already
                    answered: Any = answer(request, args, kwargs)
                    return await answered if hasattr(answered, "__await__") else answered
                answered = await run(answer, request, args, kwargs)
                return await drive(_steps(answered)) if hasattr(answered, "__await__") else answered

            view: Any = awaiting
        else:

            def calling(request: Request, *args: Any, **kwargs: Any) -> Answer:
                return answer(request, args, kwargs)

            view = calling
        view.__name__, view.__qualname__ = cls.__name__, cls.__qualname__
        view.__module__, view.__doc__ = cls.__module__, cls.__doc__
        view.view_class, view.view_initkwargs = cls, options
        view.__dict__.update(cls.dispatch.__dict__)  # what decorators of the whole view have left there
        return cast("Callable[..., Any]", view)

    @classmethod
    def view_is_async(cls) -> bool:
        """Tell whether a method that answers requests, or one that these call, is ``async def``."""
        hooks = {name for base in cls.__mro__ if base.__module__.startswith(__package__ or "") for name in vars(base)}
        found = [getattr(cls, name, None) for name in (*cls.http_method_names, *hooks) if not name.startswith("__")]
        # Only what can be called: a lazy text, such as an URL, would be looked up if it were asked for marks of coroutines.
        return any(iscoroutinefunction(each) for each in found if callable(each))

    def setup(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Keep what the other methods need; called before `dispatch`."""
        if not hasattr(self, "head") and hasattr(self, "get"):
            vars(self)["head"] = vars(self).get("get") or cast("Any", self).get
        self.request, self.args, self.kwargs = request, args, kwargs

    def dispatch(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Call the method of the request's name."""
        name = request.method.lower()
        handler = getattr(self, name, None) if name in self.http_method_names else None
        if handler is None:
            return self.http_method_not_allowed(request, *args, **kwargs)
        return cast("Answer", handler(request, *args, **kwargs))

    def http_method_not_allowed(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Answer a method that the class does not have.

        Raises:
            MethodNotAllowed: Unless it is overridden; for a draft the answer is returned.
        """
        if isinstance(request, HttpRequest):
            _log.warning("Method Not Allowed (%s): %r", request.method, request.path[:200])
            return HttpResponseNotAllowed(self._allowed_methods())
        raise MethodNotAllowed(self._allowed_methods())

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Answer ``OPTIONS`` with the methods there are."""
        allowed = {"Allow": ", ".join(self._allowed_methods())}
        return HttpResponse(headers=allowed) if isinstance(request, HttpRequest) else Response(b"", 200, allowed)

    def _allowed_methods(self) -> list[str]:
        return [name.upper() for name in self.http_method_names if hasattr(self, name)]


class ContextMixin:
    """Names for a template."""

    extra_context: Mapping[str, Any] | None = None
    """More of them."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the names: those given, ``view``, and `extra_context`."""
        return {"view": self, **kwargs, **(self.extra_context or {})}


class TemplateResponseMixin:
    """Answers with a template."""

    template_name: str | None = None
    template_engine: str | None = None
    """For a `response_class` that reads it; an application has one engine."""
    response_class: Callable[..., Response] = TemplateResponse
    """Makes the answer of ``request``, ``template``, ``context``, ``using`` and what `render_to_response` is given."""
    content_type: str | None = None

    request: Request

    def render_to_response(self, context: Mapping[str, Any], **response_kwargs: Any) -> Response:
        """Answer with the first of `get_template_names` that exists, rendered when the answer leaves.

        A plain request is answered at once with a plain response, unless there is a `response_class` of the view's own, or something is
        given that only a draft takes.

        Args:
            context: Names for the template.
            response_kwargs: For `response_class`, such as ``status`` and ``headers``; ``content_type`` instead of the attribute.
        """
        names = self.get_template_names()
        given = {"content_type": self.content_type, **response_kwargs}
        is_usual = self.response_class is TemplateResponse and given.keys() <= {"content_type", "status"}
        if is_usual and not isinstance(self.request, HttpRequest):
            return render(self.request, names, context, given["content_type"], given.get("status"))
        return self.response_class(
            request=self.request, template=names, context=context, using=self.template_engine, **given
        )

    def get_template_names(self) -> list[str]:
        """Return the names of templates to try.

        Raises:
            ViewConfigurationError: If `template_name` is not set.
        """
        if self.template_name is None:
            raise ViewConfigurationError(f"{type(self).__name__} needs template_name, or get_template_names()")
        return [self.template_name]


class TemplateView(TemplateResponseMixin, ContextMixin, View):
    """Answers with a template, which gets what the route captured."""

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Answer with the template."""
        return self.render_to_response(settle(self.get_context_data(**kwargs)))


class RedirectView(View):
    """Redirects, whatever the method."""

    permanent: bool = False
    preserve_request: bool = False
    """Whether the client repeats its method and body there."""
    url: str | None = None
    """Where to, with ``%(name)s`` for what the route captured."""
    pattern_name: str | None = None
    """The name of a route that takes what this one captured, instead of `url`."""
    query_string: bool = False
    """Whether the query goes along."""

    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str | None:
        """Return where to; None answers 410.

        Raises:
            NoReverseMatch: If `pattern_name` is no route, or does not take what this one captured.
        """
        if self.url:
            template = str(self.url)
            url = own_path(template, template % {name: quoted(value) for name, value in kwargs.items()})
        elif self.pattern_name:
            url = reverse(self.pattern_name, args=args, kwargs=kwargs)
        else:
            return None
        if not self.query_string:
            return url
        request: Any = self.request
        query = (
            request.META.get("QUERY_STRING", "")
            if isinstance(request, HttpRequest)
            else request.query_string.decode("latin-1")
        )
        if not query:
            return url
        before, mark, fragment = url.partition("#")
        return f"{before}{'&' if '?' in before else '?'}{query}{mark}{fragment}"

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Redirect.

        Raises:
            StatusError: 410, if there is nowhere to go to; for a draft the answer is returned.
        """
        url = settle(self.get_redirect_url(*args, **kwargs))
        if isinstance(request, HttpRequest):
            if not url:
                _log.warning("Gone: %r", request.path[:200])
                return HttpResponseGone()
            kind = HttpResponsePermanentRedirect if self.permanent else HttpResponseRedirect
            return kind(url, preserve_request=self.preserve_request)
        if not url:
            raise StatusError(410)
        return Response.redirect(url, self.permanent, self.preserve_request)

    def head(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Redirect."""
        return self.get(request, *args, **kwargs)

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Redirect."""
        return self.get(request, *args, **kwargs)

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Redirect."""
        return self.get(request, *args, **kwargs)

    def put(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Redirect."""
        return self.get(request, *args, **kwargs)

    def patch(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Redirect."""
        return self.get(request, *args, **kwargs)

    def delete(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Redirect."""
        return self.get(request, *args, **kwargs)


def settle(value: "T | Awaitable[T]") -> T:
    """Return what a hook gave, which is awaited if the hook was overridden by an ``async def``."""
    if not isawaitable(value):
        return value
    if not active():
        return cast("T", wait(value))  # which tells that nothing above can wait for it
    # Driven itself, for what it calls of its base class may wait as well: for a query, or for another hook.
    return cast("T", wait(drive(value if iscoroutine(value) else _steps(value))))


async def _steps(answered: Awaitable[T]) -> T:
    return await answered


def asked(request: Request | HttpRequest, name: str) -> str | None:
    """Return what the query says under ``name``; a draft says it by ``GET``, in whose place somebody may have put another."""
    return request.GET.get(name) if isinstance(request, HttpRequest) else request.query.get(name)


def quoted(value: object) -> object:
    """Return what may stand in the path of a URL for ``value``; numbers as they are, for formats such as ``%(pk)04d``."""
    return value if isinstance(value, int | float) else quote(str(value), safe=_SAFE)


def own_path(template: str, url: str) -> str:
    """Return ``url``, made of ``template``, so that no value in it turns a path of this site into the name of another host."""
    if template.startswith("/") and not template.startswith("//") and url.startswith(("//", "/\\")):
        return f"/%2F{url[2:]}"
    return url
