"""What accounts do for the safety of an application, for ``partita check --profile``."""

from collections.abc import Iterable

from partita.auth.settings import AuthSettings
from partita.contracts.measures import Measure

__all__ = ("auth_measures",)

# OWASP Password Storage Cheat Sheet, and NIST SP 800-63B-4, section 3.1.1.2.
_MEMORY, _PASSES, _LENGTH = 19_456, 2, 8


def auth_measures(settings: AuthSettings) -> Iterable[Measure]:
    """Give the measures of the layer authentication."""
    costly = settings.argon2_memory_cost >= _MEMORY and settings.argon2_time_cost >= _PASSES
    hint = f"[auth] argon2_memory_cost = {_MEMORY} and argon2_time_cost = {_PASSES}, or more"
    yield Measure("authentication", "a stolen hash is costly to guess from (argon2id)", costly, hint)
    long = settings.password_min_length >= _LENGTH
    yield Measure("authentication", "passwords are long", long, "leave [auth] password_min_length at its default")
    slowed = settings.login_attempts > 0
    yield Measure("authentication", "guessing at the login is slowed down", slowed, "[auth] login_attempts = 5")
    forgets = bool(settings.clear_site_data)
    yield Measure(
        "authentication", "browsers forget at log-out", forgets, "leave [auth] clear_site_data at its default"
    )
