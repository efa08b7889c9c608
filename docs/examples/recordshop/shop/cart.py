"""The cart: numbers of tracks and how many of each, kept in the session."""

from decimal import Decimal

import msgspec

from partita.sessions import Session
from shop.models import Track

__all__ = ("MAX_LINES", "MAX_QUANTITY", "Cart", "CartLine")

MAX_LINES = 100
MAX_QUANTITY = 99
_KEY = "cart"


class CartLine(msgspec.Struct, frozen=True):
    """One track in the cart, at today's price."""

    track: Track
    quantity: int

    @property
    def subtotal(self) -> Decimal:
        """The price of this line in US dollars."""
        return self.track.unit_price * self.quantity


class Cart:
    """What one visitor wants to buy.

    Args:
        session: Where it is kept; its prices are never taken from there.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def quantities(self) -> dict[int, int]:
        """Quantity by number of track, in the order of adding."""
        kept = self._session.get(_KEY)
        return {int(track): int(quantity) for track, quantity in kept.items()} if isinstance(kept, dict) else {}

    @property
    def count(self) -> int:
        """How many tracks there are, counting each as often as it is wanted."""
        return sum(self.quantities.values())

    def add(self, *tracks: int) -> None:
        """Add one of each track; beyond the limits nothing is added."""
        quantities = self.quantities
        for track in tracks:
            if track in quantities or len(quantities) < MAX_LINES:
                quantities[track] = min(quantities.get(track, 0) + 1, MAX_QUANTITY)
        self._keep(quantities)

    def set(self, track: int, quantity: int) -> None:
        """Want ``quantity`` of a track that is in the cart; zero takes it out."""
        quantities = self.quantities
        if track in quantities:
            quantities[track] = min(max(quantity, 0), MAX_QUANTITY)
            self._keep({number: wanted for number, wanted in quantities.items() if wanted})

    def clear(self) -> None:
        """Take everything out."""
        self._session.pop(_KEY, None)

    def lines(self) -> list[CartLine]:
        """Look the tracks up; those that are no longer sold are left out."""
        quantities = self.quantities
        if not quantities:
            return []
        tracks = Track.objects.select_related("album__artist").in_bulk(list(quantities))
        return [CartLine(tracks[number], wanted) for number, wanted in quantities.items() if number in tracks]

    def _keep(self, quantities: dict[int, int]) -> None:
        self._session[_KEY] = {str(track): quantity for track, quantity in quantities.items()}
