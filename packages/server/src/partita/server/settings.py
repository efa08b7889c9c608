"""The section ``[server]`` of an application's settings: how it behaves, and where it listens."""

from typing import Literal

from partita.contracts.key import Key
from partita.server.options import Options

__all__ = ("RELOAD_MODES", "SERVER_SETTINGS", "ReloadMode", "Reloader", "ServerSettings")

Reloader = Literal["auto", "events", "stat"]
ReloadMode = Literal["modules", "process"]
RELOAD_MODES = ("modules", "process")


class ServerSettings(Options, frozen=True):
    """What ``partita run`` does unless its arguments say otherwise, beside `Options`.

    The port stands here alone: the environment changes it (``PARTITA_SERVER__PORT``), and addresses that requests make carry
    the one that was asked.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        unix: Path of a UNIX socket to listen on instead; empty for none.
        certificate: File with the certificate chain (PEM) to serve over TLS with; empty for plain connections.
        key: File with its private key, if that is not in the same file.
        workers: Processes.
        reloader: How ``--reload`` learns of changes: ``events`` of the operating system (extra ``reload``), ``stat`` looks at all
            files twice a second, which also works on network drives and in containers; ``auto`` takes events if it can.
        reload_mode: What ``--reload`` does about changed modules: ``modules`` exchanges them and those that import them, and starts
            the program again where that cannot do; ``process`` always starts it again.
        debug_warning: Whether to warn that debug is on.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    unix: str = ""
    certificate: str = ""
    key: str = ""
    workers: int = 1
    reloader: Reloader = "auto"
    reload_mode: ReloadMode = "modules"
    debug_warning: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.port <= 65_535:
            raise ValueError(f"port must be between 0 and 65535, not {self.port}")
        if self.workers < 1:
            raise ValueError(f"workers must be at least 1, not {self.workers}")
        if self.key and not self.certificate:
            raise ValueError("key is given without a certificate, so that nothing would be encrypted: name both")


SERVER_SETTINGS = Key[ServerSettings]("partita.server.settings")
