"""Secrets in Vault's store of keys and values, version 2; needs ``pip install partita-security[vault]``."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from hvac.exceptions import InvalidPath, VaultError  # type: ignore[import-untyped]  # it brings no types
from requests import RequestException

from partita.config import Secret
from partita.security.errors import SecretsUnavailable
from partita.security.secrets.versions import SecretVersion

if TYPE_CHECKING:
    from hvac import Client  # type: ignore[import-untyped]  # it brings no types

__all__ = ("VaultSecrets",)


class VaultSecrets:
    """HashiCorp Vault, or OpenBao, which speaks the same: a field of each secret, the newest value and the one before.

    Args:
        client: Of hvac, logged in; how an application logs in, and renews that, is between it and hvac.
        mount: Where the store (KV version 2) is mounted.
        prefix: In front of each name, such as ``shop/``.
        field: The field that holds the value.
    """

    __slots__ = ("_field", "_mount", "_prefix", "_store")

    def __init__(self, client: "Client", *, mount: str = "secret", prefix: str = "", field: str = "value") -> None:
        self._store: Any = client.secrets.kv.v2
        self._mount, self._prefix, self._field = mount, prefix, field

    @property
    def place(self) -> str:
        """Tell the store."""
        return f"Vault ({self._mount}/{self._prefix}*)"

    def versions(self, name: str) -> tuple[SecretVersion, ...]:
        """Return the newest value and the one before; those that were deleted or destroyed are left out.

        Raises:
            SecretsUnavailable: If Vault cannot be reached or refuses, or the secret has no such field of text.
        """
        try:
            return tuple([version for version, _ in self._found(name, 2)])
        except (VaultError, RequestException) as error:
            raise SecretsUnavailable(self.place, name, type(error).__name__) from None

    def put(self, name: str, value: Secret) -> None:
        """Set a new value; other fields of the secret stay as they are.

        Raises:
            SecretsUnavailable: If Vault cannot be reached or refuses, or somebody else changed the secret meanwhile.
        """
        try:
            known = self._metadata(name)
            fields = self._fields(name, known["current_version"]) if known else {}
            self._store.create_or_update_secret(
                path=self._prefix + name,
                secret={**fields, self._field: value.reveal()},
                cas=known["current_version"] if known else 0,  # refused if it was changed since
                mount_point=self._mount,
            )
        except (VaultError, RequestException) as error:
            raise SecretsUnavailable(self.place, name, type(error).__name__) from None

    def _found(self, name: str, most: int) -> list[tuple[SecretVersion, int]]:
        found: list[tuple[SecretVersion, int]] = []
        versions: dict[str, Any] = self._metadata(name).get("versions", {})
        for number in sorted(map(int, versions), reverse=True):
            told = versions[str(number)]
            if told["destroyed"] or told["deletion_time"] or len(found) == most:
                continue
            value = self._fields(name, number).get(self._field)
            if isinstance(value, str):
                made = datetime.fromisoformat(told["created_time"])
                found.append((SecretVersion(Secret(value), made), number))
            elif not found:  # the newest; one before it may have had another form
                raise SecretsUnavailable(self.place, name, f"its field {self._field!r} is missing, or no text")
        return found

    def _metadata(self, name: str) -> dict[str, Any]:
        try:
            answer = self._store.read_secret_metadata(path=self._prefix + name, mount_point=self._mount)
        except InvalidPath:
            return {}
        found: dict[str, Any] = answer["data"]
        return found

    def _fields(self, name: str, version: int) -> dict[str, Any]:
        try:
            answer = self._store.read_secret_version(
                path=self._prefix + name, version=version, mount_point=self._mount, raise_on_deleted_version=True
            )
        except InvalidPath:  # deleted
            return {}
        found: dict[str, Any] = answer["data"]["data"]
        return found
