"""Expressions that Django compiles late; partita's are Python's own."""

import re

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

__all__ = ("_lazy_re_compile",)

_lazy_re_compile = re.compile

__getattr__ = fallback("django.utils.regex_helper")
