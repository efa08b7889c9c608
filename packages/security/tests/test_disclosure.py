import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest

from partita.http import Request
from partita.security.disclosure import Disclosure, check_disclosure, disclosure_page, security_txt
from partita.security.errors import PolicyError

NOW = datetime(2026, 11, 21, tzinfo=UTC)
OURS = Disclosure(
    ("mailto:security@example.com", "https://example.com/report"),
    datetime(2027, 5, 1, 14, tzinfo=timezone(timedelta(hours=2))),
    policy="https://example.com/policy",
    encryption="openpgp4fpr:5f2de5521c63a801ab59ccb603d49de44b29100f",
    canonical=("https://example.com/.well-known/security.txt",),
    languages=("en", "de"),
    text="Tell us <first>.\n\nWe answer within a day.",
)


def test_the_file_has_the_form_of_the_rfc() -> None:
    response = asyncio.run(security_txt(OURS)(Request.build()))
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.body == (
        b"Contact: mailto:security@example.com\n"
        b"Contact: https://example.com/report\n"
        b"Expires: 2027-05-01T12:00:00Z\n"
        b"Encryption: openpgp4fpr:5f2de5521c63a801ab59ccb603d49de44b29100f\n"
        b"Policy: https://example.com/policy\n"
        b"Canonical: https://example.com/.well-known/security.txt\n"
        b"Preferred-Languages: en, de\n"
    )


def test_the_page_is_for_people() -> None:
    body = asyncio.run(disclosure_page(OURS)(Request.build())).body
    assert isinstance(body, bytes)
    assert b"<p>Tell us &lt;first&gt;.</p><p>We answer within a day.</p>" in body
    assert b'<a href="mailto:security@example.com">security@example.com</a>' in body


@pytest.mark.parametrize(
    "wrong",
    [
        *({"contacts": ()}, {"contacts": ("security@example.com",)}, {"contacts": ("http://example.com",)}),
        *({"contacts": ("mailto:a@b\nExpires: never",)}, {"policy": "javascript:alert(1)"}, {"encryption": "abc"}),
        *({"languages": ("english!",)}, {"canonical": ("/security.txt",)}),
    ],
)
def test_what_cannot_be_written_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(PolicyError):
        Disclosure(**{"contacts": ("tel:+1-201-555-0123",), "expires": NOW, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("days", "found"), [(-1, "has expired"), (10, "expires in 10 days"), (200, None), (400, "more than a year")]
)
def test_a_date_that_is_near_or_far_is_reported(days: int, found: str | None) -> None:
    disclosure = Disclosure(("tel:+1-201-555-0123",), NOW + timedelta(days=days))
    texts = [finding.text for finding in check_disclosure(disclosure, NOW)]
    assert texts == [] if found is None else found in texts[0]
