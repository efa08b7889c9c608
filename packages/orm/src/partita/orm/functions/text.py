"""Functions of text."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Integer, Text, literal_column

from partita.orm.expressions import INTEGER, TEXT, Func, Transform, Value
from partita.orm.fields import Field
from partita.orm.sql_elements import cast, func
from partita.orm.sql_text import Fragment

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = (
    "MD5",
    "SHA1",
    "SHA224",
    "SHA256",
    "SHA384",
    "SHA512",
    "Chr",
    "Concat",
    "ConcatPair",
    "LPad",
    "LTrim",
    "Left",
    "Length",
    "Lower",
    "Ord",
    "RPad",
    "RTrim",
    "Repeat",
    "Replace",
    "Reverse",
    "Right",
    "StrIndex",
    "Substr",
    "Trim",
    "Upper",
)


def _whole(number: Any) -> Any:
    return Value(number, INTEGER) if isinstance(number, int) else number


class _OfText(Transform):
    @property
    def output(self) -> Field[Any]:
        """As the argument, so that what is registered for its field applies again."""
        if self.output_field is not None:
            return self.output_field
        given: Field[Any] = self.sources[0].output
        return given if given.is_text and not given.is_relation else TEXT


class Chr(Transform):
    """The character with a code point."""

    lookup_name, output_field = "chr", TEXT

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """CHR or CHAR."""
        if compiler.vendor == "mysql":
            return func.char(arguments[0].op("USING")(literal_column("utf32")))
        return func.chr(cast(arguments[0], Integer)) if compiler.vendor == "postgresql" else func.char(*arguments)


class Concat(Func):
    """Texts one after the other; NULL counts as empty.

    Raises:
        ValueError: If there are fewer than two.
    """

    output_field = TEXT

    def __init__(self, *sources: Any, **extra: Any) -> None:
        if len(sources) < 2:
            raise ValueError("Concat must take at least two expressions")
        super().__init__(*sources, **extra)

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """CONCAT, or SQLite's operator."""
        texts = [
            func.coalesce(cast(argument, Text) if compiler.vendor != "mysql" else argument, literal_column("''"))
            for argument in arguments
        ]
        if compiler.vendor == "mysql":
            return func.concat(*texts)
        joined: Any = texts[0]
        for text in texts[1:]:
            joined = joined.op("||")(text)
        return joined.self_group()  # type: ignore[no-any-return]  # SQLAlchemy's expression


class ConcatPair(Concat):
    """Two texts one after the other."""


class Left(Func):
    """The first ``length`` characters.

    Raises:
        ValueError: If ``length`` is a number below 1.
    """

    arity, output_field = 2, TEXT

    def __init__(self, expression: Any, length: Any, **extra: Any) -> None:
        if not hasattr(length, "resolve") and length < 1:
            raise ValueError("'length' must be greater than 0.")
        super().__init__(expression, _whole(length), **extra)

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """LEFT or SUBSTR."""
        text, length = arguments
        if compiler.vendor == "sqlite":
            return func.substr(text, literal_column("1"), length)
        return func.left(text, _count(compiler, length))


def _count(compiler: "Compiler", length: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a count of characters as PostgreSQL's functions take it: none of them takes a BIGINT."""
    return cast(length, INTEGER.sql_type()) if compiler.vendor == "postgresql" else length


class Right(Left):
    """The last ``length`` characters."""

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """RIGHT or SUBSTR."""
        text, length = arguments
        if compiler.vendor == "sqlite":
            return func.substr(text, -length, length)  # the count again, because the end that begins at 0 is the whole
        return func.right(text, _count(compiler, length))


class Length(Transform):
    """The count of characters."""

    function, lookup_name, output_field = "length", "length", INTEGER

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """MySQL's LENGTH counts bytes."""
        return func.char_length(*arguments) if compiler.vendor == "mysql" else func.length(*arguments)


class Lower(_OfText):
    """Text in lower case."""

    function, lookup_name = "lower", "lower"


class Upper(_OfText):
    """Text in upper case."""

    function, lookup_name = "upper", "upper"


class LPad(Func):
    """Text made ``length`` characters long by ``fill_text`` before it; longer text is cut.

    Raises:
        ValueError: If ``length`` is a number below 0.
    """

    function, output_field = "lpad", TEXT

    def __init__(self, expression: Any, length: Any, fill_text: Any = None, **extra: Any) -> None:
        if not hasattr(length, "resolve") and length is not None and length < 0:
            raise ValueError("'length' must be greater or equal to 0.")
        super().__init__(expression, _whole(length), Value(" ") if fill_text is None else fill_text, **extra)

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """LPAD and RPAD, or our own in SQLite."""
        prefix = "partita_" if compiler.vendor == "sqlite" else ""
        made: ColumnElement[Any] = getattr(func, f"{prefix}{self.function}")(*arguments)
        return made


class RPad(LPad):
    """Text made ``length`` characters long by ``fill_text`` behind it; longer text is cut."""

    function = "rpad"


class LTrim(_OfText):
    """Text without spaces at the start."""

    function, lookup_name = "ltrim", "ltrim"


class RTrim(_OfText):
    """Text without spaces at the end."""

    function, lookup_name = "rtrim", "rtrim"


class Trim(_OfText):
    """Text without spaces at both ends."""

    function, lookup_name = "trim", "trim"


class Ord(Transform):
    """The code point of the first character."""

    lookup_name, output_field = "ord", INTEGER

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """ASCII, ORD or UNICODE."""
        if compiler.vendor == "mysql":
            first = Fragment(["CONVERT(", func.left(arguments[0], literal_column("1")), " USING utf32)"])
            return cast(func.conv(func.hex(first), literal_column("16"), literal_column("10")), Integer)
        return func.ascii(*arguments) if compiler.vendor == "postgresql" else func.unicode(*arguments)


class Repeat(Func):
    """Text ``number`` times.

    Raises:
        ValueError: If ``number`` is below 0.
    """

    function, output_field = "repeat", TEXT

    def __init__(self, expression: Any, number: Any, **extra: Any) -> None:
        if not hasattr(number, "resolve") and number is not None and number < 0:
            raise ValueError("'number' must be greater or equal to 0.")
        super().__init__(expression, _whole(number), **extra)

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """REPEAT, or our own in SQLite."""
        return func.partita_repeat(*arguments) if compiler.vendor == "sqlite" else func.repeat(*arguments)


class Replace(Func):
    """Text with every ``text`` in it replaced."""

    function, output_field = "replace", TEXT

    def __init__(self, expression: Any, text: Any, replacement: Any = None, **extra: Any) -> None:
        super().__init__(expression, text, Value("") if replacement is None else replacement, **extra)


class Reverse(_OfText):
    """Text from its end to its start."""

    lookup_name = "reverse"

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """REVERSE, or our own in SQLite."""
        return func.partita_reverse(*arguments) if compiler.vendor == "sqlite" else func.reverse(*arguments)


class StrIndex(Func):
    """The place of the first ``substring`` in a text, from 1; 0 if there is none."""

    arity, output_field = 2, INTEGER

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """STRPOS or INSTR."""
        return func.strpos(*arguments) if compiler.vendor == "postgresql" else func.instr(*arguments)


class Substr(Func):
    """Text from ``pos``, counted from 1, at most ``length`` characters.

    Raises:
        ValueError: If ``pos`` is a number below 1.
    """

    function, output_field = "substr", TEXT

    def __init__(self, expression: Any, pos: Any, length: Any = None, **extra: Any) -> None:
        if not hasattr(pos, "resolve") and pos < 1:
            raise ValueError("'pos' must be greater than 0")
        super().__init__(expression, _whole(pos), *(() if length is None else (_whole(length),)), **extra)


class _Digest(Transform):
    output_field = TEXT

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        name, (text,) = self.lookup_name, arguments
        if compiler.vendor == "sqlite":
            made: ColumnElement[Any] = getattr(func, f"partita_{name}")(text)
            return made
        if name in ("md5", "sha1"):
            if compiler.vendor == "postgresql" and name == "sha1":
                octets = func.convert_to(text, literal_column("'UTF8'"))
                return func.encode(func.digest(octets, literal_column("'sha1'")), literal_column("'hex'"))
            return func.md5(text) if name == "md5" else func.sha1(text)
        bits = name.removeprefix("sha")
        if compiler.vendor == "mysql":
            return func.sha2(text, literal_column(bits))
        hashed: Any = getattr(func, name)(func.convert_to(text, literal_column("'UTF8'")))
        return func.encode(hashed, literal_column("'hex'"))


class MD5(_Digest):
    """The MD5 digest in hexadecimal; not safe against people who want to deceive."""

    lookup_name = "md5"


class SHA1(_Digest):
    """The SHA-1 digest in hexadecimal; PostgreSQL needs its extension pgcrypto for it."""

    lookup_name = "sha1"


class SHA224(_Digest):
    """The SHA-224 digest in hexadecimal."""

    lookup_name = "sha224"


class SHA256(_Digest):
    """The SHA-256 digest in hexadecimal."""

    lookup_name = "sha256"


class SHA384(_Digest):
    """The SHA-384 digest in hexadecimal."""

    lookup_name = "sha384"


class SHA512(_Digest):
    """The SHA-512 digest in hexadecimal."""

    lookup_name = "sha512"
