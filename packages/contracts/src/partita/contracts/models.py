"""Whose models an application has, in a process that may hold others as well."""

from partita.contracts.key import ExtensionPoint

__all__ = ("MODEL_PACKAGES",)

MODEL_PACKAGES = ExtensionPoint[str]("partita.orm.packages")
"""Dotted names of packages; models in their modules are the application's."""
