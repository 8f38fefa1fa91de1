"""How long a server asks to be left alone, read from an answer's headers.

Not covered: reset times given as a time of day (other than `Retry-After`'s HTTP date).
"""

import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


def asked_pause(headers: Mapping[str, str]) -> float | None:
    """Seconds that `headers` ask to wait, 0 or more; null where they ask for nothing.

    `retry-after-ms`, then `Retry-After` (seconds or a date), then the resets of limits with nothing remaining.
    """
    for pause in (_number(headers.get("retry-after-ms"), 0.001), _retry_after(headers)):
        if pause is not None:
            return max(0.0, pause)
    resets = [
        seconds
        for what in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{what}") == "0"
        and (seconds := _duration(headers.get(f"x-ratelimit-reset-{what}"))) is not None
    ]
    return max(resets, default=None)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after")
    seconds = _number(value, 1.0)
    if value is None or seconds is not None:
        return seconds
    try:
        until = parsedate_to_datetime(value).timestamp()
        # Against the server's own clock where it says the time, since ours may differ.
        now = parsedate_to_datetime(headers["date"]).timestamp() if "date" in headers else time.time()
    except ValueError:
        return None
    return until - now


def _number(value: str | None, unit: float) -> float | None:
    return float(value) * unit if value is not None and re.fullmatch(r"\d+(\.\d+)?", value.strip()) else None


def _duration(value: str | None) -> float | None:
    """`6m0s`, `20ms`, or plain seconds."""
    if value is None or (plain := _number(value, 1.0)) is not None:
        return None if value is None else plain
    parts = _DURATION.findall(value)
    if not parts or "".join(number + unit for number, unit in parts) != value:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
