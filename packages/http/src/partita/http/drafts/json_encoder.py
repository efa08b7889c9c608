"""An encoder for the standard library's `json` that writes what applications have, for code that inherits one."""

import json
from typing import Any

from partita.http.encoding import encode_json

__all__ = ("DjangoJSONEncoder",)


class DjangoJSONEncoder(json.JSONEncoder):
    """Writes dates, durations, decimals, UUIDs and lazy translations as `Response.json` does.

    For ``JsonResponse(encoder=...)``, and for JSON fields of models and forms.
    """

    def default(self, o: object) -> Any:
        """Return a form of ``o`` that JSON has.

        Raises:
            TypeError: If there is none.
        """
        return json.loads(encode_json(o))
