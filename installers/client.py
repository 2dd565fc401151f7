"""Owns client/cloud.py and client/shapes.py: `python -m installers.client` makes them from docs/openapi.json, `--check`
says whether they still belong to it."""

from __future__ import annotations

import difflib
import json
import keyword
import re
import subprocess
import sys
import textwrap
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "openapi.json"
FOLDER = ROOT / "client"
_MADE = "Made by `python -m installers.client` from docs/openapi.json; change the cloud, not this."
_PLAIN = {"string": "str", "integer": "int", "boolean": "bool", "number": "float"}


@dataclass
class _Shapes:
    """Typed dictionaries by name; equal shapes share one."""

    schemas: dict[str, Any]
    made: dict[str, str] = field(default_factory=dict)  # name -> source
    names: dict[str, str] = field(default_factory=dict)  # the shape, written out -> name

    def type_of(self, schema: dict[str, Any], hint: str, *, sent: bool) -> str:
        """The annotation of a value; ``sent`` values may be any sequence, received ones are lists."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self._named(_camel(name.rpartition("__")[2]), self.schemas[name], sent=sent)
        for choice in ("anyOf", "oneOf"):
            if choice in schema:
                kinds = [self.type_of(one, hint, sent=sent) for one in schema[choice]]
                return " | ".join(dict.fromkeys(sorted(kinds, key=lambda kind: kind == "None")))
        if "const" in schema:
            return f"Literal[{schema['const']!r}]"
        if "enum" in schema:
            return "Literal[" + ", ".join(repr(value) for value in schema["enum"]) + "]"
        kind = schema.get("type")
        if kind == "null":
            return "None"
        if kind == "array":
            inner = self.type_of(schema.get("items", {}), hint + "Item", sent=sent)
            return f"Sequence[{inner}]" if sent else f"list[{inner}]"
        if kind == "object" and schema.get("properties"):
            return self._named(hint, schema, sent=sent)
        if kind == "object":
            return "dict[str, Any]"
        return _PLAIN.get(str(kind), "Any")

    def _named(self, hint: str, schema: dict[str, Any], *, sent: bool) -> str:
        if schema.get("type") != "object" or not schema.get("properties"):
            return self.type_of(schema, hint, sent=sent)
        written = json.dumps([schema.get("properties"), schema.get("required", []), sent], sort_keys=True)
        if written in self.names:
            return self.names[written]
        name, number = hint, 2
        while name in self.made:
            name, number = f"{hint}{number}", number + 1
        self.names[written] = name
        self.made[name] = ""
        needed = schema.get("required", [])
        fields = {}
        for key, inner in schema["properties"].items():
            kind = self.type_of(inner, name + _camel(key), sent=sent)
            fields[key] = kind if key in needed else f"NotRequired[{kind}]"
        self.made[name] = _dictionary(name, fields)
        return name


def _dictionary(name: str, fields: dict[str, str]) -> str:
    """A class, or a call where a name cannot be one of a class."""
    if all(key.isidentifier() and not keyword.iskeyword(key) for key in fields):
        return f"class {name}(TypedDict):\n" + "\n".join(f"    {key}: {kind}" for key, kind in fields.items()) + "\n"
    listed = ", ".join(f'"{key}": {kind!r}' for key, kind in fields.items())
    return f'{name} = TypedDict("{name}", {{{listed}}})\n'


def _camel(text: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", text))


def _snake(text: str) -> str:
    return text.replace("-", "_")


@dataclass(frozen=True)
class _Route:
    method: str
    path: str
    operation: dict[str, Any]

    @property
    def noun(self) -> str:
        return self.path.split("/")[2]

    @property
    def name(self) -> str:
        """The function behind the route, as the document names it."""
        suffix = re.sub(r"\W", "_", self.path) + "_" + self.method
        return str(self.operation["operationId"]).removesuffix(suffix)


def _method(route: _Route, name: str, shapes: _Shapes) -> str:
    hint = _camel(route.noun) + _camel(name)
    needed, optional = [], []  # (name, annotation)
    query, body, path = [], None, route.path
    for parameter in route.operation.get("parameters", ()):
        if parameter["in"] == "header":
            continue
        kind = shapes.type_of(parameter["schema"], hint, sent=True)
        if parameter["in"] == "path":
            needed.append((parameter["name"], kind))
        else:
            query.append(parameter["name"])
            optional.append((parameter["name"], kind.removesuffix(" | None")))
    before = [f"{name}: {kind}" for name, kind in needed]
    keys: list[tuple[str, str, bool]] = []
    schema = route.operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if schema is not None:
        whole = shapes.schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        if whole.get("type") == "object":
            for key, inner in whole["properties"].items():
                keys.append(
                    (key, shapes.type_of(inner, hint + _camel(key), sent=True), key in whole.get("required", []))
                )
        else:
            before.append(f"body: {shapes.type_of(schema, hint + 'Body', sent=True)}")
            body = "body"
    elif "requestBody" in route.operation:
        before.append("content: bytes")
        body = "content"
    after = [f"{key}: {kind}" for key, kind, must in keys if must]
    after += [f"{key}: {kind.removesuffix(' | None')} | None = None" for key, kind, must in keys if not must]
    after += [f"{name}: {kind} | None = None" for name, kind in optional]
    arguments = ", ".join(["self", *before, *(["*", *after] if after else [])])
    answer = next(a for status, a in sorted(route.operation["responses"].items()) if status.startswith("2"))
    content = answer.get("content", {})
    raw = "example" not in content.get("application/json", {}) and len(content) > 1
    shape = content.get("application/json", {}).get("schema", {})
    kind = "bytes" if raw else shapes.type_of(shape, hint + "Answer", sent=False)
    address = re.sub(r"{(\w+)}", r"{_part(\1)}", path)
    call = [f'"{route.method.upper()}"', ("f" if "{" in path else "") + f'"{address}"']
    if query:
        call.append("query={" + ", ".join(f'"{name}": {name}' for name in query) + "}")
    if keys:
        call.append("body=_set(" + ", ".join(f"{key}={key}" for key, _, _ in keys) + ")")
    elif body:
        call.append(f"{body}={body}")
    if raw:
        call.append("raw=True")
    old = "Deprecated. " if route.operation.get("deprecated") else ""
    written = f"{old}{route.operation['summary']}.\n\n{route.operation.get('description', '')}"
    written = written.strip().replace("``", "`")
    paragraphs = (textwrap.fill(" ".join(part.split()), 108) for part in written.split("\n\n"))
    words = "\n\n".join(paragraphs).replace("\\", "\\\\").replace('"""', "'''")
    described = textwrap.indent(f'"""{words}\n\nScope: {route.operation["x-scope"]}.\n"""', "        ")
    return (
        f"    def {name}({arguments}) -> {kind}:\n{described}\n"
        f"        found: {kind} = self._transport.call({', '.join(call)})\n        return found\n"
    )


def _routes(document: dict[str, Any]) -> dict[str, list[tuple[str, _Route]]]:
    """Routes that take a key, by noun, each with the name of its method."""
    routes = [
        _Route(method, path, operation)
        for path, several in sorted(document["paths"].items())
        for method, operation in sorted(several.items())
        if operation.get("security") == [{"integrator": []}]
    ]
    counted = Counter((route.noun, route.name) for route in routes)
    named: dict[str, list[tuple[str, _Route]]] = {}
    for route in routes:
        name = route.name
        if counted[route.noun, name] > 1:
            fixed = [part for part in route.path.split("/")[3:] if not part.startswith("{")]
            name = "_".join([name, *map(_snake, fixed)])
        named.setdefault(route.noun, []).append((name + "_" if keyword.iskeyword(name) else name, route))
    return named


def sources(document: dict[str, Any]) -> dict[str, str]:
    """What the files should say, by name."""
    shapes = _Shapes(document["components"]["schemas"])
    groups, attributes = [], []
    for noun, routes in _routes(document).items():
        methods = "\n".join(_method(route, name, shapes) for name, route in routes)
        groups.append(
            f'class {_camel(noun)}:\n    """{noun.replace("-", " ").capitalize()}."""\n\n'
            "    def __init__(self, transport: Transport) -> None:\n        self._transport = transport\n\n" + methods
        )
        attributes.append(f"        self.{_snake(noun)} = {_camel(noun)}(self.transport)")
    codes = sorted(document["x-error-catalogue"])
    listed = f"CODES = ({', '.join(repr(code) for code in codes)})  # of Refused"
    shapes_py = "\n\n".join(
        [
            f'"""What the cloud takes and gives.\n\n{_MADE}\n"""\n\nfrom __future__ import annotations\n\n'
            "from collections.abc import Sequence\nfrom typing import Any, Literal, NotRequired, TypedDict\n\n"
            + listed,
            *shapes.made.values(),
        ]
    )
    imported = [name for name in shapes.made if re.search(rf"\b{name}\b", "\n".join(groups))]
    cloud_py = "\n\n".join(
        [
            f'"""One method for each route of the cloud.\n\n{_MADE}\n"""\n\nfrom __future__ import annotations\n\n'
            "from collections.abc import Sequence\nfrom typing import Any, Literal\nfrom urllib.parse import quote\n\n"
            f"from client.shapes import ({', '.join(sorted(imported))})\nfrom client.transport import Transport",
            "def _set(**fields: Any) -> dict[str, Any]:\n"
            '    """A body of the fields that somebody set."""\n'
            "    return {name: value for name, value in fields.items() if value is not None}",
            "def _part(value: str | int) -> str:\n"
            '    """A part of an address, whatever is in it."""\n    return quote(str(value), safe="")',
            *groups,
            'class Cloud:\n    """Everything that a key can call, by noun."""\n\n'
            "    def __init__(self, base_url: str, key: str, *, transport: Transport | None = None) -> None:\n"
            "        self.transport = transport or Transport(base_url, key)\n" + "\n".join(attributes) + "\n\n"
            "    def close(self) -> None:\n        self.transport.close()\n",
        ]
    )
    return {"cloud.py": _formatted(cloud_py), "shapes.py": _formatted(shapes_py)}


def _formatted(source: str) -> str:
    """As the house formats; what is imported and not needed goes."""
    for command in (["check", "--fix", "--quiet", "--select", "F401,I", "-"], ["format", "--quiet", "-"]):
        words = [sys.executable, "-m", "ruff", command[0], *command[1:-1], "--stdin-filename", "client/made.py", "-"]
        source = subprocess.run(words, input=source, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return source


def main(arguments: list[str]) -> int:
    """Writes the client, or with --check shows where the kept one differs and returns 1."""
    fresh = sources(json.loads(DOCUMENT.read_text(encoding="utf-8")))
    if "--check" not in arguments:
        for name, source in fresh.items():
            (FOLDER / name).write_text(source, encoding="utf-8")
        print(f"wrote client: {fresh['cloud.py'].count('transport.call')} calls")
        return 0
    differing = 0
    for name, source in fresh.items():
        file = FOLDER / name
        kept = file.read_text(encoding="utf-8") if file.exists() else ""
        if kept != source:
            differing = 1
            lines = difflib.unified_diff(kept.splitlines(), source.splitlines(), "kept", "document", n=1, lineterm="")
            print("\n".join(list(lines)[:40]))
            print(f"client/{name} differs from the document; run python -m installers.client")
    print("client: up to date" if not differing else "client: differs")
    return differing


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
