"""The page at /docs: the OpenAPI document for people, one piece of HTML without scripts that fetches nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

# Nothing may run on the page, whatever a description says.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_STYLE = """
body{font:15px/1.55 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem 1.5rem 4rem;
color:#1c1917;background:#fff}
h1{font-size:1.6rem}h2{margin-top:3rem;border-bottom:2px solid #d6d3d1;text-transform:capitalize}
h3{margin:2.2rem 0 .3rem;font-size:1rem}code,pre{font:13px/1.45 ui-monospace,Consolas,monospace}
pre{background:#f5f5f4;padding:.7rem 1rem;overflow-x:auto;border-radius:6px}
b.m{display:inline-block;min-width:3rem;color:#7c2d12}
table{border-collapse:collapse;width:100%;margin:.4rem 0}
td,th{text-align:left;vertical-align:top;padding:.25rem .7rem .25rem 0;
border-bottom:1px solid #e7e5e4}nav a{display:block}nav b{display:block;margin-top:.6rem;text-transform:capitalize}
small{color:#57534e}summary{cursor:pointer;color:#7c2d12}.old{text-decoration:line-through}
@media(prefers-color-scheme:dark){body{background:#1c1917;color:#e7e5e4}pre{background:#292524}b.m,summary,a{color:#fdba74}
td,th{border-color:#44403c}small{color:#a8a29e}}
"""


def page(document: dict[str, Any]) -> str:
    """The document as HTML; every text of it is escaped."""
    by_tag: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, several in document["paths"].items():
        for method, operation in several.items():
            by_tag.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    schemas = document["components"]["schemas"]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(document['info']['title'])}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(document['info']['title'])} {escape(document['info']['version'])}</h1>"
        "<p>Send <code>Authorization: Bearer &lt;key&gt;</code> and JSON. The same document for programs is at "
        '<a href="/openapi.json">/openapi.json</a>.</p>',
        "<nav>",
        *_index(by_tag),
        "</nav>",
    ]
    for tag, operations in by_tag.items():
        parts.append(f"<h2>{escape(tag)}</h2>")
        for method, path, operation in operations:
            parts += _operation(method, path, operation, schemas)
    parts += _codes(document["x-error-catalogue"])
    parts.append("</body></html>")
    return "\n".join(parts)


def _anchor(method: str, path: str) -> str:
    return escape(f"{method}{path}".replace("/", "-").replace("{", "").replace("}", ""))


def _index(by_tag: dict[str, list[tuple[str, str, dict[str, Any]]]]) -> Iterator[str]:
    for tag, operations in by_tag.items():
        yield f"<b>{escape(tag)}</b>"
        for method, path, operation in operations:
            yield f'<a href="#{_anchor(method, path)}">{escape(operation["summary"])}</a>'


def _operation(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    old = ' class="old"' if operation.get("deprecated") else ""
    yield f'<h3 id="{_anchor(method, path)}"{old}><b class="m">{method}</b> <code>{escape(path)}</code></h3>'
    scope = operation.get("x-scope")
    needs = f" <small>scope {escape(scope)}</small>" if scope else ""
    yield f"<p><b>{escape(operation['summary'])}</b>{needs}<br>{escape(operation.get('description', ''))}</p>"
    rows = [
        (parameter["name"], parameter["in"], parameter.get("required", False), parameter["schema"])
        for parameter in operation.get("parameters", ())
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None:
        rows += _fields(body.get("schema", {}), schemas)
    if rows:
        yield "<table><tr><th>Field</th><th>In</th><th>Shape</th></tr>"
        for name, place, needed, schema in rows:
            star = "" if needed else " <small>optional</small>"
            yield (
                f"<tr><td><code>{escape(name)}</code>{star}</td><td>{escape(place)}</td>"
                f"<td>{escape(_shape(schema))}</td></tr>"
            )
        yield "</table>"
    if body is not None and "example" in body:
        yield f"<pre>{_json(body['example'])}</pre>"
    yield from _answers(operation["responses"])


def _answers(responses: dict[str, Any]) -> Iterator[str]:
    refusals = []
    for status, made in sorted(responses.items()):
        content = made.get("content", {}).get("application/json", {})
        if status.startswith("2"):
            yield f"<p>{escape(status)} {escape(made.get('description', ''))}</p>"
            if "example" in content:
                yield f"<pre>{_json(content['example'])}</pre>"
        else:
            refusals += [f"{status} <code>{escape(code)}</code>" for code in content.get("examples", {})]
    if refusals:
        yield f"<details><summary>Refusals</summary><p>{', '.join(refusals)}</p></details>"


def _fields(schema: dict[str, Any], schemas: dict[str, Any]) -> list[tuple[str, str, bool, dict[str, Any]]]:
    """Of a body; of several that a body may be, those of each."""
    if "$ref" in schema:
        return _fields(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    several = schema.get("oneOf") or schema.get("anyOf")
    if several:
        return [row for one in several for row in _fields(one, schemas)]
    needed = schema.get("required", [])
    return [(name, "body", name in needed, inner) for name, inner in schema.get("properties", {}).items()]


def _shape(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " or ".join(_shape(one) for one in schema[choice])
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"list of {_shape(schema.get('items', {}))}"
    limits = [
        f"{sign} {int(schema[name]):,}" for name, sign in (("minimum", "≥"), ("maximum", "≤")) if name in schema
    ] + [str(schema[name]) for name in ("pattern",) if name in schema]
    return " ".join([kind, *limits])


def _json(value: Any) -> str:
    return escape(json.dumps(value, ensure_ascii=False, indent=2))


def _codes(catalogue: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield "<h2>Refusals</h2><table><tr><th>Status</th><th>Code</th><th>Words</th></tr>"
    for code, told in catalogue.items():
        words = f"{escape(told['ko'])}<br><small>{escape(told['en'])}</small>"
        yield f"<tr><td>{told['status']}</td><td><code>{escape(code)}</code></td><td>{words}</td></tr>"
    yield "</table>"
