"""Decorators that keep values out of error reports: what a function has in its variables, what a form was filled in with."""

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from partita.http import Slot
from partita.http.around import around

__all__ = ("ALL", "SENSITIVE_POST", "SENSITIVE_VARIABLES", "sensitive_post_parameters", "sensitive_variables")

V = TypeVar("V", bound=Callable[..., Any])

ALL = "*"
"""Stands for every name."""
SENSITIVE_POST = Slot[tuple[str, ...]]("partita.views.sensitive_post")
"""Fields of this request's form that no report shows."""
SENSITIVE_VARIABLES = "partita_sensitive_variables"
"""The variable of a frame that tells reports what to hide in the next one."""


def sensitive_variables(*variables: str) -> Callable[[V], V]:
    """Hide the values of a function's variables in error reports.

    Args:
        variables: Their names; without any all are hidden.

    Raises:
        TypeError: If it is used without parentheses.
    """
    if variables and callable(variables[0]):
        raise TypeError(
            "sensitive_variables() must be called to use it as a decorator, e.g., use @sensitive_variables()."
        )
    names = variables or (ALL,)

    def decorate(function: V) -> V:
        # Reports look for this variable by its name; see SENSITIVE_VARIABLES.
        if iscoroutinefunction(function):

            @wraps(function)
            async def awaiting(*args: Any, **kwargs: Any) -> Any:
                partita_sensitive_variables = names  # noqa: F841
                return await function(*args, **kwargs)

            return cast("V", awaiting)

        @wraps(function)
        def calling(*args: Any, **kwargs: Any) -> Any:
            partita_sensitive_variables = names  # noqa: F841
            return function(*args, **kwargs)

        return cast("V", calling)

    return decorate


def sensitive_post_parameters(*parameters: str) -> Callable[[V], V]:
    """Hide what was sent with fields of a form in error reports.

    Args:
        parameters: Names of the fields; without any all are hidden.

    Raises:
        TypeError: If it is used without parentheses.
    """
    if parameters and callable(parameters[0]):
        raise TypeError(
            "sensitive_post_parameters() must be called to use it as a decorator, e.g., use @sensitive_post_parameters()."
        )

    def mark(request: Any) -> None:
        request.state.fill(SENSITIVE_POST, parameters or (ALL,))

    return lambda view: around(view, before=mark, name="sensitive_post_parameters")
