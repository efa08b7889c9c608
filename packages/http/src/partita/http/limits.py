"""How much of a request is read before it is refused."""

import msgspec

from partita.contracts.key import Key

__all__ = ("LIMITS", "Limits")


class Limits(msgspec.Struct, frozen=True):
    """Bounds that every parser keeps; breaking one raises the `StatusError` with the right 4xx.

    Args:
        max_body: Bytes of a body, or of all text fields and in-memory files of a form together.
        max_upload: Bytes of a multipart body, with its files.
        max_fields: Fields of a form, and parameters of a query.
        max_field_size: Bytes of one text field of a form.
        max_files: Files of a form.
        max_file_size: Bytes of one file.
        max_file_memory: Bytes after which a file goes on in a temporary file on disk.
        max_part_header_bytes: Bytes of the headers of one part of a multipart body.
        max_target: Bytes of the request target; more gives 414.
        max_header_bytes: Bytes of all header fields together; more gives 431.
        max_headers: Header fields; more gives 431.
        max_decoded: Bytes of memory that the values of a JSON body may take, estimated before any is made; more gives 413. With 0 it is
            24 times ``max_body``: what people send takes 5 to 20 times its length. What a body itself takes is not counted.
    """

    max_body: int = 2_621_440
    max_upload: int = 104_857_600
    max_fields: int = 1000
    max_field_size: int = 1_048_576
    max_files: int = 100
    max_file_size: int = 104_857_600
    max_file_memory: int = 262_144
    max_part_header_bytes: int = 8192
    max_target: int = 8192
    max_header_bytes: int = 32_768
    max_headers: int = 100
    max_decoded: int = 0


LIMITS = Key[Limits]("partita.http.limits")
