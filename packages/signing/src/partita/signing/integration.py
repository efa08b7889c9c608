"""What signing tells an application: that its keys must be usable."""

from collections.abc import Iterable

from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.current import Resolver
from partita.signing.keys import SIGNING_KEYS

__all__ = ("setup",)

_SHORTEST, _FEWEST_KINDS = 50, 5
_INSECURE = "django-insecure-"  # what Django writes in front of keys that are for development only
_LEAST = 36  # bytes of a key that is compressed; 50 random digits give 41 or so, five times "change-me-" 21


def setup(app: Registrar) -> None:
    """Add the check of the application's keys; the keys themselves come from its settings."""
    app.add(CHECKS, _check_keys)


def _check_keys(app: Resolver) -> Iterable[Finding]:
    keys = app.find(SIGNING_KEYS)
    if not keys:
        yield Finding(
            "signing.E001", "error", "There is no secret key.", "Set secret_key to 50 or more random characters."
        )
        return
    for number, key in enumerate(keys):
        if len(key) < _SHORTEST or len(set(key)) < _FEWEST_KINDS or key.startswith(_INSECURE) or _repeats(key):
            which = "The secret key" if number == 0 else f"Fallback {number} of the secret key"
            text = f"{which} is short, monotonous or marked as insecure, so it may be guessed."
            hint = "Python's secrets.token_urlsafe(50) makes a good one."
            yield Finding("signing.W001", "warning", text, hint)


def _repeats(key: str) -> bool:
    """Return whether a key is one word over and over, as that of an example."""
    import zlib  # for the check only

    return len(zlib.compress(key.encode("utf-8", "surrogatepass"), 9)) < _LEAST
