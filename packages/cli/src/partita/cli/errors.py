"""Every error that partita.cli raises."""

__all__ = ("CliError", "LanguageRefused", "NameRefused", "NoProject", "TargetNotEmpty")


class CliError(Exception):
    """Base of every error this package raises; the command line shows its text and ends with status 1."""


class NoProject(CliError, LookupError):
    """No project is found from here, or it does not say where its application is."""


class NameRefused(CliError, ValueError):
    """A project cannot have this name."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(name, problem)
        self.name, self.problem = name, problem

    def __str__(self) -> str:
        return f"{self.name[:80]!r} cannot be the name of a project: {self.problem}"


class TargetNotEmpty(CliError, FileExistsError):
    """A project would be written over something else."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self.folder = folder

    def __str__(self) -> str:
        return f"{self.folder} is there already and is not empty. Choose another name, or --directory."


class LanguageRefused(CliError, ValueError):
    """A project cannot be in this language."""

    def __init__(self, language: str) -> None:
        super().__init__(language)
        self.language = language

    def __str__(self) -> str:
        return f"{self.language[:40]!r} is no tag of a language. Take one such as ar, de or pt-br."
