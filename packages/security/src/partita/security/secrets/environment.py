"""Secrets in environment variables."""

import os
import re
from collections.abc import Mapping

from partita.config import Secret
from partita.security.errors import SecretsReadOnly
from partita.security.secrets.versions import SecretVersion

__all__ = ("Environment",)


class Environment:
    """Environment variables: ``db-password`` is ``SHOP_DB_PASSWORD``, and ``SHOP_DB_PASSWORD_PREVIOUS`` what it was before.

    The one before is valid as long as it is set: nobody knows since when it is old.

    Args:
        prefix: In front of each name, such as ``SHOP_``.
        environ: Where to look.
    """

    __slots__ = ("_environ", "_prefix")

    def __init__(self, prefix: str = "", environ: Mapping[str, str] = os.environ) -> None:
        self._prefix, self._environ = prefix, environ

    @property
    def place(self) -> str:
        """Tell the beginning of the names."""
        return f"the environment ({self._prefix}*)"

    def versions(self, name: str) -> tuple[SecretVersion, ...]:
        """Return the value, and the one before; what is empty counts as not set."""
        variable = self._prefix + re.sub(r"[^A-Za-z0-9]", "_", name).upper()
        newest = self._environ.get(variable)
        if not newest:
            return ()
        given = (newest, self._environ.get(f"{variable}_PREVIOUS"))
        return tuple([SecretVersion(Secret(value)) for value in given if value])

    def put(self, name: str, value: Secret) -> None:
        """Refuse.

        Raises:
            SecretsReadOnly: Always.
        """
        raise SecretsReadOnly(self.place)
