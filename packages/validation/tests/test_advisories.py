"""Flaws of other frameworks by their number, that `test_validators` has no room for."""

import sys
import unicodedata
from types import SimpleNamespace
from typing import Literal

import pytest

from partita.validation import DomainNameValidator, URLValidator, ValidationError, validate_email


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\n\n", "\t", "\x00", "\u2028", "\x85", "\nX-Header: y", ".\n"])
@pytest.mark.parametrize("idna", [True, False])
def test_cve_2026_53878_a_domain_name_holds_no_line_break(end: str, idna: bool) -> None:
    validate = DomainNameValidator(accept_idna=idna)
    validate("example.com")
    for wrong in (
        f"example.com{end}",
        f"{end}example.com",
        f"exam{end}ple.com",
        f"example.{end}com",
        f"example{end}.com",
    ):
        with pytest.raises(ValidationError):
            validate(wrong)


@pytest.mark.parametrize("letter", ["\ufdfa", "é", "ａ", "½"])
def test_cve_2026_25673_cve_2023_46695_nothing_long_is_normalised(letter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is slow on one system is bounded on all: the length is looked at before the letters."""
    seen: list[int] = []
    normalize = unicodedata.normalize

    def counting(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
        seen.append(len(text))
        return normalize(form, text)

    for name, module in list(sys.modules.items()):
        if name.startswith("partita.validation") and hasattr(module, "unicodedata"):
            monkeypatch.setattr(module, "unicodedata", SimpleNamespace(normalize=counting))
    long = letter * 500_000
    for validate in (URLValidator(), validate_email, DomainNameValidator()):
        for text in (long, f"http://{long}.de/", f"http://a.de/{long}", f"a@{long}.de", f"{long}@a.de", f"{long}.de"):
            with pytest.raises(ValidationError):
                validate(text)
    assert max(seen, default=0) <= 255
