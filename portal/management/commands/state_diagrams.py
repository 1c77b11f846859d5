"""state_diagrams: print the state tables as diagrams; docs/states.md is its output."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Model

from accounts.evidence import states as evidence
from disputes import states as disputes
from plans import states as plans


class Command(BaseCommand):
    help = "Print each state table as a Mermaid diagram (docs/states.md)."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(
            "# States\n\nPrinted by `manage.py state_diagrams`. Nothing else is possible."
        )
        tables: dict[type[Model], dict[str, set[str]]] = {
            **evidence.TABLES,
            **plans.TABLES,
            **disputes.TABLES,
        }
        for model, table in tables.items():
            self.stdout.write(f"\n## {model.__name__}\n\n```mermaid\nstateDiagram-v2")
            for was, followers in table.items():
                for to in sorted(followers):
                    self.stdout.write(f"    {was} --> {to}")
                if not followers:
                    self.stdout.write(f"    {was} --> [*]")
            self.stdout.write("```")
