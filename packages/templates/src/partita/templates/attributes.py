"""HTML attributes that are handed on to an element inside a component."""

import re
from collections.abc import Iterator, Mapping

from markupsafe import Markup

from partita.text.html import escape_text

__all__ = ("Attributes", "is_attribute_name")

# The HTML standard allows more (section 13.1.2.3), but nothing that a template needs.
_NAME = re.compile(r"[@:A-Za-z_][\w@:.\-]*", re.ASCII)
_JOINED = {"class": " ", "style": "; "}


class Attributes(Mapping[str, object]):
    """Attributes of an element, in their order; shown as ``name="value"`` with spaces between.

    True shows the name alone; False and None show nothing.

    Args:
        values: By name.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, object] | None = None) -> None:
        self._values = dict(values or {})
        for name in self._values:
            if not is_attribute_name(name):
                raise ValueError(
                    f"{name[:80]!r} is no name of an HTML attribute: expected letters, digits and @ : . _ -"
                )

    def __getitem__(self, name: str) -> object:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def over(self, defaults: Mapping[str, object]) -> "Attributes":
        """Return these with ``defaults`` for what is not in them; of ``class`` and ``style`` both are kept."""
        made = Attributes({**defaults, **self._values})
        for name, between in _JOINED.items():
            parts = [
                str(values[name]) for values in (defaults, self._values) if values.get(name) not in {None, False, ""}
            ]
            if len(parts) > 1:
                made._values[name] = between.join(part.rstrip("; ") for part in parts)
        return made

    def __html__(self) -> Markup:
        return Markup(" ".join(_written(name, value) for name, value in self._values.items() if _shown(value)))

    def __str__(self) -> str:
        return self.__html__()

    def __repr__(self) -> str:
        return f"Attributes({self._values!r})"


def is_attribute_name(name: str) -> bool:
    """Whether ``name`` may be written as an attribute's name."""
    return _NAME.fullmatch(name) is not None


def _shown(value: object) -> bool:
    return value is not None and value is not False


def _written(name: str, value: object) -> str:
    if value is True:
        return name
    # Markup is no exception but for its references: a quote in it would end the attribute.
    text = str.__str__(value).replace('"', "&quot;") if isinstance(value, Markup) else escape_text(str(value))
    return f'{name}="{text}"'
