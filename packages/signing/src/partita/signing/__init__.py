"""Signed and encrypted values with key rotation: `Signer`, `TimestampSigner`, `dumps`, `loads`, `Encryptor`."""

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
from partita.signing.tokens import dumps, loads

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
