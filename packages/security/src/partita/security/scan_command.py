"""``partita scan``: weaknesses in the project's own code."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from partita.contracts.current import Resolver

if TYPE_CHECKING:
    import argparse  # loading it takes 2 ms, and a program that only serves never parses arguments

__all__ = ("ScanCommand",)


class ScanCommand:
    """Scans files."""

    __slots__ = ()

    name = "scan"
    help = "look for weaknesses in the project's own code"

    def add_arguments(self, parser: "argparse.ArgumentParser") -> None:
        """Declare arguments."""
        parser.add_argument(
            "places", nargs="*", type=Path, default=[Path()], help="files and folders (default: this project)"
        )
        parser.add_argument("--json", action="store_true", help="write what is found as JSON")

    def run(self, app: Resolver, options: "argparse.Namespace") -> int:
        """Scan, and tell; status 1 if anything was found."""
        from partita.security.scan import scan  # the rules are for this command alone

        try:
            found = list(scan(options.places))
        except OSError as error:
            raise SystemExit(str(error)) from error
        if options.json:
            sys.stdout.write(f"{msgspec.json.format(msgspec.json.encode(found)).decode()}\n")
        else:
            for each in found:
                sys.stdout.write(f"{each}\n")
            sys.stdout.write(f"{len(found)} found\n" if found else "Nothing found.\n")
        return int(bool(found))
