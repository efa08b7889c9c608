"""Secrets in a file that is encrypted, and may lie beside the code."""

import os
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from partita.config import Secret
from partita.security.errors import SecretsUnavailable
from partita.security.secrets.versions import SecretVersion
from partita.signing import DecryptionFailed, Encryptor

__all__ = ("EncryptedFile",)

_LARGEST = 4_000_000  # bytes
_LOCK = threading.Lock()  # holds no state; two objects may stand for one file


class _Kept(msgspec.Struct, frozen=True):
    value: str
    made: datetime


class EncryptedFile:
    """A file with all secrets (AES-256-GCM): one key opens it, which comes from elsewhere, such as the environment.

    A new value is written beside the file and put in its place at once; readers see the old file or the new one, and processes of
    one machine write one after the other.

    Args:
        path: The file; it need not be there before the first `put`.
        keys: The key, or several with the newest first: the newest encrypts, all decrypt.
        keep: Values to keep of each secret, the newest among them.
        now: The time of day.
    """

    __slots__ = ("_box", "_keep", "_now", "_path")

    def __init__(
        self,
        path: str | os.PathLike[str],
        keys: str | Secret | Sequence[str],
        *,
        keep: int = 3,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        given = keys.reveal() if isinstance(keys, Secret) else keys
        self._path, self._keep, self._now = Path(path), max(keep, 1), now
        self._box = Encryptor(given, "partita.security.secrets")

    @property
    def place(self) -> str:
        """Tell the file."""
        return f"the file {self._path}"

    def names(self) -> list[str]:
        """Return the names of all secrets in it."""
        return sorted(self._read(""))

    def versions(self, name: str) -> tuple[SecretVersion, ...]:
        """Return what the file has under ``name``.

        Raises:
            SecretsUnavailable: If the file cannot be read, or no key opens it.
        """
        return tuple([SecretVersion(Secret(kept.value), kept.made) for kept in self._read(name).get(name, ())])

    def put(self, name: str, value: Secret) -> None:
        """Add a value.

        Raises:
            SecretsUnavailable: If the file cannot be read or written, or no key opens it.
        """
        self._change(name, lambda kept: [_Kept(value.reveal(), self._now()), *kept][: self._keep])

    def remove(self, name: str) -> None:
        """Forget a secret with everything it was; one that is not there is no error.

        Raises:
            SecretsUnavailable: As `put`.
        """
        self._change(name, lambda kept: [])

    def _change(self, name: str, change: "Callable[[list[_Kept]], list[_Kept]]") -> None:
        try:
            with _LOCK, _Held(self._path):
                every = self._read(name)
                every[name] = change(every.get(name, []))
                self._write({each: kept for each, kept in every.items() if kept})
        except OSError as error:
            if isinstance(error, SecretsUnavailable):
                raise
            raise SecretsUnavailable(self.place, name, error.strerror or type(error).__name__) from None

    def _read(self, name: str) -> dict[str, list[_Kept]]:
        try:
            with self._path.open("rb") as file:
                sealed = file.read(_LARGEST + 1)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise SecretsUnavailable(self.place, name, error.strerror or type(error).__name__) from None
        if len(sealed) > _LARGEST:
            raise SecretsUnavailable(self.place, name, f"it is larger than {_LARGEST} bytes")
        try:
            return msgspec.json.decode(self._box.decrypt(sealed), type=dict[str, list[_Kept]])
        except DecryptionFailed as error:
            raise SecretsUnavailable(self.place, name, error.reason) from None
        except msgspec.DecodeError:  # our key, but nothing that we wrote
            raise SecretsUnavailable(self.place, name, "its content has another form") from None

    def _write(self, every: dict[str, list[_Kept]]) -> None:
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        sealed = self._box.encrypt(msgspec.json.encode(every))
        try:
            with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError:
            beside.unlink(missing_ok=True)
            raise


class _Held:
    """Keeps other processes of this machine from writing; where files cannot be locked, only those of this process wait."""

    __slots__ = ("_file", "_path")

    def __init__(self, path: Path) -> None:
        self._path, self._file = path.with_name(f"{path.name}.lock"), -1

    def __enter__(self) -> None:
        try:
            import fcntl
        except ImportError:  # Windows
            return
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        if self._file >= 0:
            os.close(self._file)
