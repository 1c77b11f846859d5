"""What holds for the house as a whole, whoever adds a room: read from the sources."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

from portal.packs import _all as all_rules

ROOT = Path(settings.BASE_DIR)
ROOMS = ("portal", "accounts", "plans", "disputes")
TEMPLATES = ROOT / "templates"


def python_files() -> list[Path]:
    return sorted(
        path
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "migrations" not in path.parts
    )


def template_files() -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*") if path.is_file())


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def layer(path: Path) -> str:
    """Return the layer a file belongs to: rules, actions, queries, models, views …

    A package of that name counts with all its files: accounts/models/people.py is models.
    """
    inside = path.relative_to(ROOT).parts
    for part in inside[1:-1]:
        if part in ("models", "rules", "actions", "queries", "views", "commands", "migrations"):
            return part
    return path.stem


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) for each thing imported, wherever in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def of_layer(*layers: str) -> list[Path]:
    return [path for path in python_files() if layer(path) in layers]


def test_imports_point_down():
    lint = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([lint, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


PURE = {"portal.packs", "portal.kit.errors", "portal.kit.money"}


def impure(tree: ast.AST, app: str) -> list[str]:
    """Return the imports beyond the standard library, packs, errors, money and pure neighbours."""
    found = []
    for line, dotted in imports(tree):
        module = dotted.rpartition(".")[0]
        if dotted.split(".")[0] in sys.stdlib_module_names or {dotted, module} & PURE:
            continue
        beside = next((m for m in (dotted, module) if (file := source_of(m)) and file.exists()), "")
        if beside.startswith(f"{app}.") and not impure(
            ast.parse(source_of(beside).read_text()), app
        ):
            continue
        found.append(f"line {line}: {dotted}")
    return found


def source_of(module: str) -> Path:
    return ROOT / (module.replace(".", "/") + ".py")


def test_rules_know_no_django_no_database_no_settings():
    found = {
        name(path): bad
        for path in of_layer("rules")
        if (bad := impure(ast.parse(path.read_text()), path.relative_to(ROOT).parts[0]))
    }
    assert not found


@pytest.mark.parametrize(
    "source",
    ["import django", "from django.utils import timezone", "from plans.models import Plan",
     "def f():\n    from django.conf import settings", "from portal.kit import crypto",
     "from portal.records import audit"],
)  # fmt: skip
def test_the_check_of_pure_rules_sees(source):
    assert impure(ast.parse(source), "plans")


# The clock is read at the edges only: everything else is told `at` or `on`.
EDGES = {
    "views", "tasks", "commands", "middleware", "adapters", "access", "urls", "context", "forms",
    "api", "admin", "signals", "apps", "checks", "logs",
    "staff_views", "verify",  # views by another name
    "case_files",  # a template tag
    "stepup",  # methods(user) asks how old a factor is now
}  # fmt: skip
CLOCKS = re.compile(
    r"^(django\.utils\.timezone\.(now|localdate|localtime)|time\.(time|time_ns|localtime|gmtime))$"
)
CLOCK_CALLS = {"now", "today", "utcnow", "localdate", "localtime"}


def clock_reads(tree: ast.AST) -> list[str]:
    """Return the lines that read the clock: imports of it, and calls like date.today()."""
    found = [f"line {line}: {dotted}" for line, dotted in imports(tree) if CLOCKS.search(dotted)]
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in CLOCK_CALLS
            and not node.args  # localtime(at), localdate(at) only convert
        ):
            found.append(f"line {node.lineno}: {ast.unparse(node)}")
    return found


def converts_only(path: Path, found: str) -> bool:
    """localdate(at) and localtime(at) with an argument convert; without one they read the clock."""
    which = found.rpartition(".")[2]
    if which not in ("localdate", "localtime"):
        return False
    calls = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == which
    ]
    return bool(calls) and all(call.args for call in calls)


def test_only_edges_read_the_clock():
    found = {}
    for path in python_files():
        if layer(path) in EDGES or name(path).startswith("portal/demo/"):
            continue
        reads = clock_reads(ast.parse(path.read_text()))
        if bad := [read for read in reads if not converts_only(path, read)]:
            found[name(path)] = bad
    assert not found


@pytest.mark.parametrize(
    "source",
    ["from django.utils.timezone import now", "import datetime\ndatetime.date.today()",
     "from django.utils import timezone\ntimezone.now()", "at = at or datetime.now()"],
)  # fmt: skip
def test_the_check_of_the_clock_sees(source):
    assert clock_reads(ast.parse(source))


STOCK = {
    "CharField", "IntegerField", "DecimalField", "FloatField", "DateField", "DateTimeField",
    "EmailField", "RegexField", "SlugField", "URLField", "ModelForm",
}  # fmt: skip


def stock_fields(tree: ast.AST) -> list[str]:
    used = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in STOCK
        and ast.unparse(node.value) in ("forms", "django.forms")
    ]
    imported = [
        f"line {line}: {dotted}"
        for line, dotted in imports(tree)
        if dotted.startswith("django.forms") and dotted.rpartition(".")[2] in STOCK
    ]
    return used + imported


def test_forms_use_the_fields_of_the_kit():
    found = {
        name(path): bad
        for path in python_files()
        if name(path) != "portal/kit/forms.py"
        and (bad := stock_fields(ast.parse(path.read_text())))
    }
    assert not found


@pytest.mark.parametrize(
    "source",
    ["forms.CharField()", "class F(forms.ModelForm): ...", "from django.forms import DateField"],
)
def test_the_check_of_form_fields_sees(source):
    assert stock_fields(ast.parse(source))


# A number of the law stands in portal/packs and nowhere else. A literal that happens to equal one
# (a text length of 60) is told apart by a comment on its line: "# not of the law: …".
SAID_OTHERWISE = "# not of the law"
WATCHED = ("rules", "actions", "queries", "forms", "tasks", "views", "policy", "models", "states")
SIZES = ("max_length", "longest", "chunk_size", "max_digits", "batch_size")
HARMLESS = set(range(13)) | {31, 100, 1000}  # months, days of a month, per cent


def legal_numbers() -> set[int | float | str]:
    """Return every number of the packs that could not be mere arithmetic."""
    found: set[int | float | str] = set()
    for law in ("cn", "us", "uk"):
        for rule in all_rules(law):
            values = rule.value if isinstance(rule.value, list) else [rule.value]
            found |= {v for v in values if isinstance(v, int | float) and not isinstance(v, bool)}
            found |= {v for v in values if isinstance(v, str) and re.fullmatch(r"\d+([.:]\d+)?", v)}
    return found - HARMLESS


def legal_literals(source: str) -> list[str]:
    lines, law, tree = source.splitlines(), legal_numbers(), ast.parse(source)
    return [
        f"line {node.lineno}: {lines[node.lineno - 1].strip()}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and type(node.value) in (int, float, str)
        and node.value in law
        and id(node) not in plain_sizes(tree)
        and SAID_OTHERWISE not in lines[node.lineno - 1]
    ]


def plain_sizes(tree: ast.AST) -> set[int]:
    """Return the literals (by identity) that are lengths of texts or of pages."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found |= {id(keyword.value) for keyword in node.keywords if keyword.arg in SIZES}
        elif isinstance(node, ast.Slice):
            found |= {id(node.lower), id(node.upper)}
    return found


def test_no_number_of_the_law_stands_in_code():
    found = {
        name(path): bad
        for path in of_layer(*WATCHED)
        if not name(path).startswith("portal/kit/") and (bad := legal_literals(path.read_text()))
    }
    assert not found


@pytest.mark.parametrize("source", ["longest = 60", "timedelta(days=20)", "hours = ['22:00', 1]"])
def test_the_check_of_legal_numbers_sees(source):
    assert legal_literals(source)
    assert not legal_literals(source + "  # not of the law: an example")


MARK_SAFE_ALLOWED = {
    "portal/kit/templatetags/kit.py",  # the QR code, whose texts segno escapes
    "portal/kit/templatetags/kept.py",  # what a template made before, kept (ADR 12)
    "accounts/account_page.py",  # the same, and lines joined of escaped pieces
    "accounts/ledger_page.py",  # lines joined of escaped pieces
}


def test_nothing_is_called_safe_html_but_the_qr_code_and_what_templates_made():
    found = [
        f"{name(path)}, line {line}: {dotted}"
        for path in python_files()
        if name(path) not in MARK_SAFE_ALLOWED
        for line, dotted in imports(ast.parse(path.read_text()))
        if dotted.endswith((".mark_safe", ".SafeString", ".SafeText"))
    ]
    found += [
        name(path)
        for path in template_files()
        if re.search(r"\|\s*safe(seq)?\b|autoescape\s+off", path.read_text())
        and path.suffix == ".html"
    ]
    assert not found


INLINE = re.compile(
    r"<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:|"
    r"<script(?![^>]*\bsrc=)(?![^>]*application/json)",
    re.IGNORECASE,
)
PRINT_ONLY = TEMPLATES / "documents"  # rendered to PDF, never sent to a browser


def without_comments(source: str) -> str:
    source = re.sub(r"\{% comment .*?endcomment %\}", "", source, flags=re.DOTALL)
    return re.sub(r"\{#.*?#\}|<!--.*?-->", "", source, flags=re.DOTALL)


def test_templates_hold_no_inline_style_or_script():
    found = {
        name(path): bad
        for path in template_files()
        if PRINT_ONLY not in path.parents
        and (bad := INLINE.findall(without_comments(path.read_text())))
    }
    assert not found


@pytest.mark.parametrize(
    "source",
    ["<p style='x'>", "<style>", "<a onclick='x'>", "<script>", "<script nonce='x'>",
     "<a href='javascript:x'>"],
)  # fmt: skip
def test_the_check_of_inline_code_sees(source):
    assert INLINE.search(source)


HOSTS = re.compile(r"(?:src|href|action|url|import)\s*[=(]?\s*[\"'(]+\s*(?:https?:)?//[^\s\"')]+")


def test_pages_fetch_nothing_from_other_hosts():
    files = [
        *template_files(),
        *(p for p in (ROOT / "static").rglob("*") if p.suffix in (".css", ".js")),
    ]
    found = {
        name(path): bad
        for path in files
        if (bad := HOSTS.findall(without_comments(path.read_text())))
    }
    assert not found


@pytest.mark.parametrize(
    "template",
    [path.relative_to(TEMPLATES).as_posix() for path in template_files()] or ["base.html"],
)
def test_every_template_compiles(template):
    get_template(template)
