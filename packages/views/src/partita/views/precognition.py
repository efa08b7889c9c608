"""Forms that are checked while they are filled in: a request that asks only whether the form is right, and changes nothing.

The protocol is Laravel's, whose libraries for browsers thus work: ``Precognition: true``, and ``Precognition-Validate-Only`` with the
names of the fields that have been filled in so far.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from partita.bridge import active, run
from partita.http import Request, Response
from partita.http.around import changed, require_request
from partita.http.drafts import HttpRequest
from partita.http.drafts.conversion import draft_response
from partita.views.generic.base import Answer, View, settle
from partita.views.generic.edit import BaseDeleteView, BaseUpdateView, sent_form

__all__ = ("PrecognitionMixin", "is_precognitive", "precognition", "precognition_response")

V = TypeVar("V", bound=Callable[..., Any])
_HEADER, _ONLY = "Precognition", "Precognition-Validate-Only"
_MAX_NAMES = 200


def is_precognitive(request: Request | HttpRequest) -> bool:
    """Tell whether a request asks only whether its form is right."""
    # In any case: a client that spells it otherwise must not find that the action ran.
    return request.headers.get(_HEADER.lower(), "").lower() == "true" and request.method not in {"GET", "HEAD"}


def precognition_response(request: Request | HttpRequest, form: Any) -> Response:
    """Answer whether a form is right: 204, or 422 with the errors by field as JSON.

    Args:
        request: What was asked; if it names fields, only their errors count.
        form: Bound, with ``errors`` by field and ``add_prefix``.
    """
    errors = {name: [str(each) for each in messages] for name, messages in form.errors.items()}
    named = request.headers.get(_ONLY.lower())
    if named is not None:
        wanted = {name.strip() for name in named.split(",", _MAX_NAMES)[:_MAX_NAMES]}
        errors = {name: messages for name, messages in errors.items() if {name, form.add_prefix(name)} & wanted}
    return _answered(request, errors)


def precognition(form_class: Callable[..., Any]) -> Callable[[V], V]:
    """Answer such requests with what ``form_class`` says of what was sent; the view is not called.

    Guards and decorators outside of this one have done their work: who may not send the form may not have it checked.

    Args:
        form_class: Called with ``data`` and ``files``.
    """

    def decorate(view: V) -> V:
        if iscoroutinefunction(view):

            @wraps(view)
            async def awaiting(request: Any, *args: object, **kwargs: object) -> Response:
                require_request(request, "precognition")
                if is_precognitive(request):
                    await request.aform()
                    return _checked(request, form_class) if active() else await run(_checked, request, form_class)
                return _varying(await view(request, *args, **kwargs))

            return cast("V", awaiting)

        @wraps(view)
        def calling(request: Any, *args: object, **kwargs: object) -> Response:
            require_request(request, "precognition")
            if is_precognitive(request):
                return _checked(request, form_class)
            return _varying(view(request, *args, **kwargs))

        return cast("V", calling)

    return decorate


class PrecognitionMixin(View):
    """A view with a form, such as a `CreateView`, that answers such requests; it stands before the view among the bases.

    Nothing but the form is made: neither ``form_valid`` nor ``form_invalid`` is called.
    """

    def dispatch(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Check the form if only that is asked for."""
        if not is_precognitive(request):
            return super().dispatch(request, *args, **kwargs)
        view = cast("Any", self)
        if request.method.lower() not in self.http_method_names or not hasattr(self, request.method.lower()):
            return self.http_method_not_allowed(request, *args, **kwargs)
        if isinstance(view, BaseUpdateView | BaseDeleteView):
            view.object = settle(view.get_object())
        return precognition_response(request, settle(view.get_form()))


def _answered(request: Request | HttpRequest, errors: Mapping[str, list[str]]) -> Response:
    if errors:
        first = next(messages[0] for messages in errors.values())
        response = Response.json({"message": first, "errors": errors}, 422)
    else:
        response = Response.empty(204).with_header("Precognition-Success", "true")
    marked = _varying(response.with_header(_HEADER, "true"))
    return draft_response(marked) if isinstance(request, HttpRequest) else marked


def _checked(request: Request | HttpRequest, form_class: Callable[..., Any]) -> Response:
    return precognition_response(request, form_class(**sent_form(request)))


def _varying(response: Response) -> Response:
    return changed(response, lambda given: given.with_vary(_HEADER))
