import html.parser
from collections.abc import Callable

import pytest


class Reader(html.parser.HTMLParser):
    """Collects the elements of a page with their attributes, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="session")
def read_html() -> Callable[[object], Reader]:
    def read(page: object) -> Reader:
        reader = Reader()
        reader.feed(str(page))
        reader.close()
        return reader

    return read
