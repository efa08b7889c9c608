"""Applications for tests, made by `partita.web`."""

import pkgutil
from contextlib import AbstractContextManager
from typing import Any, cast

from partita.testing.errors import TestingError

__all__ = ("application",)


def application(*args: Any, **settings: Any) -> AbstractContextManager[Any]:
    """Build an application of `partita.web` and make it current; see `partita.web.testing.application`.

    Raises:
        TestingError: If partita-web is not installed.
    """
    try:
        # By name: web stands above this package, and a client needs no App.
        build = pkgutil.resolve_name("partita.web.testing:application")
    except ModuleNotFoundError as error:
        # Another module that is missing is not our business to explain: it may be one of the project's own.
        if error.name is None or not "partita.web.testing".startswith(error.name):
            raise
        raise TestingError("application() needs partita-web: pip install partita-testing[web]") from error
    return cast("AbstractContextManager[Any]", build(*args, **settings))
