"""What all API calls have in common, stated once in the OpenAPI schema."""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.openapi import AutoSchema

PROBLEM = {
    "type": "object",
    "description": "RFC 9457. Further members depend on `code`, such as `allowed`, `version` or `guards`.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable, for programs."},
        "errors": {"type": "object", "description": "What is wrong, by field.", "additionalProperties": True},
    },
    "additionalProperties": True,
}
ANY = {
    "400": "The input is not acceptable; `errors` names the fields.",
    "401": "No key, or one that is not known.",
    "403": "The key lacks the scope.",
    "429": "Over the key's rate; `Retry-After` says when to come back.",
}
WITH_PATH = {"404": "There is no such thing, or the key may not see it."}
WRITES = {
    "409": "Not as things stand: `illegal_transition`, `stale_version`, `in_progress`.",
    "413": "The file or the body is too large.",
    "415": "Not a type that is taken here.",
    "422": "Understood but refused: `guard_failed`, `idempotency_key_reused`, `external_id_reused`.",
}
OF_CALLS = {
    "/api/v1/orders/{number}/transitions/": {
        "423": "`change_pending`: the warehouse has to see a change first."
    },
}
# What a body has to hold beside its required fields: exactly one of some, or at least one.
_count = {"oneOf": [{"required": ["on_hand"]}, {"required": ["delta"]}]}
_line = {
    "anyOf": [{"required": ["id"]}, {"required": ["line"]}, {"required": ["sku"]}],
    "not": {"required": ["id", "line"]},
}
BODIES = {
    "PatchedStockInput": _count,
    "StockRowInput": _count,
    "ShippedLine": _line,
    "ChangedLine": _line,
    "ClaimedLine": _line,
    "ReplayInput": {"oneOf": [{"required": ["since"]}, {"required": ["deliveries"]}]},
}
# Bodies that say what they need by their kind, and are never left out.
NEEDED = ("/ChangeInput", "/DecisionInput", "/PatchedStockInput")
# What takes an Idempotency-Key beside every POST.
REPEATABLE = frozenset({("patch", "/api/v1/products/stock/")})
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 255},
    "description": "The same key with the same body answers as the first time, with `Idempotent-Replay: true`.",
}


class CallSchema(AutoSchema):
    """Describes a call; of a GET's query, what its view takes (`StrictQueryView.filters`)."""

    def get_override_parameters(self) -> list[Any]:
        """The filters as a serializer, whose fields become parameters."""
        filters = getattr(self.view, "filters", None)
        return [filters] if filters and self.method == "GET" else []


def describe_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Give each operation its refusals, and each POST its Idempotency-Key. Called by drf-spectacular."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for name, rule in BODIES.items():
        result["components"]["schemas"][name] |= rule
    _ask_for_rows(result)
    taken: set[int] = set()
    for path, methods in result["paths"].items():
        for method, operation in methods.items():
            if _needs_body(operation):
                operation["requestBody"]["required"] = True
            for given in _given(operation, result["components"]["schemas"]):
                _as_kept(given)
                taken.add(id(given))
            refusals = _refusals(path, method)
            for status, text in refusals.items():
                operation["responses"].setdefault(status, _problem(text))
            operation["responses"]["default"] = _problem("Any other refusal.")
            if method == "post" or (method, path) in REPEATABLE:
                operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    for schema in result["components"]["schemas"].values():
        for each in schema.get("properties", {}).values():
            # What we answer may be empty where what we take may not.
            if id(each) not in taken:
                each.pop("minLength", None)
    return result


def _needs_body(operation: dict[str, Any]) -> bool:
    """Whether the body is one that cannot be left out although no field of it is asked for."""
    bodies = operation.get("requestBody", {}).get("content", {}).values()
    return any(each["schema"].get("$ref", "").endswith(NEEDED) for each in bodies)


def _ask_for_rows(result: dict[str, Any]) -> None:
    """PATCH of many stocks needs its rows like POST: nothing is left as it was by leaving them out."""
    call = result["paths"]["/api/v1/products/stock/"]
    call["patch"]["requestBody"] = call["post"]["requestBody"]
    result["components"]["schemas"].pop("PatchedStockRowsInput", None)


def _given(operation: dict[str, Any], components: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every schema of what a call takes, its parts included."""
    bodies = operation.get("requestBody", {}).get("content", {}).values()
    asked = [each["schema"] for each in operation.get("parameters", []) if each["in"] == "query"]
    waiting: list[dict[str, Any]] = [*asked, *(each["schema"] for each in bodies)]
    seen: set[str] = set()
    while waiting:
        schema = waiting.pop()
        name = schema.get("$ref", "").rpartition("/")[2]
        if name in seen:
            continue
        seen |= {name} - {""}
        schema = components[name] if name else schema
        yield schema
        waiting += [each for each in schema.get("properties", {}).values() if isinstance(each, dict)]
        waiting += [each for how in ("oneOf", "allOf", "anyOf") for each in schema.get(how, [])]
        waiting += [each for each in [schema.get("items")] if isinstance(each, dict)]


def _as_kept(schema: dict[str, Any]) -> None:
    """A free text holds no NUL, and one that may not be empty shows something."""
    is_text = schema.get("type") in ("string", ["string", "null"])
    if is_text and schema.get("format") == "date":
        # An empty text is no day.
        schema["minLength"] = len("2027-01-31")
    if is_text and not schema.keys() & {"enum", "const", "format", "pattern"}:
        shows = r"\S[^\u0000]*" if schema.get("minLength") else ""
        schema["pattern"] = rf"^[^\u0000]*{shows}$"


def _refusals(path: str, method: str) -> dict[str, str]:
    writes = WRITES if method in ("post", "patch") else {}
    return ANY | (WITH_PATH if "{" in path else {}) | writes | OF_CALLS.get(path, {})


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {"application/problem+json": {"schema": schema}}}
