"""Pages kept in the database, with a URL each."""

from urllib.parse import quote

from partita.contracts import current
from partita.contracts.i18n import gettext_lazy
from partita.orm import BooleanField, CharField, ManyToManyField, Model, TextField
from partita.sites.models import Site
from partita.urls import ROUTER, NoReverseMatch, get_script_prefix, reverse

__all__ = ("LONGEST_URL", "FlatPage")

LONGEST_URL = 100
"""Characters of a page's URL; longer ones are no page's."""


class FlatPage(Model):
    """A page whose content is HTML, written by people who are trusted with that."""

    url = CharField("URL", max_length=LONGEST_URL, db_index=True)
    title = CharField(gettext_lazy("title"), max_length=200)
    content = TextField(gettext_lazy("content"), blank=True)
    enable_comments = BooleanField(gettext_lazy("enable comments"), default=False)
    template_name = CharField(
        gettext_lazy("template name"),
        max_length=70,
        blank=True,
        help_text=gettext_lazy(
            "Example: “flatpages/contact_page.html”. If this isn’t provided, the system will use “flatpages/default.html”."
        ),
    )
    registration_required = BooleanField(
        gettext_lazy("registration required"),
        default=False,
        help_text=gettext_lazy("If this is checked, only logged-in users will be able to view the page."),
    )
    sites = ManyToManyField(Site, verbose_name=gettext_lazy("sites"))

    class Meta:
        db_table = "partita_flatpage"
        verbose_name = gettext_lazy("flat page")
        verbose_name_plural = gettext_lazy("flat pages")
        ordering = ("url",)

    def __str__(self) -> str:
        return f"{self.url} -- {self.title}"

    def get_absolute_url(self) -> str:
        """Return the path: of the route that leads to the view, if there is one, else the page's own URL, escaped."""
        from partita.flatpages.views import flatpage

        if current.find(ROUTER) is not None:
            for url in (self.url.lstrip("/"), self.url):
                try:
                    return reverse(flatpage, kwargs={"url": url})
                except NoReverseMatch:
                    continue
        return quote(get_script_prefix().rstrip("/") + self.url, safe="/#%[]=:;$&()+,!?*@'~")
