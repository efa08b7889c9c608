"""What routes give an application: the ``{% url %}`` tag, a list of them, a check for doubtful ones."""

from collections.abc import Iterable

from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.commands import COMMANDS
from partita.contracts.current import Resolver
from partita.contracts.templates import TEMPLATE_LIBRARIES
from partita.urls.commands import RoutesCommand
from partita.urls.current import ROUTER

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Register the tag, the command and the check; the router itself comes from whoever knows the routes."""
    app.add(TEMPLATE_LIBRARIES, ("", "partita.urls.templatetags"))
    app.add(COMMANDS, RoutesCommand())
    app.add(CHECKS, check_routes)


def check_routes(app: Resolver) -> Iterable[Finding]:
    """Report routes that are never reached or look wrong."""
    router = app.find(ROUTER)
    for problem in router.problems() if router is not None else ():
        yield Finding(problem.id, "warning", problem.text, problem.hint)
