"""Secrets in AWS Secrets Manager; needs ``pip install partita-security[aws]``."""

from typing import Any

import boto3  # type: ignore[import-untyped]  # it brings no types
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]  # it brings no types

from partita.config import Secret
from partita.security.errors import SecretsUnavailable
from partita.security.secrets.versions import SecretVersion

__all__ = ("AwsSecrets",)

_STAGES = ("AWSCURRENT", "AWSPREVIOUS")


class AwsSecrets:
    """AWS Secrets Manager: the current value and the one before, as text.

    Args:
        prefix: In front of each name, such as ``shop/``.
        client: Of boto3, for ``secretsmanager``; made with the usual credentials of the machine if left out.
        options: For the client that is made, such as ``region_name``.
    """

    __slots__ = ("_client", "_prefix")

    def __init__(self, prefix: str = "", *, client: Any = None, **options: Any) -> None:
        self._prefix = prefix
        self._client = boto3.client("secretsmanager", **options) if client is None else client

    @property
    def place(self) -> str:
        """Tell the service."""
        return f"AWS Secrets Manager ({self._prefix}*)"

    def versions(self, name: str) -> tuple[SecretVersion, ...]:
        """Return the current value and the one before.

        Raises:
            SecretsUnavailable: If the service cannot be reached or refuses, or the value is no text.
        """
        found = []
        for stage in _STAGES:
            try:
                answer = self._client.get_secret_value(SecretId=self._prefix + name, VersionStage=stage)
            except (BotoCoreError, ClientError) as error:
                if _code(error) == "ResourceNotFoundException":
                    break  # no such secret, or it never had another value
                raise self._unavailable(name, error) from None
            if "SecretString" not in answer:
                raise SecretsUnavailable(self.place, name, "it is binary, expected text")
            found.append(SecretVersion(Secret(answer["SecretString"]), answer.get("CreatedDate")))
        return tuple(found)

    def put(self, name: str, value: Secret) -> None:
        """Set a new value; the secret is made if there is none.

        Raises:
            SecretsUnavailable: If the service cannot be reached, or refuses.
        """
        known = self._prefix + name
        try:
            try:
                self._client.put_secret_value(SecretId=known, SecretString=value.reveal())
            except ClientError as error:
                if _code(error) != "ResourceNotFoundException":
                    raise
                self._client.create_secret(Name=known, SecretString=value.reveal())
        except (BotoCoreError, ClientError) as error:
            raise self._unavailable(name, error) from None  # some errors tell what was sent

    def _unavailable(self, name: str, error: Exception) -> SecretsUnavailable:
        return SecretsUnavailable(self.place, name, _code(error))


def _code(error: Exception) -> str:
    """Return what kind of error it is; its message may hold more than shall be seen."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "unknown"))
    return type(error).__name__
