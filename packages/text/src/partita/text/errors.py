"""Every error this package raises."""

__all__ = ("DeconstructionError", "FileNameError", "NumberError", "TextDecodeError", "TextError")


class TextError(Exception):
    """Base of every error this package raises."""


class TextDecodeError(TextError, UnicodeDecodeError):
    """Bytes are not text in the encoding they were said to have."""

    def __str__(self) -> str:
        shown = self.object if len(self.object) <= 80 else self.object[:80] + b"..."
        return f"{UnicodeDecodeError.__str__(self)}. You passed in {shown!r} ({type(self.object)})"


class FileNameError(TextError, ValueError):
    """Nothing of a text can be the name of a file."""

    def __init__(self, name: str) -> None:
        super().__init__(name[:80])

    def __str__(self) -> str:
        return f"Could not derive file name from {self.args[0]!r}"


class NumberError(TextError, ValueError):
    """Text is no number in the current language."""

    def __init__(self, text: str) -> None:
        super().__init__(text[:80])

    def __str__(self) -> str:
        return f"got {self.args[0]!r}, expected a number as the current language writes it"


class DeconstructionError(TextError, ValueError):
    """An object cannot be made again elsewhere, because its class is in no module under its name."""

    def __init__(self, name: str, module: str) -> None:
        super().__init__(name, module)

    def __str__(self) -> str:
        name, module = self.args
        return (
            f"Could not find object {name} in {module}. Generated code can only import what stands at the top of a module: "
            "move the class there, or give deconstructible(path=...) the place where it is."
        )
