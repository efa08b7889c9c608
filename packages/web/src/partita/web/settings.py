"""The settings of an application: a few of its own, and sections that belong to packages."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from partita.config import Layers, Origin, Secret, read
from partita.config.sources import Leaf, Node

__all__ = ("Settings",)

T = TypeVar("T")

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


class _Core(msgspec.Struct, frozen=True):
    secret_key: Secret
    debug: bool = False
    allowed_hosts: tuple[str, ...] = ()
    secret_key_fallbacks: tuple[Secret, ...] = ()
    language: str = "en"
    time_zone: str = "UTC"
    use_tz: bool = True

    def __post_init__(self) -> None:
        if not self.secret_key:
            raise ValueError("secret_key is empty; 50 random characters are good")
        if not _LANGUAGE.fullmatch(self.language):
            raise ValueError(f"language must be a tag in lower case, such as de or pt-br, not {self.language[:40]!r}")
        if self.time_zone == "UTC":
            return  # it always exists, and most have no other: loading the rest takes 2 ms
        import zoneinfo

        try:
            zoneinfo.ZoneInfo(self.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(
                f"time_zone must be an IANA name such as Europe/Berlin, not {self.time_zone[:40]!r}"
            ) from None


class Settings:
    """What an application is told from outside; checked when it is made, and never changed.

    Args:
        secret_key: Signs sessions and links. Whoever knows it can forge them.
        debug: Shows errors with their traceback, to this machine only.
        allowed_hosts: Host names to answer to; ``.example.com`` takes in subdomains.
        secret_key_fallbacks: Former keys, newest first, that still verify.
        language: Of texts, unless something chooses another; a BCP 47 tag in lower case.
        time_zone: An IANA name.
        use_tz: Whether moments have a zone. Without, they are naive datetimes as clocks in ``time_zone`` show them, in databases too.
        sections: Settings of packages by section, such as ``{"databases": {"default": "sqlite:///shop.sqlite3"}}``; a
            section may also be the struct that its package asks for.

    Raises:
        ValueError: If something is wrong; the message lists all of it.
    """

    __slots__ = ("_asked", "_beneath", "_core", "_kinds", "_layers", "_ready", "folder")

    def __init__(
        self,
        secret_key: str | Secret,
        debug: bool = False,
        allowed_hosts: tuple[str, ...] | list[str] = (),
        secret_key_fallbacks: tuple[str | Secret, ...] | list[str | Secret] = (),
        language: str = "en",
        time_zone: str = "UTC",
        sections: Mapping[str, object] | None = None,
        use_tz: bool = True,
    ) -> None:
        own: dict[str, object] = {
            "secret_key": _secret(secret_key),
            "debug": debug,
            "allowed_hosts": list(allowed_hosts),
            "secret_key_fallbacks": [_secret(key) for key in secret_key_fallbacks],
            "language": language,
            "time_zone": time_zone,
            "use_tz": use_tz,
        }
        given = dict(sections or {})
        # A struct is right already; mappings are converted when their package asks for them.
        ready = {name: value for name, value in given.items() if isinstance(value, msgspec.Struct)}
        tree = {name: value for name, value in given.items() if name not in ready}
        self._set(Layers(cast("dict[str, Node]", _nodes({**tree, **own})), "PARTITA_", ""), ready, Path.cwd())

    @classmethod
    def load(
        cls,
        path: str | Path = "partita.toml",
        *,
        prefix: str = "PARTITA_",
        dotenv: str | Path | None = None,
        secrets_dir: str | Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> "Settings":
        """Read settings from a file, a ``.env`` beside it, and the environment, each lying over the one before.

        Args:
            path: A TOML file; if it is not there, the other sources have to say everything. The variable ``PARTITA_SETTINGS``
                takes another in its place, such as ``production.toml`` in the same folder, which has to be there.
            prefix: Of variables; ``PARTITA_DATABASES__DEFAULT`` is ``default`` in ``[databases]``.
            dotenv: Instead of the ``.env`` beside ``path``.
            secrets_dir: A folder with one file a setting, such as ``/run/secrets``.
            env: Instead of the environment of the process.

        Raises:
            ValueError: If something is wrong; the message lists all of it.
        """
        toml = Path(path)
        variables = dict(os.environ if env is None else env)
        if other := variables.pop(f"{prefix}SETTINGS", ""):
            toml = toml.parent / other
        layers = read(
            toml=toml if other or toml.exists() else None,
            dotenv=toml.with_name(".env") if dotenv is None else dotenv,
            env=variables,
            env_prefix=prefix,
            secrets_dir=secrets_dir,
        )
        self = cls.__new__(cls)
        self._set(layers, {}, toml.resolve().parent)
        return self

    def _set(self, layers: Layers, ready: Mapping[str, msgspec.Struct], folder: Path) -> None:
        self._layers, self._ready, self.folder = layers, ready, folder
        self._beneath: Settings | None = None  # what the others are, where only some were given anew
        self._core = layers.load(_Core, allow_unknown=True)
        self._kinds: dict[str, object] = {}  # what packages have asked for
        self._asked: set[str] = {field.encode_name for field in msgspec.structs.fields(_Core)}

    def replace(self, **values: object) -> "Settings":
        """Return the same settings but for some: for tests, and for a second application beside the first.

        Args:
            values: Settings of the application and sections by name, as for `Settings`. A section is replaced as a whole.

        Raises:
            ValueError: If something is wrong; the message lists all of it.
        """
        core: dict[str, Any] = {field.name: getattr(self._core, field.name) for field in msgspec.structs.fields(_Core)}
        own: dict[str, Any] = {name: values.pop(name, value) for name, value in core.items()}
        new = Settings(**own, sections=values)
        new.folder, new._beneath = self.folder, self
        return new

    @property
    def secret_key(self) -> Secret:
        """The key that signs."""
        return self._core.secret_key

    @property
    def secret_key_fallbacks(self) -> tuple[Secret, ...]:
        """Keys that still verify."""
        return self._core.secret_key_fallbacks

    @property
    def debug(self) -> bool:
        """Whether errors show their traceback."""
        return self._core.debug

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """Host names to answer to."""
        return self._core.allowed_hosts

    @property
    def language(self) -> str:
        """The language of texts, unless something chooses another."""
        return self._core.language

    @property
    def time_zone(self) -> str:
        """The IANA name of the zone that times are shown in."""
        return self._core.time_zone

    @property
    def use_tz(self) -> bool:
        """Whether moments have a zone."""
        return self._core.use_tz

    def section(self, name: str, kind: type[T]) -> T:
        """Return the settings of a package; see `Registrar.section`.

        Raises:
            ValueError: If something is wrong; the message lists all of it.
        """
        self._asked.add(name.partition(".")[0])
        self._kinds[name] = kind
        if (beneath := self._holder(name)) is not self:
            return beneath.section(name, kind)
        ready = self._ready.get(name)
        if ready is not None:
            if not isinstance(ready, kind):
                raise ValueError(f"section {name!r} must be a {kind.__name__}, not a {type(ready).__name__}")
            return ready
        return self._layers.load(kind, name)

    @property
    def sections(self) -> frozenset[str]:
        """Names at the top that anything is set for; those of sections among them."""
        below: frozenset[str] = self._beneath.sections if self._beneath is not None else frozenset()
        return frozenset((*self._layers.names, *self._ready)) | below

    def unused(self) -> tuple[str, ...]:
        """Return names at the top that nobody has asked for: often a slip of the pen."""
        return tuple(sorted(self.sections - self._asked))

    def explain(self) -> tuple[Origin, ...]:
        """Tell what each setting is and where it came from: the application's own, then the sections that packages have asked for.

        Secrets are masked.
        """
        below = (origin for name, kind in sorted(self._kinds.items()) for origin in self._explain_section(name, kind))
        return (*self._layers.explain(_Core), *below)

    def _holder(self, name: str) -> "Settings":
        """Return the settings that a section is in, which are others if it was not given anew."""
        top = name.partition(".")[0]
        if (
            self._beneath is None
            or top in self._layers.names
            or any(each.partition(".")[0] == top for each in self._ready)
        ):
            return self
        return self._beneath._holder(name)

    def _explain_section(self, name: str, kind: object) -> tuple[Origin, ...]:
        if (beneath := self._holder(name)) is not self:
            return beneath._explain_section(name, kind)
        layers = self._layers
        if name in self._ready:
            layers = Layers(cast("dict[str, Node]", _nodes({name: msgspec.structs.asdict(self._ready[name])})), "", "")
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return layers.explain(kind, name)
        # A mapping, such as the names and URLs of databases, is explained as the one field of a struct.
        whole = msgspec.defstruct("Section", [(name, cast("type", kind), msgspec.field(default_factory=dict))])
        return layers.explain(whole)


def _secret(key: str | Secret) -> Secret:
    return key if isinstance(key, Secret) else Secret(key)


def _nodes(value: object) -> Node:
    if isinstance(value, Mapping):
        return {str(name): _nodes(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_nodes(each) for each in value]
    return Leaf(value, "Settings(...)", text=False, shared=False)
