"""How instances are copied and pickled."""

import copy
import warnings
from typing import Any, Self

from partita.orm.state import our_version

__all__ = ("Copied",)

_PICKLED_BY = "_pickled_by"


class Copied:
    """The part of a model that copies and pickles; a copy has a state of its own."""

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), _PICKLED_BY: our_version()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        version = state.pop(_PICKLED_BY, None)
        if version != our_version():
            told = "no version of partita-orm is known" if version is None else f"partita-orm {version} pickled it"
            warnings.warn(
                f"Pickled model instance's version does not match: {told}, this is {our_version()}.",
                RuntimeWarning,
                stacklevel=2,
            )
        vars(self).update(state)

    def __copy__(self) -> Self:
        twin = object.__new__(type(self))
        vars(twin).update(vars(self))
        vars(twin)["_s"] = vars(self)["_s"].own()
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        twin = object.__new__(type(self))
        memo[id(self)] = twin
        for name, value in vars(self).items():
            vars(twin)[name] = value.own() if name == "_s" else copy.deepcopy(value, memo)
        return twin
