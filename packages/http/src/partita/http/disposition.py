"""``Content-Disposition`` of responses (RFC 6266)."""

from urllib.parse import quote

__all__ = ("content_disposition",)

_ATTR_CHAR = "!#$&+-.^_`|~"  # RFC 8187, section 3.2.1


def content_disposition(filename: str, as_attachment: bool = True) -> str:
    """Return a value that names ``filename`` and cannot be broken out of (CVE-2022-36359).

    Args:
        filename: Any text; folders and controls are left out.
        as_attachment: Ask the client to save the file instead of showing it.
    """
    name = "".join([c for c in filename.replace("\\", "/").rpartition("/")[2] if c.isprintable()])
    plain = name.encode("ascii", "replace").decode("ascii").replace("?", "_").replace('"', "_").replace("%", "_")
    value = f'{"attachment" if as_attachment else "inline"}; filename="{plain}"'
    return value if plain == name else f"{value}; filename*=UTF-8''{quote(name, safe=_ATTR_CHAR)}"
