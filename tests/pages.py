"""What is looked at on every page a test gets, and what an undefined template variable does."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from django.conf import settings

OURS = str(Path(settings.BASE_DIR) / "templates")


class UndefinedVariable(AssertionError):
    """A template of ours printed a name that is not in its context."""


class Undefined(str):
    """For string_if_invalid: refuses to be printed by our templates; other packages' stay lax.

    `{% if x %}`, `{% for %}` and `{% firstof %}` ask quietly and never come here.
    """

    __slots__ = ()

    def __contains__(self, part: object) -> bool:
        return part == "%s"

    def __mod__(self, variable: Any) -> str:
        template = _printing()
        if template.startswith(OURS):
            name = template.removeprefix(OURS).lstrip("/")
            raise UndefinedVariable(f"{name}: {{{{ {variable} }}}} is not defined")
        return ""


def _printing() -> str:
    """Return the file of the template node that is being rendered."""
    frame = sys._getframe(1)
    while frame:
        node = frame.f_locals.get("self")
        if frame.f_code.co_name.startswith("render") and hasattr(node, "origin"):
            return str(node.origin.name)
        frame = frame.f_back  # type: ignore[assignment]
    return ""


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.text: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "script" and not (
            given.get("src") or given.get("nonce") or given.get("type") == "application/json"
        ):
            self.faults.append("an inline <script>")
        if tag == "style" or "style" in given:
            self.faults.append(f"an inline style on <{tag}>")
        self.faults += [f"{name}= on <{tag}>" for name in given if name.startswith("on")]
        for name in ("href", "src", "action", "formaction"):
            if re.match(r"\s*(javascript|vbscript):", given.get(name, ""), re.IGNORECASE):
                self.faults.append(f"{name}={given[name]!r}")
            if name == "src" and re.match(r"(https?:)?//", given.get(name, "")):
                self.faults.append(f"<{tag}> from another host: {given[name]}")
        if (name := given.get("id")) is not None:
            if name in self.ids:
                self.faults.append(f"id {name!r} twice")
            self.ids.add(name)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def check_page(response: Any) -> None:
    """Fail on inline script or style, handlers, doubled ids, left-over template syntax, bare keys.

    Left-over syntax is `{{ ` or `{% ` with its space, so that a text typed as {{7*7}} may stand.
    """
    html = response.headers.get("Content-Type", "").startswith("text/html")
    if getattr(response, "streaming", False) or not html:
        return
    text = response.content.decode(response.charset)
    page = _Page()
    page.feed(text)
    shown = "".join(page.text)
    if found := re.search(r"\{\{ .{0,40}|\{% .{0,40}|\{# .{0,40}", shown):
        page.faults.append(f"left-over template syntax: {found[0]!r}")
    if found := re.search(r"%\([a-z_]+\)[sd]", shown):
        page.faults.append(f"a placeholder nobody filled: {found[0]!r}")
    if page.faults:
        raise AssertionError(f"{response.request['PATH_INFO']}: {'; '.join(page.faults)}")
