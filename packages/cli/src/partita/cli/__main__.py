"""Makes ``python -m partita.cli`` the same as ``partita``."""

from partita.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
