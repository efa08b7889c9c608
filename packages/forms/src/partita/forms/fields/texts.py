"""Fields for text, and for text that follows a grammar."""

import re
import uuid
from typing import Any

from partita.contracts.i18n import gettext_lazy
from partita.forms.fields.base import Field
from partita.forms.widgets import EmailInput, URLInput, Widget
from partita.validation import (
    EMPTY_VALUES,
    MaxLengthValidator,
    MinLengthValidator,
    ProhibitNullCharactersValidator,
    RegexValidator,
    URLValidator,
    clean_ipv6_address,
    ip_address_validators,
    validate_email,
    validate_slug,
    validate_unicode_slug,
)

__all__ = ("CharField", "EmailField", "GenericIPAddressField", "RegexField", "SlugField", "URLField", "UUIDField")


class CharField(Field):
    """Text.

    Args:
        max_length: Characters; the browser gets it as ``maxlength``.
        min_length: Characters.
        strip: Remove space at both ends.
        empty_value: What nothing given becomes.
        **kwargs: As for `Field`.
    """

    validates_shared = True

    def __init__(
        self,
        *,
        max_length: int | None = None,
        min_length: int | None = None,
        strip: bool = True,
        empty_value: str | None = "",
        **kwargs: Any,
    ) -> None:
        self.max_length, self.min_length, self.strip, self.empty_value = max_length, min_length, strip, empty_value
        super().__init__(**kwargs)
        if min_length is not None:
            self.validators.append(MinLengthValidator(int(min_length)))
        if max_length is not None:
            self.validators.append(MaxLengthValidator(int(max_length)))
        self.validators.append(ProhibitNullCharactersValidator())

    def to_python(self, value: object) -> object:
        """Return text."""
        if type(value) is str and self.empty_values is EMPTY_VALUES:
            return (value.strip() if self.strip else value) or self.empty_value
        if self.is_empty(value):
            return self.empty_value
        text = str(value)
        text = text.strip() if self.strip else text
        return self.empty_value if self.is_empty(text) else text

    def widget_attrs(self, widget: Widget) -> dict[str, object]:
        """Return ``maxlength`` and ``minlength``."""
        if widget.is_hidden:
            return {}
        return {
            name: str(limit)
            for name, limit in (("maxlength", self.max_length), ("minlength", self.min_length))
            if limit is not None
        }


class RegexField(CharField):
    """Text that a regular expression is found in.

    Args:
        regex: The expression, see `partita.validation.RegexValidator`.
        **kwargs: As for `CharField`.
    """

    validates_shared = True

    def __init__(self, regex: str | re.Pattern[str], *, strip: bool = False, **kwargs: Any) -> None:
        super().__init__(strip=strip, **kwargs)
        self.validators.append(RegexValidator(regex))


class EmailField(CharField):
    """An address for electronic mail, at most 320 characters."""

    validates_shared = True
    widget: Widget = EmailInput()
    default_validators = (validate_email,)

    def __init__(self, *, max_length: int | None = 320, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)


class SlugField(CharField):
    """Letters, digits, hyphens and underscores, as in URLs.

    Args:
        allow_unicode: Letters of all scripts.
        **kwargs: As for `CharField`.
    """

    validates_shared = True

    def __init__(self, *, allow_unicode: bool = False, **kwargs: Any) -> None:
        self.allow_unicode = allow_unicode
        super().__init__(**kwargs)
        self.validators.append(validate_unicode_slug if allow_unicode else validate_slug)


class URLField(CharField):
    """An absolute URL, at most 2048 characters.

    Args:
        assume_scheme: What to put in front of a URL that was given without a scheme.
        **kwargs: As for `CharField`.
    """

    validates_shared = True
    widget: Widget = URLInput()
    default_validators = (URLValidator(),)
    default_error_messages = {"invalid": gettext_lazy("Enter a valid URL.")}

    def __init__(self, *, assume_scheme: str = "https", max_length: int | None = 2048, **kwargs: Any) -> None:
        self.assume_scheme = assume_scheme
        super().__init__(max_length=max_length, **kwargs)

    def to_python(self, value: object) -> object:
        """Return the URL with a scheme. It is not taken apart: that normalises, which is slow for long text."""
        url = super().to_python(value)
        if not isinstance(url, str) or not url or _SCHEME.match(url):
            return url
        return f"{self.assume_scheme}:{url}" if url.startswith("//") else f"{self.assume_scheme}://{url}"


_SCHEME = re.compile(r"[a-z][a-z0-9+-]{0,30}:(?![0-9])", re.IGNORECASE | re.ASCII)  # host:80 has no scheme


class UUIDField(CharField):
    """A UUID (RFC 9562)."""

    validates_shared = True

    default_error_messages = {"invalid": gettext_lazy("Enter a valid UUID.")}

    def prepare_value(self, value: object) -> object:
        """Return the UUID as text."""
        return str(value) if isinstance(value, uuid.UUID) else value

    def to_python(self, value: object) -> object:
        """Return a `uuid.UUID`, or None."""
        if isinstance(value, uuid.UUID):
            return value
        text = super().to_python(value)
        if self.is_empty(text):
            return None
        try:
            return uuid.UUID(str(text)[:64])
        except ValueError:
            raise self.error("invalid", value=value) from None


class GenericIPAddressField(CharField):
    """An address of a host.

    Args:
        protocol: ``both``, ``ipv4`` or ``ipv6``.
        unpack_ipv4: Return ``::ffff:192.0.2.1`` as ``192.0.2.1``.
        **kwargs: As for `CharField`.
    """

    validates_shared = True

    def __init__(self, *, protocol: str = "both", unpack_ipv4: bool = False, **kwargs: Any) -> None:
        self.unpack_ipv4 = unpack_ipv4
        super().__init__(**kwargs)
        self.validators = [*ip_address_validators(protocol, unpack_ipv4), *self.validators]

    def to_python(self, value: object) -> object:
        """Return the address, one of version 6 in its shortest form."""
        text = super().to_python(value)
        if isinstance(text, str) and ":" in text:
            return clean_ipv6_address(text, self.unpack_ipv4)
        return text
