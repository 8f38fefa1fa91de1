"""What the options of a model behind an endpoint mean: the same section as in a study, with the same checks."""

import json
from dataclasses import fields
from typing import Any

from pydantic import ValidationError

from thalweg.cli.options import EndpointOptions, pair
from thalweg.errors import InputError
from thalweg.generate.endpoint import Endpoint
from thalweg.generate.price import Price
from thalweg.study.config import first_error
from thalweg.study.endpoints import EndpointSection

_KEYS = {
    "concurrency": "max_concurrency",
    "rpm": "requests_per_minute",
    "tpm": "tokens_per_minute",
    "timeout": "timeout_s",
    "attempts": "max_attempts",
    "failed_share": "max_failed_share",
}
_PRICES = tuple(part.name for part in fields(Price))


def endpoint_of_options(model: str, options: EndpointOptions) -> Endpoint | None:
    """The endpoint that `model` is, asked as the options say; null for any other model.

    Raises:
        InputError: an option is wrong, or stands beside a model that takes none.
    """
    given = {part.name: getattr(options, part.name) for part in fields(options)}
    given = {
        name: value for name, value in given.items() if value != EndpointOptions.__dataclass_fields__[name].default
    }
    if not model.startswith("endpoint:"):
        if given:
            option = next(iter(given)).replace("_", "-")
            raise InputError(f"--{option}", f"it says how an endpoint is asked, and {model} is none", "leave it out")
        return None
    price = price_of(given.pop("price")) if "price" in given else None
    raw: dict[str, Any] = {_KEYS.get(name, name): value for name, value in given.items()}
    if "completions" in raw:
        raw |= {"api": "completions", "tokenizer": raw.pop("completions")}
    if "extra" in raw:
        raw["extra_body"] = dict(_field(text) for text in raw.pop("extra"))
    try:
        return EndpointSection.model_validate(raw).endpoint(model, price)
    except ValidationError as error:
        problem, _ = first_error(error, EndpointSection)
        raise InputError(_option(error), problem, "thalweg generate --help says what it takes") from None


def _option(error: ValidationError) -> str:
    """The option that the first error is about; `--model` where it is about none alone."""
    location = error.errors()[0]["loc"]
    names = {key: option for option, key in _KEYS.items()} | {"extra_body": "extra", "tokenizer": "completions"}
    key = str(location[0]) if location else "model"
    return f"--{names.get(key, key).replace('_', '-')}"


def price_of(text: str) -> Price:
    """A price from `prompt=0.5,completion=2.2,cached_prompt=0.1`.

    Raises:
        InputError: another name, or no number.
    """
    found: dict[str, float] = {}
    for part in text.split(","):
        name, value = pair(part.strip(), "--price")
        if name not in _PRICES:
            raise InputError("--price", f"no price {name!r}", f"use {', '.join(_PRICES)}")
        try:
            found[name] = float(value)
        except ValueError:
            raise InputError("--price", f"{name} is no number", "give dollars per million tokens") from None
    return Price(**found)


def _field(text: str) -> tuple[str, Any]:
    key, value = pair(text, "--extra")
    try:
        return key, json.loads(value)
    except ValueError:
        raise InputError("--extra", f"what follows {key}= is no JSON", "quote texts, as in user='\"me\"'") from None
