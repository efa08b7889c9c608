"""What the bridge raises."""

__all__ = ("BridgeError",)


class BridgeError(RuntimeError):
    """`wait` was called where nothing above can await: outside `drive` and `run`, or in another thread."""

    def __init__(self, awaitable: str) -> None:
        super().__init__(awaitable)
        self.awaitable = awaitable

    def __str__(self) -> str:
        return (
            f"cannot wait for {self.awaitable} here: no event loop drives this code through the bridge. "
            "Call it beneath `await partita.bridge.run(function)` or `await partita.bridge.drive(coroutine)`, "
            "in the same thread; or use the library's blocking function."
        )
