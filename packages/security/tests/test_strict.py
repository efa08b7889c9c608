import pytest

from partita.security.headers import format_policy
from partita.security.policies import policy_problems
from partita.security.strict import script_hash, strict_policy


def test_a_hash_is_what_the_specification_gives_as_an_example() -> None:
    assert script_hash("alert('Hello, world.');") == "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
    assert script_hash("", "sha512").startswith("'sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXc")


@pytest.mark.parametrize("nonce", [True, False])
def test_the_policy_has_no_weakness_that_we_know_of(nonce: bool) -> None:
    policy = strict_policy(["start();"], nonce=nonce, report_to="csp")
    assert policy_problems(policy) == []
    text = format_policy(policy, "abc" if nonce else None)
    assert ("'nonce-abc'" in text) is nonce
    assert "require-trusted-types-for 'script'; trusted-types 'none'; report-to csp" in text
    assert script_hash("start();") in text


def test_trusted_types_may_be_named_or_left_out() -> None:
    assert strict_policy(trusted_types=["ours", "dompurify"])["trusted-types"] == ("ours", "dompurify")
    assert "trusted-types" not in strict_policy(trusted_types=None)
