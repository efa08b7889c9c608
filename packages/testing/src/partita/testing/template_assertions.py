"""What tests assert of the templates that views rendered."""

from partita.testing.responses import ClientResponse

__all__ = ("assert_template_not_used", "assert_template_used")


def assert_template_used(response: ClientResponse, name: str, count: int | None = None) -> None:
    """Assert that a view rendered the template ``name``.

    Args:
        response: The answer.
        name: Of the template.
        count: How often; at least once by default.

    Raises:
        AssertionError: If it did not; the message says what it rendered.
    """
    names = [template.name for template in response.templates]
    found, shown = names.count(name), ", ".join(dict.fromkeys(names)) or "none"
    if count is None:
        assert found, f"the template {name!r} was not rendered; rendered were: {shown}"
    else:
        assert found == count, f"the template {name!r} was rendered {found} times, not {count}; rendered were: {shown}"


def assert_template_not_used(response: ClientResponse, name: str) -> None:
    """Assert that no view rendered the template ``name``.

    Raises:
        AssertionError: If one did.
    """
    assert name not in [template.name for template in response.templates], f"the template {name!r} was rendered"
