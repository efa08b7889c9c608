"""The form in which people write flat pages."""

import re
from typing import Any

from partita.contracts.i18n import gettext, gettext_lazy
from partita.flatpages.models import FlatPage
from partita.flatpages.settings import flatpages_settings
from partita.forms import RegexField
from partita.forms.models import ModelForm
from partita.validation import ValidationError

__all__ = ("FlatPageForm",)


class FlatPageForm(ModelForm[FlatPage]):
    """Fields of a page; its URL begins with a slash, ends with one where settings ask for it, and is once in a site."""

    url = RegexField(
        label="URL",
        max_length=100,
        regex=re.compile(r"^[-\w/.~]+\Z"),
        help_text=gettext_lazy("Example: “/about/contact/”. Make sure to have leading and trailing slashes."),
        error_messages={
            "invalid": gettext_lazy(
                "This value must contain only letters, numbers, dots, underscores, dashes, slashes or tildes."
            )
        },
    )

    class Meta:
        model = FlatPage
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not flatpages_settings().append_slash:
            self.fields["url"].help_text = gettext_lazy("Example: “/about/contact”. Make sure to have a leading slash.")

    def clean_url(self) -> str:
        """Return the URL.

        Raises:
            ValidationError: If a slash is missing.
        """
        url: str = self.cleaned_data["url"]
        if not url.startswith("/"):
            raise ValidationError(gettext("URL is missing a leading slash."), code="missing_leading_slash")
        if flatpages_settings().append_slash and not url.endswith("/"):
            raise ValidationError(gettext("URL is missing a trailing slash."), code="missing_trailing_slash")
        return url

    def clean(self) -> Any:
        """Check that no other page of the same site has the URL.

        Raises:
            ValidationError: If one has.
        """
        url, sites = self.cleaned_data.get("url"), self.cleaned_data.get("sites")
        others = FlatPage.objects.filter(url=url)
        if self.instance.pk:
            others = others.exclude(pk=self.instance.pk)
        taken = others.filter(sites__in=[site.pk for site in sites or ()]).distinct()
        for site in sites or ():
            if taken.filter(sites=site).exists():
                raise ValidationError(
                    gettext("Flatpage with url %(url)s already exists for site %(site)s"),
                    code="duplicate_url",
                    params={"url": url, "site": site},
                )
        return super().clean()
