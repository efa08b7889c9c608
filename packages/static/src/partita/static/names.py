"""Names of files that mean the same on every system, and lead nowhere else."""

import re

from partita.static.errors import StaticNameError

__all__ = ("checked_name",)

# Colons are drives and streams on Windows, backslashes its separators; the rest are control characters.
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f:\\<>"|?*]')
# Devices, which Windows finds in every folder and with every suffix (CVE-2024-49766, CVE-2025-66221, CVE-2026-21860).
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)[ ]*(\..*)?", re.IGNORECASE)
_LONGEST = 1024


def checked_name(name: str) -> str:
    """Return ``name`` if it is one.

    Args:
        name: Relative, with slashes, such as ``shop/shop.css``.

    Raises:
        StaticNameError: If it is absolute, climbs, is hidden, or means something else on Windows.
    """
    if not name or len(name) > _LONGEST or _FORBIDDEN.search(name):
        raise StaticNameError(name)
    for part in name.split("/"):
        # A part that begins with a dot climbs or is hidden (.git, .env); Windows drops dots and spaces at the end.
        if not part or part.startswith(".") or part.endswith((".", " ")) or _DEVICE.fullmatch(part):
            raise StaticNameError(name)
    return name
