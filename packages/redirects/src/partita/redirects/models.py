"""Redirects: an old path of a site and where it is now."""

from partita.contracts.i18n import gettext_lazy
from partita.orm import CASCADE, CharField, ForeignKey, Model
from partita.sites.models import Site

__all__ = ("LONGEST_PATH", "Redirect")

LONGEST_PATH = 200
"""Characters of a path with its query; longer ones are in no redirect."""


class Redirect(Model):
    """A path that leads elsewhere, or that is gone."""

    site = ForeignKey(Site, CASCADE, verbose_name=gettext_lazy("site"))
    old_path = CharField(
        gettext_lazy("redirect from"),
        max_length=LONGEST_PATH,
        db_index=True,
        help_text=gettext_lazy(
            "This should be an absolute path, excluding the domain name. Example: “/events/search/”."
        ),
    )
    new_path = CharField(
        gettext_lazy("redirect to"),
        max_length=LONGEST_PATH,
        blank=True,
        help_text=gettext_lazy(
            "This can be either an absolute path (as above) or a full URL starting with a scheme such as “https://”."
        ),
    )

    class Meta:
        db_table = "partita_redirect"
        verbose_name = gettext_lazy("redirect")
        verbose_name_plural = gettext_lazy("redirects")
        unique_together = (("site", "old_path"),)
        ordering = ("old_path",)

    def __str__(self) -> str:
        return f"{self.old_path} ---> {self.new_path}"
