"""The shop's addresses."""

from partita.admin import site
from partita.i18n.views import set_language
from partita.sitemaps.views import index_view, robots_view, sitemap_view
from partita.urls import include, path
from shop import api, views
from shop.feeds import SITEMAPS, NewAlbums, NewAlbumsAtom

__all__ = ("urlpatterns",)

shop = [
    path("", views.home, name="home"),
    path("artists/", views.artists, name="artists"),
    path("artists/<int:pk>/", views.artist, name="artist"),
    path("albums/", views.albums, name="albums"),
    path("albums/<int:pk>/", views.album, name="album"),
    path("tracks/", views.tracks, name="tracks"),
    path("cart/", views.cart, name="cart"),
    path("cart/add/", views.add_to_cart, name="add_to_cart"),
    path("cart/change/", views.change_cart, name="change_cart"),
    path("checkout/", views.checkout, name="checkout"),
    path("orders/", views.orders, name="orders"),
    path("orders/<int:pk>/", views.order, name="order"),
    path("language/", set_language, name="language"),
    path("feed/", NewAlbums(), name="feed"),
    path("feed/atom/", NewAlbumsAtom(), name="feed_atom"),
    path("api/tracks/", api.tracks, name="api_tracks"),
]

urlpatterns = [
    path("", include((shop, "shop"))),
    path("account/", include("partita.auth.urls")),
    path("admin/", site.urls),
    path("sitemap.xml", index_view(SITEMAPS)),
    path("sitemap-<slug:section>.xml", sitemap_view(SITEMAPS)),
    path("robots.txt", robots_view("User-agent: *\nDisallow: /cart/\nDisallow: /account/", sitemap="/sitemap.xml")),
]
