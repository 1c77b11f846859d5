"""Every address of the site, found by walking the resolver."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.access_table import VALUES


@dataclass(frozen=True)
class Address:
    """One URL: its full name (or its pattern, if it has none) and the names in its path."""

    name: str
    pattern: str
    parts: tuple[str, ...]

    def path(self, values: dict[str, Any]) -> str:
        """Return the path, its parts from `values` or from access_table.VALUES."""
        filled = {part: values.get(part, VALUES.get(part)) for part in self.parts}
        missing = [part for part, value in filled.items() if value is None]
        assert not missing, f"{self.name}: OWNED in test_access.py has nothing for {missing}"
        return reverse(self.name, kwargs=filled) if filled else reverse(self.name)


def addresses() -> list[Address]:
    found: dict[str, Address] = {}
    for address in _walk(get_resolver().url_patterns, "", ""):
        found.setdefault(address.name, address)
    return sorted(found.values(), key=lambda address: address.pattern)


def _walk(patterns: list[Any], space: str, before: str) -> Iterator[Address]:
    for entry in patterns:
        pattern = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from _walk(entry.url_patterns, inner, pattern)
        elif isinstance(entry, URLPattern):
            name = space + entry.name if entry.name else f"/{pattern}"
            yield Address(name, pattern, tuple(entry.pattern.regex.groupindex))
