"""Components as Python classes: props are fields, and what is worked out from them are methods."""

from typing import ClassVar

import msgspec

__all__ = ("Component",)


class Component(msgspec.Struct, kw_only=True):
    """Base of components whose props are declared in Python.

    Fields are props; their annotations are checked. The template sees them by name, and the object as ``component``::

        class Price(Component):
            template = "components/price.html"

            amount: Decimal
            currency: Literal["EUR", "USD"] = "EUR"

            def is_free(self) -> bool:
                return not self.amount

    ``{% if component.is_free %}`` works in its template. `Engine(components={"price": Price})` or
    `Library.component` makes it known.
    """

    template: ClassVar[str] = ""
    """The name of its template; by default ``components/NAME.html``."""
