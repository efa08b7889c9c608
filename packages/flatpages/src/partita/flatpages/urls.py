"""Routes for ``include("partita.flatpages.urls")``, in place of the layer."""

from partita.flatpages.views import flatpage
from partita.urls import path

__all__ = ("urlpatterns",)

urlpatterns = [path("<path:url>", flatpage, name="partita.flatpages.flatpage")]
