"""Passwords and keys of an application: read from where they are kept, remembered for a while, changed by a policy."""

from typing import TYPE_CHECKING

from partita.contracts.on_first_use import on_first_use
from partita.security.errors import SecretNotFound, SecretsReadOnly, SecretsUnavailable
from partita.security.secrets.environment import Environment
from partita.security.secrets.store import Secrets
from partita.security.secrets.versions import SecretBackend, SecretVersion

if TYPE_CHECKING:
    from partita.security.secrets.aws import AwsSecrets
    from partita.security.secrets.files import EncryptedFile
    from partita.security.secrets.google import GoogleSecrets
    from partita.security.secrets.rotation import Rotated, Rotation
    from partita.security.secrets.vault import VaultSecrets
else:  # most applications use one of them
    __getattr__, __dir__ = on_first_use(
        __name__,
        {
            "aws": ("AwsSecrets",),
            "files": ("EncryptedFile",),
            "google": ("GoogleSecrets",),
            "rotation": ("Rotated", "Rotation"),
            "vault": ("VaultSecrets",),
        },
    )

__all__ = (
    "AwsSecrets",
    "EncryptedFile",
    "Environment",
    "GoogleSecrets",
    "Rotated",
    "Rotation",
    "SecretBackend",
    "SecretNotFound",
    "SecretVersion",
    "Secrets",
    "SecretsReadOnly",
    "SecretsUnavailable",
    "VaultSecrets",
)
