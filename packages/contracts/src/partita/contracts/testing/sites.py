"""Tests that every `Sites` must pass."""

import asyncio
from abc import abstractmethod

from partita.contracts.sites import Sites

__all__ = ("SitesContract",)


class SitesContract:
    """Inherit this and define `make`."""

    @abstractmethod
    def make(self, domain: str | None) -> Sites:
        """Return sites of which the current one has this domain; None if there is no current one."""
        raise NotImplementedError

    def test_the_current_site_has_a_domain_and_a_name(self) -> None:
        found = self.make("one.example").get_current()
        assert found.domain == "one.example"
        assert isinstance(found.name, str)

    def test_waiting_makes_no_difference(self) -> None:
        assert asyncio.run(self.make("one.example").aget_current()).domain == "one.example"

    def test_what_cannot_be_told_is_a_lookup_error(self) -> None:
        sites = self.make(None)
        try:
            found = sites.get_current()
        except LookupError:
            return
        raise AssertionError(f"expected a LookupError, got {found!r}")
