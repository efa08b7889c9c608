"""Every error that partita.web raises."""

from partita.contracts.errors import ImproperlyConfigured

__all__ = (
    "AppError",
    "DuplicateProvider",
    "FrozenAppError",
    "MissingProvider",
    "ProviderCycle",
    "UnusableBackend",
    "ViewError",
)


_MEANT = {
    "NoneType": "is a `return` missing?",
    "coroutine": "is an `await` missing?",
    "dict": "Response.json(...) makes one",
    "list": "Response.json(...) makes one",
    "str": "Response.html(...) and Response.text(...) make one",
}


class AppError(ImproperlyConfigured):
    """Base of every error this package raises."""


class DuplicateProvider(AppError, LookupError):
    """Two callers provide one key."""

    def __init__(self, key: str, first: str, second: str) -> None:
        super().__init__(key, first, second)
        self.key, self.first, self.second = key, first, second

    def __str__(self) -> str:
        return (
            f"{self.key} is provided twice: at {self.first} and at {self.second}. "
            "Keep one of them; a package can be left out with App(..., default_apps=...)."
        )


class MissingProvider(AppError, LookupError):
    """Nobody provides a key that somebody requires."""

    def __init__(self, key: str, hint: str = "") -> None:
        super().__init__(key, hint)
        self.key, self.hint = key, hint

    def __str__(self) -> str:
        package = ".".join(self.key.split(".")[:2])
        return (
            f"Nothing in this application provides {self.key}. Install {package.replace('.', '-')} and list "
            f"{package!r} in apps, or provide it in the setup() of one of your own apps.{self.hint}"
        )


class ProviderCycle(AppError, LookupError):
    """A value needs itself to be made."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        super().__init__(keys)
        self.keys = keys

    def __str__(self) -> str:
        return f"These values need each other to be made: {' → '.join(self.keys)}"


class FrozenAppError(AppError, RuntimeError):
    """Something was registered after the application had been put together."""


class UnusableBackend(AppError, LookupError):
    """What the settings name makes no signers."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name, self.reason = name, reason

    def __str__(self) -> str:
        return (
            f"[signing] backend is {self.name[:80]!r}, which cannot be used: {self.reason}. "
            "Name a module and a subclass of TimestampSigner, as in shop.signing:HardwareSigner."
        )


class ViewError(AppError, TypeError):
    """A view returned something that is no response."""

    def __init__(self, view: str, returned: str) -> None:
        super().__init__(view, returned)
        self.view, self.returned = view, returned

    def __str__(self) -> str:
        meant = _MEANT.get(self.returned)
        return f"the view {self.view} returned {self.returned}, not a partita.http.Response{f' ({meant})' if meant else ''}"
