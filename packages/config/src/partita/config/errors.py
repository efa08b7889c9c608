"""What can be wrong with settings."""

import msgspec

__all__ = ("ConfigError", "DotenvSyntaxError", "Problem", "SettingsError")


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong with one setting."""

    name: str
    """Dotted, such as ``databases.default``; or the file that cannot be read."""
    text: str
    source: str = ""
    """Where the value came from, such as ``partita.toml``; empty if there is none."""

    def __str__(self) -> str:
        return f"{self.name}: {self.text}" + (f" (from {self.source})" if self.source else "")


class ConfigError(Exception):
    """Base of every error this package raises."""


class SettingsError(ConfigError, ValueError):
    """Settings are missing, unknown or have the wrong type; lists all of them at once."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        count = len(self.problems)
        head = "One setting is wrong:" if count == 1 else f"{count} settings are wrong:"
        return "\n".join([head, *(f"  {problem}" for problem in self.problems)])


class DotenvSyntaxError(ConfigError, ValueError):
    """A line of a ``.env`` file is not a comment and not ``NAME=value``; the line is not shown, as it may be a secret."""

    def __init__(self, line: int, expected: str) -> None:
        super().__init__(line, expected)
        self.line, self.expected = line, expected

    def __str__(self) -> str:
        return f"line {self.line}: expected {self.expected}"
