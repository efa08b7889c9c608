"""Settings read from all their sources at once."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from partita.config.conversion import convert, holds_secret, members
from partita.config.errors import Problem, SettingsError
from partita.config.secret import MASK
from partita.config.sources import (
    Leaf,
    Node,
    from_dotenv,
    from_environment,
    from_secret_files,
    from_toml,
    merge,
    plain,
)

__all__ = ("Layers", "Origin", "explain", "load", "read")

T = TypeVar("T")

_TELLING = re.compile(r"pass|secret|token|key|credential|private|salt|dsn", re.IGNORECASE)
_IN_URL = re.compile(r"(?<=://)[^/?#\s]*(?=@)")


class Origin(NamedTuple):
    """One setting, what it is, and why."""

    name: str
    shown: str
    """The value for people; asterisks if it may be secret."""
    source: str
    """``default``, or the file or variable it came from."""


class Layers:
    """Everything the sources hold, joined; not yet typed. Make one with `read`."""

    __slots__ = ("_prefix", "_toml", "_tree")

    def __init__(self, tree: "dict[str, Node]", prefix: str = "", toml: str = "") -> None:
        self._tree, self._prefix, self._toml = tree, prefix, toml

    @property
    def names(self) -> tuple[str, ...]:
        """What stands at the top: settings and sections."""
        return tuple(self._tree)

    def load(self, kind: type[T], section: str = "", *, allow_unknown: bool = False) -> T:
        """Turn the settings, or one section of them, into a ``kind``.

        Args:
            kind: A frozen `msgspec.Struct`; for a section also a mapping, such as ``dict[str, str]``.
            section: Dotted name of a table; empty for everything.
            allow_unknown: Whether there may be names that ``kind`` does not have, such as other people's sections.

        Raises:
            SettingsError: If something is missing, unknown or of the wrong type; it lists everything that is.
        """
        return convert(
            self._below(section), kind, path=section, how_to_set=self._how_to_set, allow_unknown=allow_unknown
        )

    def explain(self, kind: type[msgspec.Struct], section: str = "") -> tuple[Origin, ...]:
        """Tell for each setting of ``kind`` what it is and where it comes from; secrets show as asterisks."""
        return tuple(_origins(self._below(section), kind, section))

    def _below(self, section: str) -> Node:
        node: Node = self._tree
        for name in section.split(".") if section else ():
            node = node.get(name, {}) if isinstance(node, dict) else {}
        return node

    def _how_to_set(self, name: str) -> str:
        variable = self._prefix + name.upper().replace(".", "__")
        return f"Set it as {variable} in the environment" + (f" or as {name} in {self._toml}." if self._toml else ".")


def read(
    *,
    toml: str | Path | None = None,
    dotenv: str | Path | None = None,
    env: Mapping[str, str] | None = None,
    env_prefix: str = "",
    secrets_dir: str | Path | None = None,
) -> Layers:
    """Read all sources; each lies over the one before it: TOML, ``.env``, the environment, secret files.

    Args:
        toml: A file that must be there.
        dotenv: A ``.env`` file; a missing one is empty.
        env: Variables; None means those of the process.
        env_prefix: Such as ``PARTITA_``; what begins otherwise is not ours. In names two underscores lead into a
            table: ``PARTITA_DATABASES__DEFAULT`` is ``default`` in ``[databases]``.
        secrets_dir: A folder with one file a setting, such as ``/run/secrets``; a missing one is empty.

    Raises:
        SettingsError: If files cannot be read; it lists all that cannot.
    """
    readers: tuple[Callable[[], dict[str, Node]], ...] = (
        lambda: from_toml(Path(toml)) if toml is not None else {},
        lambda: from_dotenv(Path(dotenv), env_prefix) if dotenv is not None else {},
        lambda: from_environment(os.environ if env is None else env, env_prefix),
        lambda: from_secret_files(Path(secrets_dir), env_prefix) if secrets_dir is not None else {},
    )
    tree: dict[str, Node] = {}
    problems: list[Problem] = []
    for reader in readers:
        try:
            tree = merge(tree, reader())
        except SettingsError as error:
            problems += error.problems
    if problems:
        raise SettingsError(tuple(problems))
    return Layers(tree, env_prefix, "" if toml is None else Path(toml).name)


def load(
    kind: type[T],
    *,
    toml: str | Path | None = None,
    dotenv: str | Path | None = None,
    env: Mapping[str, str] | None = None,
    env_prefix: str = "",
    secrets_dir: str | Path | None = None,
    allow_unknown: bool = False,
) -> T:
    """Read all sources and return them as one typed value; the defaults of ``kind`` lie at the bottom.

    Args:
        kind: A frozen `msgspec.Struct`.
        toml: See `read`, as for the other sources.
        dotenv: See `read`.
        env: See `read`.
        env_prefix: See `read`.
        secrets_dir: See `read`.
        allow_unknown: Whether there may be names that ``kind`` does not have.

    Raises:
        SettingsError: If anything is wrong with files or values; it lists all of it.
    """
    layers = read(toml=toml, dotenv=dotenv, env=env, env_prefix=env_prefix, secrets_dir=secrets_dir)
    return layers.load(kind, allow_unknown=allow_unknown)


def explain(
    kind: type[msgspec.Struct],
    *,
    toml: str | Path | None = None,
    dotenv: str | Path | None = None,
    env: Mapping[str, str] | None = None,
    env_prefix: str = "",
    secrets_dir: str | Path | None = None,
) -> tuple[Origin, ...]:
    """Tell for each setting what it is and which source won; takes what `load` takes."""
    layers = read(toml=toml, dotenv=dotenv, env=env, env_prefix=env_prefix, secrets_dir=secrets_dir)
    return layers.explain(kind)


def _origins(node: Node, kind: type[msgspec.Struct], path: str) -> Iterator[Origin]:
    for field in msgspec.structs.fields(kind):
        name = f"{path}.{field.encode_name}" if path else field.encode_name
        secret = holds_secret(field.type) or _TELLING.search(field.encode_name) is not None
        structs = [each for each in members(field.type) if isinstance(each, type) and issubclass(each, msgspec.Struct)]
        child = node.get(field.encode_name) if isinstance(node, dict) else None
        if len(structs) == 1 and (child is None or isinstance(child, dict)):
            yield from _origins(child or {}, structs[0], name)
        elif child is not None:
            yield from _values(child, name, secret)
        elif field.required:
            yield Origin(name, "", "missing")
        else:
            default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
            yield Origin(name, _shown(default, secret), "default")


def _values(node: Node, name: str, secret: bool) -> Iterator[Origin]:
    if isinstance(node, dict):
        for key, child in node.items():
            yield from _values(child, f"{name}.{key}", secret or _TELLING.search(key) is not None)
    elif isinstance(node, Leaf):
        yield Origin(name, _shown(node.value, secret), node.source)
    else:
        source = next((item.source for item in node if isinstance(item, Leaf)), "")
        nested = any(not isinstance(item, Leaf) for item in node)  # may hold keys that tell
        yield Origin(name, _shown(plain(node), secret or nested), source)


def _shown(value: object, secret: bool) -> str:
    if secret and value not in (None, ""):
        return MASK
    return _IN_URL.sub(_without_password, repr(value))


def _without_password(found: re.Match[str]) -> str:
    user, colon, _ = found[0].partition(":")
    return f"{user}:{MASK}" if colon else user
