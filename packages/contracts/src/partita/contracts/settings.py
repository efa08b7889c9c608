"""The few settings of an application that several packages read."""

from partita.contracts.key import Key

__all__ = ("ALLOWED_HOSTS", "DEBUG", "LANGUAGE", "TIME_ZONE", "USE_TZ")

DEBUG = Key[bool]("partita.debug")
"""True while developing: errors show their traceback, hosts on this machine are allowed."""
ALLOWED_HOSTS = Key[tuple[str, ...]]("partita.allowed_hosts")
"""Host names this application answers to; a leading dot takes in subdomains, ``*`` takes any."""
LANGUAGE = Key[str]("partita.language")
"""The language that texts have unless something chooses another, as a BCP 47 tag in lower case."""
TIME_ZONE = Key[str]("partita.time_zone")
"""The IANA name of the zone that times are shown in, such as ``Europe/Berlin``."""
USE_TZ = Key[bool]("partita.use_tz")
"""Whether moments have a zone; False where they are what clocks in `TIME_ZONE` show, and naive. Unset means True."""
