"""What can be wrong with the permissions that models declare (auth.E005 to auth.E008)."""

from collections.abc import Iterable, Iterator
from typing import Any

from partita.auth.permissions import Permission, get_permission_codename
from partita.contracts.checks import Finding
from partita.contracts.current import Resolver
from partita.orm import Model, registry

__all__ = ("check_model_permissions", "check_permissions")


def check_permissions(app: Resolver) -> Iterable[Finding]:
    """Check all registered models."""
    return check_model_permissions(registry.get_models())


def check_model_permissions(models: Iterable[type[Model]]) -> Iterator[Finding]:
    """Yield what is wrong with the permissions of ``models``."""
    longest_name: int = Permission._meta.get_field("name").max_length
    longest_codename: int = Permission._meta.get_field("codename").max_length
    for model in models:
        meta: Any = model._meta
        default = [get_permission_codename(action, meta) for action in meta.default_permissions]
        if default:
            name = max((f"Can {action} {meta.verbose_name_raw}" for action in meta.default_permissions), key=len)
            if len(name) > longest_name:
                room = longest_name - len(name) + len(meta.verbose_name_raw)
                yield _error(7, meta, f"The verbose_name must be at most {room} characters for its permission names.")
            if len(max(default, key=len)) > longest_codename:
                text = f"The name of the model is too long: codenames have at most {longest_codename} characters."
                yield _error(11, meta, text)
        seen: set[str] = set()
        for codename, name in meta.permissions:
            if len(str(name)) > longest_name:
                text = f"The permission named {str(name)[:80]!r} is longer than {longest_name} characters."
                yield _error(8, meta, text)
            if len(codename) > longest_codename:
                text = f"The permission codenamed {codename[:80]!r} is longer than {longest_codename} characters."
                yield _error(12, meta, text)
            if codename in default:
                yield _error(5, meta, f"The permission codenamed {codename!r} clashes with a builtin permission.")
            elif codename in seen:
                yield _error(6, meta, f"The permission codenamed {codename!r} is duplicated.")
            seen.add(codename)


def _error(number: int, meta: Any, text: str) -> Finding:
    return Finding(f"auth.E{number:03}", "error", f"{meta.label}: {text}", "Change the Meta of the model.")
