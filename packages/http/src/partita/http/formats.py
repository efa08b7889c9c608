"""One value in the form that the client wants: JSON, MessagePack, XML, CSV, YAML or HTML."""

import csv
import html
import io
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

import msgspec

from partita.http.encoding import encode_json, plain_value
from partita.http.errors import BadRequest, NotAcceptable, UnprocessableContent
from partita.http.request import Request
from partita.http.response import Response

__all__ = ("FORMATS", "Encoder", "encode_csv", "encode_html", "encode_xml", "negotiate", "read_as")

T = TypeVar("T")
Encoder = Callable[[Any], bytes]

_NAME = re.compile(r"(?![xX][mM][lL])[A-Za-z_][A-Za-z0-9_.\-]*")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2
_FORMULA = re.compile(r"[=+\-@\t\r]")  # what spreadsheets run
_DEEPEST = 64


def encode_xml(value: object) -> bytes:
    """Write a value as XML: names of fields are elements where they can be, items of lists are ``<item>``."""
    parts: list[str] = ['<?xml version="1.0" encoding="utf-8"?>\n']
    _element("response", msgspec.to_builtins(value, str_keys=True, enc_hook=plain_value), parts, 0)
    return "".join(parts).encode()


def encode_csv(value: object) -> bytes:
    """Write rows as CSV (RFC 4180), with a line of names; what is nested is JSON, and what a spreadsheet would run gets a quote.

    Args:
        value: Mappings or structs, or one of them; anything else is one column.
    """
    plain = msgspec.to_builtins(value, str_keys=True, enc_hook=plain_value)
    rows: list[Any] = plain if isinstance(plain, list) else [plain]
    named = [row if isinstance(row, dict) else {"value": row} for row in rows]
    names = list(dict.fromkeys(name for row in named for name in row))
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([_cell(name) for name in names])
    writer.writerows([[_cell(row.get(name)) for name in names] for row in named])
    return out.getvalue().encode()


def encode_html(value: object) -> bytes:
    """Write a value as a page to look at: rows as a table, anything else as JSON."""
    plain = msgspec.to_builtins(value, str_keys=True, enc_hook=plain_value)
    if isinstance(plain, list) and plain and all(isinstance(row, dict) for row in plain):
        names = list(dict.fromkeys(name for row in plain for name in row))
        head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(_text(row.get(name)))}</td>" for name in names) for row in plain
        )
        shown = f"<table><thead><tr>{head}</thead><tbody>{rows}</tbody></table>"
    else:
        shown = f"<pre>{html.escape(msgspec.json.format(encode_json(plain)).decode())}</pre>"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Data</title><body>{shown}</body></html>'.encode()
    )


def _encode_yaml(value: object) -> bytes:
    try:
        return msgspec.yaml.encode(value, enc_hook=plain_value)
    except ImportError:
        # Without PyYAML: JSON is YAML, too (YAML 1.2, section 1.3).
        return encode_json(value)


def _encode_message_pack(value: object) -> bytes:
    return msgspec.msgpack.encode(value, enc_hook=plain_value)


FORMATS: Mapping[str, Encoder] = {
    "application/json": encode_json,
    "application/msgpack": _encode_message_pack,
    "application/xml": encode_xml,
    "text/csv": encode_csv,
    "application/yaml": _encode_yaml,
    "text/html": encode_html,
}
"""Encoders by media type, the favourite first."""


def negotiate(
    request: Request, value: object, status: int = 200, formats: Mapping[str, Encoder] | Iterable[str] = FORMATS
) -> Response:
    """Answer with ``value`` in the form that the client wants most; JSON if it does not mind.

    Args:
        request: Says what the client takes; ``?format=csv`` decides instead, for links.
        value: Anything msgspec encodes.
        status: From 200 to 599.
        formats: Encoders by media type, or names of `FORMATS`.

    Raises:
        NotAcceptable: If the client takes none of them.
    """
    known = formats if isinstance(formats, Mapping) else {name: FORMATS[name] for name in formats}
    asked = request.query.get("format")
    if asked is not None:
        kind = next((name for name in known if name.partition("/")[2] == asked), None)
    else:
        kind = request.prefers(known)
    if kind is None:
        raise NotAcceptable(f"This is to be had as {', '.join(known)}.")
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    response = Response(known[kind](value), status, content_type=f"{kind}{charset}")
    return response.with_vary("Accept")


async def read_as(request: Request, type: type[T]) -> T:
    """Return the body, JSON or MessagePack as its content type says, decoded to ``type``.

    ``limits.max_decoded`` is for JSON; values of MessagePack can take 72 times their length, where ``type`` does not say what they are.

    Args:
        request: What was sent.
        type: Anything msgspec decodes to.

    Raises:
        UnsupportedMediaType: If it is something else.
        BadRequest: If the body is not what its content type says.
        UnprocessableContent: If it is not of ``type``.
    """
    if request.content_type not in {"application/msgpack", "application/x-msgpack", "application/vnd.msgpack"}:
        return await request.ajson(type)
    try:
        return cast("T", msgspec.msgpack.decode(await request.aread(), type=cast("Any", type)))
    except msgspec.ValidationError as error:
        raise UnprocessableContent(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"The body is not MessagePack: {error}") from error


def _element(name: str, value: Any, parts: list[str], depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError(f"the value is more than {_DEEPEST} levels deep")
    tag, attribute = (name, "") if _NAME.fullmatch(name) else ("field", f' name="{_escaped(name, quotes=True)}"')
    if value is None:
        parts.append(f"<{tag}{attribute}/>")
        return
    parts.append(f"<{tag}{attribute}>")
    if isinstance(value, dict):
        for key, each in value.items():
            _element(key, each, parts, depth + 1)
    elif isinstance(value, list):
        for each in value:
            _element("item", each, parts, depth + 1)
    else:
        parts.append(_escaped(_text(value)))
    parts.append(f"</{tag}>")


def _escaped(text: str, *, quotes: bool = False) -> str:
    return html.escape(_NO_XML.sub("\ufffd", text), quote=quotes)


def _cell(value: object) -> str:
    text = _text(value)
    return f"'{text}" if isinstance(value, str) and _FORMULA.match(text) else text


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return encode_json(value).decode() if isinstance(value, dict | list) else str(value)
