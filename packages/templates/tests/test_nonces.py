"""The nonce of a content security policy in templates."""

from types import SimpleNamespace
from typing import Any

import pytest

from partita.templates import Engine, Markup, TemplateSyntaxError

SCRIPT = "<script {% csp_nonce_attr %}></script>"


class Media:
    """Scripts that can be written with attributes."""

    def render(self, attrs: dict[str, object]) -> Markup:
        """See the media of forms."""
        return Markup("<script src=a.js{}></script>").format("".join(f" {k}={v}" for k, v in attrs.items()))


def show(source: str, **names: Any) -> str:
    return Engine().from_string(source).render(names)


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ({"csp_nonce": "abc"}, '<script nonce="abc"></script>'),
        ({"csp_nonce": '"><b>'}, '<script nonce="&#34;&gt;&lt;b&gt;"></script>'),
        ({"csp_nonce": None}, "<script ></script>"),
        ({}, "<script ></script>"),
        ({"request": SimpleNamespace(state=SimpleNamespace(csp_nonce="of the request"))}, '<script nonce="of the request"></script>'),
        ({"request": SimpleNamespace()}, "<script ></script>"),
    ],
)  # fmt: skip
def test_a_script_gets_the_nonce_of_the_context_or_of_the_request(names: dict[str, Any], shown: str) -> None:
    assert show(SCRIPT, **names) == shown


def test_media_get_it_on_every_element() -> None:
    source = "{% csp_nonce_attr media %}"
    assert show(source, media=Media(), csp_nonce="abc") == "<script src=a.js nonce=abc></script>"
    assert show(source, media=Media()) == "<script src=a.js></script>"
    with pytest.raises(TemplateSyntaxError, match="takes media, as of a form, got int"):
        show(source, media=5)
