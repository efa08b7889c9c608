"""Spans of time in machine-readable forms; `partita.text.date_parsing.parse_duration` reads them back."""

from datetime import timedelta

__all__ = ("duration_iso_string", "duration_microseconds", "duration_string")


def duration_string(span: timedelta) -> str:
    """Return ``[D ]HH:MM:SS[.ffffff]``; of a negative span only the days are negative, as in Python."""
    days, clock = _parts(span)
    return f"{days} {clock}" if days else clock


def duration_iso_string(span: timedelta) -> str:
    """Return ``P1DT02H03M04S`` (ISO 8601); a negative span has its sign in front."""
    sign, span = ("-", -span) if span < timedelta(0) else ("", span)
    days, clock = _parts(span)
    hours, minutes, seconds = clock.split(":")
    return f"{sign}P{days}DT{hours}H{minutes}M{seconds}S"


def duration_microseconds(span: timedelta) -> int:
    """Return the length in microseconds, exactly."""
    return span // timedelta(microseconds=1)


def _parts(span: timedelta) -> tuple[int, str]:
    minutes, seconds = divmod(span.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{span.microseconds:06}" if span.microseconds else ""
    return span.days, f"{hours:02}:{minutes:02}:{seconds:02}{fraction}"
