"""From a query's tree to a plan, by way of SQLAlchemy's expressions."""

from typing import Any, cast

from partita.orm.compiler.select import Selecting
from partita.orm.loaders import Loader
from partita.orm.plans import Plan, make_binder

__all__ = ("Compiler",)


class Compiler(Selecting):
    """Compiles one SELECT; nested ones have a compiler each, which knows the one around it."""

    def plan(self, statement: Any, load: Loader | None = None) -> Plan:
        """Return the plan of a statement."""
        compiled = statement.compile(dialect=self.backend.dialect, compile_kwargs={"render_postcompile": True})
        fixed = dict(compiled.params)
        order: list[int] = []
        converters = list(self.converters)
        constants: list[Any] = []
        for name in compiled.positiontup or ():
            if name[0] == "p" and name[1:].isdigit():
                order.append(int(name[1:]))
            else:  # a constant of ours, such as the 1 in COUNT(...) = 1
                order.append(len(self.leaves) + len(constants))
                constants.append(fixed[name])
        bind = make_binder(order, converters + [None] * len(constants))
        if not constants:
            return Plan(str(compiled), bind, load)
        fixed_leaves = [_Constant(value) for value in constants]
        return Plan(str(compiled), lambda leaves: bind([*leaves, *cast("Any", fixed_leaves)]), load)


class _Constant:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value
