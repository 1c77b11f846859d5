"""docs/states.md is what the tables say."""

from io import StringIO
from pathlib import Path

from django.core.management import call_command


def test_the_printed_diagrams_are_up_to_date():
    out = StringIO()
    call_command("state_diagrams", stdout=out)
    assert Path("docs/states.md").read_text("utf-8") == out.getvalue()
