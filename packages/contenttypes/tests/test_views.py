"""A URL made of a content type and a key leads to the page of the row."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from partita.contenttypes import ContentType
from partita.contenttypes.views import shortcut
from partita.http import NotFound, Request
from partita.http.drafts import HttpRequest
from partita.orm import CASCADE, CharField, ForeignKey, ManyToManyField, Model, Registry, connect

sites = Registry()


class Site(Model):
    """As partita.sites has it."""

    domain = CharField(max_length=40)

    class Meta:
        registry = sites
        app_label = "sites"


class Page(Model):
    """Has a page of its own."""

    path = CharField(max_length=40)
    site = ForeignKey(Site, CASCADE, null=True)
    others = ManyToManyField(Site, through="PageSite", related_name="+")

    class Meta:
        app_label = "pages"

    def get_absolute_url(self) -> str:
        """Return the path."""
        return self.path


class PageSite(Model):
    """Between the two."""

    page = ForeignKey(Page, CASCADE)
    site = ForeignKey(Site, CASCADE)

    class Meta:
        app_label = "pages"


class Hidden(Model):
    """Has no page."""

    class Meta:
        app_label = "pages"


@pytest.fixture
def rows() -> Iterator[SimpleNamespace]:
    """A page, a row without one, their content types."""
    database = connect("sqlite://:memory:")
    with database:
        database.create_all(ContentType, Site, Page, PageSite, Hidden)
        yield SimpleNamespace(
            page=Page.objects.create(path="/about/"),
            pages=ContentType.objects.get_for_model(Page).pk,
            hidden=Hidden.objects.create(),
            hiddens=ContentType.objects.get_for_model(Hidden).pk,
        )
    database.close()


def ask(host: str = "shop.example", scheme: str = "https") -> Request:
    return Request.build(path="/", headers={"Host": host}, scheme=scheme)


def test_a_row_is_found_on_the_host_that_was_asked(rows: SimpleNamespace) -> None:
    answer = shortcut(ask(), rows.pages, str(rows.page.pk))
    assert (answer.status, answer.headers["location"]) == (302, "https://shop.example/about/")
    draft = HttpRequest()
    draft.META["HTTP_HOST"] = "shop.example:8000"
    assert shortcut(draft, rows.pages, rows.page.pk).headers["location"] == "http://shop.example:8000/about/"


def test_a_row_that_belongs_to_a_site_is_found_there(rows: SimpleNamespace) -> None:
    one, two = (Site.objects.create(domain=domain) for domain in ("one.example", "two.example"))
    rows.page.site = one
    rows.page.save()
    assert shortcut(ask(), rows.pages, rows.page.pk).headers["location"] == "https://one.example/about/"
    rows.page.others.add(two)
    assert shortcut(ask(), rows.pages, rows.page.pk).headers["location"] == "https://two.example/about/"
    rows.page.others.add(one)
    assert shortcut(ask("one.example"), rows.pages, rows.page.pk).headers["location"] == "https://one.example/about/"


def test_a_whole_url_is_kept(rows: SimpleNamespace) -> None:
    rows.page.path = "https://elsewhere.example/a"
    rows.page.save()
    assert shortcut(ask(), rows.pages, rows.page.pk).headers["location"] == "https://elsewhere.example/a"


@pytest.mark.parametrize("key", ["0", "nothing", "9" * 40, ""])
def test_what_is_not_there_is_not_found(rows: SimpleNamespace, key: str) -> None:
    with pytest.raises(NotFound):
        shortcut(ask(), rows.pages, key)
    with pytest.raises(NotFound):
        shortcut(ask(), key, str(rows.page.pk))
    with pytest.raises(NotFound, match="get_absolute_url"):
        shortcut(ask(), rows.hiddens, rows.hidden.pk)
    gone = ContentType.objects.create(app_label="pages", model="gone")
    with pytest.raises(NotFound, match="no associated model"):
        shortcut(ask(), gone.pk, "1")
