"""Every error this package raises."""

__all__ = ("AdminError", "AlreadyRegistered", "NotRegistered", "OptionsError")


class AdminError(Exception):
    """Base of every error this package raises."""


class AlreadyRegistered(AdminError, ValueError):
    """A model was registered twice with one site."""

    def __init__(self, label: str, site: str) -> None:
        super().__init__(label, site)
        self.label, self.site = label, site

    def __str__(self) -> str:
        return f"{self.label} is registered with the site {self.site!r} already. Unregister it first to replace it."


class NotRegistered(AdminError, LookupError):
    """A model is not registered with a site."""

    def __init__(self, label: str, site: str) -> None:
        super().__init__(label, site)
        self.label, self.site = label, site

    def __str__(self) -> str:
        return f"{self.label} is not registered with the site {self.site!r}."


class OptionsError(AdminError, ValueError):
    """A `ModelAdmin` names something that its model does not have."""

    def __init__(self, admin: str, option: str, name: str, expected: str) -> None:
        super().__init__(admin, option, name, expected)
        self.admin, self.option, self.name, self.expected = admin, option, name, expected

    def __str__(self) -> str:
        return f"{self.admin}.{self.option} names {self.name!r}, expected {self.expected}"
