"""The list of names with hashes that ``collectstatic`` writes: ``staticfiles.json``."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from partita.static.errors import ManifestError, StaticNotCollected
from partita.static.fingerprints import Fingerprinted

__all__ = ("MANIFEST_NAME", "Manifest")

MANIFEST_NAME = "staticfiles.json"
_VERSION = "1.1"
_READABLE = ("1.0", "1.1")


class _Written(msgspec.Struct):
    paths: dict[str, str]
    version: str
    hash: str = ""
    integrity: dict[str, str] = {}


class Manifest:
    """Names with hashes, by name.

    Args:
        paths: The names.
        integrity: Values of the attribute ``integrity``, by name.
    """

    __slots__ = ("_hashed", "hash", "integrity", "paths")

    def __init__(self, paths: Mapping[str, str], integrity: Mapping[str, str] | None = None) -> None:
        self.paths, self.integrity = dict(sorted(paths.items())), dict(sorted((integrity or {}).items()))
        self._hashed = frozenset(self.paths.values())
        listed = json.dumps([*self.paths.items()]).encode()
        self.hash = hashlib.sha256(listed).hexdigest()[:12]
        """Changes when any file does; for the names of what is made of all of them."""

    @classmethod
    def of(cls, files: Iterable[Fingerprinted]) -> "Manifest":
        """Return the manifest of files."""
        listed = list(files)
        return cls({each.name: each.hashed for each in listed}, {each.name: each.integrity for each in listed})

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """Read a manifest; those of Django can be read as well.

        Raises:
            ManifestError: If it is not there, or is none.
        """
        try:
            written = msgspec.json.decode(path.read_bytes(), type=_Written)
        except FileNotFoundError as error:
            raise ManifestError(path, "it is not there") from error
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ManifestError(path, str(error)) from error
        if written.version not in _READABLE:
            raise ManifestError(
                path, f"its version is {written.version[:20]!r}, expected one of {', '.join(_READABLE)}"
            )
        return cls(written.paths, written.integrity)

    def write(self, path: Path) -> None:
        """Write it; whoever reads meanwhile gets the old one or the new one."""
        written = {"paths": self.paths, "version": _VERSION, "hash": self.hash, "integrity": self.integrity}
        path.parent.mkdir(parents=True, exist_ok=True)
        from tempfile import mkstemp  # only for whoever collects

        handle, made = mkstemp(dir=path.parent, prefix=".staticfiles-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(written, file, indent=1, ensure_ascii=False)
            os.chmod(made, 0o644)
            os.replace(made, path)
        except BaseException:
            Path(made).unlink(missing_ok=True)
            raise

    def hashed(self, name: str) -> str:
        """Return the name with the hash.

        Raises:
            StaticNotCollected: If there is no such file.
        """
        try:
            return self.paths[name]
        except KeyError:
            from difflib import get_close_matches

            raise StaticNotCollected(name, next(iter(get_close_matches(name[:200], self.paths, 1)), None)) from None

    def is_hashed(self, name: str) -> bool:
        """Tell whether ``name`` is one with a hash."""
        return name in self._hashed
