import random
import string

import pytest

from partita.contracts.checks import CHECKS
from partita.contracts.testing.app import SimpleRegistrar
from partita.signing import SIGNING_KEYS
from partita.signing.integration import setup

GOOD = "q8Zr1kX0vT5nB2mW7yL4sD9fG6hJ3cPaEuIoRtQwMxNbVzKlSj"


def findings(*keys: str) -> list[tuple[str, str]]:
    app = SimpleRegistrar()
    setup(app)
    app.provide(SIGNING_KEYS, lambda: keys)
    (check,) = app.all(CHECKS)
    return [(finding.id, finding.text) for finding in check(app)]


def test_a_good_key_passes_the_check() -> None:
    assert findings(GOOD, GOOD[::-1]) == []


def test_a_missing_key_is_an_error() -> None:
    assert [found for found, _ in findings()] == ["signing.E001"]


def test_a_short_or_monotonous_key_is_pointed_out_without_showing_it() -> None:
    found = findings("hunter2", "a" * 60)
    assert [finding for finding, _ in found] == ["signing.W001", "signing.W001"]
    assert "Fallback 1" in found[1][1]
    assert not any("hunter2" in text for _, text in found)


@pytest.mark.parametrize("key", ["change-me-" * 6, "abcdefgh" * 10, "django-insecure-" * 4, "0123456789" * 5])
def test_one_word_over_and_over_is_no_key(key: str) -> None:
    assert [found for found, _ in findings(key)] == ["signing.W001"]


def test_a_key_that_says_that_it_is_insecure_is_believed() -> None:
    key = "".join(random.choices(string.ascii_letters + string.digits, k=50))
    assert [found for found, _ in findings(f"django-insecure-{key}", key)] == ["signing.W001"]


def test_random_keys_of_few_kinds_of_characters_pass() -> None:
    for alphabet in (string.digits, string.hexdigits[:16], string.ascii_letters):
        assert findings(*("".join(random.choices(alphabet, k=50)) for _ in range(100))) == []
