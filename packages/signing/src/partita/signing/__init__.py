"""Signed and encrypted values with key rotation: `Signer`, `TimestampSigner`, `dumps`, `loads`, `Encryptor`."""

from typing import TYPE_CHECKING

from partita.contracts.on_first_use import on_first_use
from partita.signing.encryptor import Encryptor
from partita.signing.errors import (
    BadSignature,
    DecryptionFailed,
    NotSerializable,
    SignatureExpired,
    SigningError,
    UnknownHash,
    UnusableKeys,
)
from partita.signing.keys import SIGNING_KEYS, Keys, Salt
from partita.signing.primitives import constant_time_compare, get_random_string, pbkdf2, salted_hmac
from partita.signing.signer import Signer, TimestampSigner

if TYPE_CHECKING:
    from partita.signing.tokens import dumps, loads
else:  # what many applications do not use
    __getattr__, __dir__ = on_first_use(__name__, {"tokens": ("dumps", "loads")})

__all__ = (
    "SIGNING_KEYS",
    "BadSignature",
    "DecryptionFailed",
    "Encryptor",
    "Keys",
    "NotSerializable",
    "Salt",
    "SignatureExpired",
    "Signer",
    "SigningError",
    "TimestampSigner",
    "UnknownHash",
    "UnusableKeys",
    "constant_time_compare",
    "dumps",
    "get_random_string",
    "loads",
    "pbkdf2",
    "salted_hmac",
)
