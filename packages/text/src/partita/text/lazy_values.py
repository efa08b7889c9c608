"""Values that are made when they are needed: anew each time (`lazy`), or once (`SimpleLazyObject`)."""

import copy
import operator
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar, cast

from partita.contracts.i18n import LazyText

__all__ = ("LazyObject", "LazyValue", "SimpleLazyObject", "empty", "format_lazy", "keep_lazy", "keep_lazy_text", "lazy",
           "lazystr")  # fmt: skip

P = ParamSpec("P")
T = TypeVar("T")


class _Empty:
    __slots__ = ()

    def __repr__(self) -> str:
        return "<empty>"


empty: Final = _Empty()
"""What a `LazyObject` holds before it is set up."""


def lazy(function: Callable[P, T], *types: type) -> Callable[P, T]:
    """Return a function whose results are made when they are used, anew each time.

    Args:
        function: Called with the same arguments, each time the value is looked at.
        types: What it returns. Text becomes a `LazyText`, which forms, models and templates take.
    """
    text = any(issubclass(kind, str) for kind in types)

    @wraps(function)
    def later(*args: P.args, **kwargs: P.kwargs) -> T:
        def make() -> Any:
            return function(*args, **kwargs)

        return cast("T", _LazyString(make) if text else LazyValue(make))

    return later


def lazystr(text: object) -> LazyText:
    """Return ``text`` as lazy text."""
    return LazyText(lambda: text if isinstance(text, str) else str(text))


def keep_lazy(*types: type) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate a function: its result is lazy if one of its arguments is.

    Args:
        types: What the function returns; at least one.
    """
    if not types:
        raise TypeError("keep_lazy() needs the types that the function returns, such as keep_lazy(str)")

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        later = lazy(function, *types)

        @wraps(function)
        def kept(*args: P.args, **kwargs: P.kwargs) -> T:
            waits = any(isinstance(value, LazyText | LazyValue) for value in (*args, *kwargs.values()))
            return later(*args, **kwargs) if waits else function(*args, **kwargs)

        return kept

    return decorate


def keep_lazy_text(function: Callable[P, str]) -> Callable[P, str]:
    """Decorate a function that returns text: it is lazy if one of the arguments is."""
    return keep_lazy(str)(function)


def format_lazy(template: object, *args: object, **kwargs: object) -> LazyText:
    """Return ``template`` filled as `str.format` does, each time it is shown; template and arguments may be lazy."""
    return LazyText(lambda: str(template).format(*args, **kwargs))


class _LazyString(LazyText):
    """Lazy text of a function that may return something else, too."""

    __slots__ = ()

    def __str__(self) -> str:
        made: object = self._make()
        return made if isinstance(made, str) else str(made)  # safe HTML stays safe

    def __bytes__(self) -> bytes:
        return _bytes(self._make())

    def __repr__(self) -> str:
        return repr(self._make())


def _bytes(value: object) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)  # type: ignore[call-overload] # as `bytes` does


def _value(operand: object) -> object:
    return operand._make() if isinstance(operand, LazyValue) else operand


def _binary(function: Callable[[Any, Any], Any]) -> Callable[["LazyValue", object], Any]:
    return lambda self, other: function(self._make(), _value(other))


def _reflected(function: Callable[[Any, Any], Any]) -> Callable[["LazyValue", object], Any]:
    return lambda self, other: function(other, self._make())


class LazyValue:
    """A value made anew each time it is looked at; it stands for what its function returns."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        return getattr(self._make(), name)

    def __str__(self) -> str:
        return str(self._make())

    def __repr__(self) -> str:
        return repr(self._make())

    def __bytes__(self) -> bytes:
        return _bytes(self._make())

    def __format__(self, spec: str) -> str:
        return format(self._make(), spec)

    def __dir__(self) -> list[str]:
        return dir(self._make())

    def __hash__(self) -> int:
        return hash(self._make())

    def __bool__(self) -> bool:
        return bool(self._make())

    def __len__(self) -> int:
        return len(self._make())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._make())

    def __int__(self) -> int:
        return int(self._make())

    def __float__(self) -> float:
        return float(self._make())

    def __index__(self) -> int:
        return operator.index(self._make())

    def __copy__(self) -> "LazyValue":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "LazyValue":
        memo[id(self)] = self
        return self

    def __reduce__(self) -> tuple[Callable[[Any], Any], tuple[Any]]:
        return _itself, (self._make(),)  # what crosses processes arrives as the value it is now

    __eq__ = _binary(operator.eq)
    __ne__ = _binary(operator.ne)
    __lt__ = _binary(operator.lt)
    __le__ = _binary(operator.le)
    __gt__ = _binary(operator.gt)
    __ge__ = _binary(operator.ge)
    __getitem__ = _binary(operator.getitem)
    __contains__ = _binary(operator.contains)
    __add__, __radd__ = _binary(operator.add), _reflected(operator.add)
    __sub__, __rsub__ = _binary(operator.sub), _reflected(operator.sub)
    __mul__, __rmul__ = _binary(operator.mul), _reflected(operator.mul)
    __mod__, __rmod__ = _binary(operator.mod), _reflected(operator.mod)
    __truediv__, __rtruediv__ = _binary(operator.truediv), _reflected(operator.truediv)
    __floordiv__, __rfloordiv__ = _binary(operator.floordiv), _reflected(operator.floordiv)


def _itself(value: Any) -> Any:
    return value


class LazyObject:
    """An object that stands for another, which a subclass makes in ``_setup`` at the first use.

    The subclass sets ``_wrapped`` there. Attributes are read from, set on and deleted from the other object; a copy of one that
    is not set up is not set up either.
    """

    _wrapped: Any = None

    def __init__(self) -> None:
        object.__setattr__(self, "_wrapped", empty)

    def _setup(self) -> None:
        raise TypeError(f"{type(self).__name__} has to define _setup(), which sets self._wrapped")

    def __getattr__(self, name: str) -> Any:
        return getattr(_unwrapped(self), name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_wrapped":
            object.__setattr__(self, name, value)
        else:
            setattr(_unwrapped(self), name, value)

    def __delattr__(self, name: str) -> None:
        if name == "_wrapped":
            raise TypeError("can't delete _wrapped.")
        delattr(_unwrapped(self), name)

    def _again(self) -> "LazyObject":
        """Return a new object that is not set up."""
        return type(self)()

    def __copy__(self) -> Any:
        return self._again() if self._wrapped is empty else copy.copy(self._wrapped)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if self._wrapped is not empty:
            return copy.deepcopy(self._wrapped, memo)
        memo[id(self)] = fresh = self._again()
        return fresh

    def __reduce__(self) -> tuple[Callable[[Any], Any], tuple[Any]]:
        return _itself, (_unwrapped(self),)

    def __repr__(self) -> str:
        shown = "<empty>" if self._wrapped is empty else repr(self._wrapped)
        return f"<{type(self).__name__}: {shown}>"

    @property  # so that `isinstance` sees what it stands for
    def __class__(self) -> type:
        return cast("type", _unwrapped(self).__class__)

    @__class__.setter
    def __class__(self, kind: type) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        _unwrapped(self).__class__ = kind

    def __str__(self) -> str:
        return str(_unwrapped(self))

    def __bytes__(self) -> bytes:
        return bytes(_unwrapped(self))

    def __bool__(self) -> bool:
        return bool(_unwrapped(self))

    def __hash__(self) -> int:
        return hash(_unwrapped(self))

    def __dir__(self) -> list[str]:
        return dir(_unwrapped(self))

    def __len__(self) -> int:
        return len(_unwrapped(self))

    def __iter__(self) -> Iterator[Any]:
        return iter(_unwrapped(self))

    def __contains__(self, item: object) -> bool:
        return item in _unwrapped(self)

    def __getitem__(self, key: Any) -> Any:
        return _unwrapped(self)[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        _unwrapped(self)[key] = value

    def __delitem__(self, key: Any) -> None:
        del _unwrapped(self)[key]

    def __eq__(self, other: object) -> bool:
        return bool(_unwrapped(self) == other)

    def __ne__(self, other: object) -> bool:
        return bool(_unwrapped(self) != other)

    def __lt__(self, other: Any) -> bool:
        return bool(_unwrapped(self) < other)

    def __gt__(self, other: Any) -> bool:
        return bool(_unwrapped(self) > other)

    def __add__(self, other: Any) -> Any:
        return _unwrapped(self) + other

    def __radd__(self, other: Any) -> Any:
        return other + _unwrapped(self)


def _unwrapped(lazy_object: Any) -> Any:
    wrapped = object.__getattribute__(lazy_object, "_wrapped")
    if wrapped is empty:
        lazy_object._setup()
        wrapped = object.__getattribute__(lazy_object, "_wrapped")
    return wrapped


class SimpleLazyObject(LazyObject):
    """An object that stands for what a function returns; the function is called once, at the first use.

    Args:
        function: Takes no arguments.
    """

    _function: Callable[[], Any]

    def __init__(self, function: Callable[[], Any]) -> None:
        object.__setattr__(self, "_function", function)
        super().__init__()

    def _setup(self) -> None:
        self._wrapped = self._function()

    def _again(self) -> LazyObject:
        return SimpleLazyObject(self._function)

    def __repr__(self) -> str:
        if self._wrapped is not empty:
            shown = self._wrapped
        elif getattr(self._function, "__self__", None) is self:
            shown = f"<bound method {self._function.__name__}>"  # whose own text would show this object again
        else:
            shown = self._function
        return f"<{type(self).__name__}: {shown!r}>"
