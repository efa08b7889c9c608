"""Secrets in Google Secret Manager; needs ``pip install partita-security[google]``."""

import re
from itertools import islice
from typing import Any

from google.api_core.exceptions import GoogleAPICallError, NotFound, RetryError
from google.auth.exceptions import GoogleAuthError

from partita.config import Secret
from partita.security.errors import SecretsUnavailable
from partita.security.secrets.versions import SecretVersion

__all__ = ("GoogleSecrets",)

_REFUSED = (GoogleAPICallError, RetryError, GoogleAuthError)


class GoogleSecrets:
    """Google Secret Manager: the newest enabled value and the one before, as text.

    The service knows neither ``/`` nor ``.`` in names: both stand as ``_`` there.

    Args:
        project: The project's id.
        prefix: In front of each name, such as ``shop-``.
        client: A ``SecretManagerServiceClient``; made with the usual credentials of the machine if left out.
    """

    __slots__ = ("_client", "_prefix", "_project")

    def __init__(self, project: str, *, prefix: str = "", client: Any = None) -> None:
        if client is None:
            from google.cloud.secretmanager import SecretManagerServiceClient

            client = SecretManagerServiceClient()
        self._project, self._prefix, self._client = f"projects/{project}", prefix, client

    @property
    def place(self) -> str:
        """Tell the service."""
        return f"Google Secret Manager ({self._project}, {self._prefix}*)"

    def versions(self, name: str) -> tuple[SecretVersion, ...]:
        """Return the newest enabled value and the one before.

        Raises:
            SecretsUnavailable: If the service cannot be reached or refuses, or the value is no text.
        """
        try:
            listed = self._client.list_secret_versions(request={"parent": self._path(name), "filter": "state:ENABLED"})
            found = []
            for version in islice(listed, 2):  # they come with the newest first
                payload = self._client.access_secret_version(request={"name": version.name}).payload.data
                found.append(SecretVersion(Secret(payload.decode("utf-8")), version.create_time))
            return tuple(found)
        except NotFound:
            return ()
        except _REFUSED as error:
            raise SecretsUnavailable(self.place, name, type(error).__name__) from None
        except UnicodeDecodeError:
            raise SecretsUnavailable(self.place, name, "it is binary, expected text") from None

    def put(self, name: str, value: Secret) -> None:
        """Set a new value; the secret is made if there is none.

        Raises:
            SecretsUnavailable: If the service cannot be reached, or refuses.
        """
        added = {"parent": self._path(name), "payload": {"data": value.reveal().encode()}}
        try:
            try:
                self._client.add_secret_version(request=added)
            except NotFound:
                made = {
                    "parent": self._project,
                    "secret_id": self._id(name),
                    "secret": {"replication": {"automatic": {}}},
                }
                self._client.create_secret(request=made)
                self._client.add_secret_version(request=added)
        except _REFUSED as error:
            raise SecretsUnavailable(self.place, name, type(error).__name__) from None

    def _id(self, name: str) -> str:
        return re.sub(r"[/.]", "_", self._prefix + name)

    def _path(self, name: str) -> str:
        return f"{self._project}/secrets/{self._id(name)}"
