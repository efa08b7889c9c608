"""The shop's addresses."""

from partita.admin import site
from partita.urls import include, path
from shop import api, views

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
    path("language/", views.language, name="language"),
    path("api/tracks/", api.tracks, name="api_tracks"),
]

urlpatterns = [
    path("", include((shop, "shop"))),
    path("account/", include("partita.auth.urls")),
    path("admin/", site.urls),
]
