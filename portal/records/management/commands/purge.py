"""purge [--do NUMBER | --routine]: what is over its time. Alone it only tells."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import localdate, now
from django.utils.translation import override

from portal.kit.errors import Stale
from portal.records import retention
from portal.records.documents import Damaged
from portal.records.models import Purge
from portal.records.retention import holds, purges, strays


class Command(BaseCommand):
    help = (
        "Tell what is over its time, and change nothing. --do deletes what two people agreed on "
        "under /staff/retention/; --routine deletes what needs no agreement."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--do", metavar="NUMBER", help="carry out a confirmed purge")
        what.add_argument("--routine", action="store_true", help="spent codes, ended sessions …")

    def handle(self, *args: Any, do: str | None, routine: bool, **options: Any) -> None:
        if do:
            self.carry_out(do)
        elif routine:
            self.tell(
                retention.tidy(at=now()) | {"files that no row names": strays.sweep(at=now())}
            )
        else:
            self.look()

    def carry_out(self, number: str) -> None:
        purge = Purge.objects.filter(number=number).first()
        if purge is None:
            raise CommandError(f"{number}: no such purge")
        try:
            self.tell(purges.carry_out(purge, at=now()))
        except Stale:
            purge.refresh_from_db()
            raise CommandError(f"{number} is {purge.status}, not confirmed") from None
        except Damaged:
            raise CommandError(f"{number}: the list is not the one that was shown") from None

    def look(self) -> None:
        with override("en"):
            for found in retention.standings(on=localdate()):
                oldest = f", the oldest of {found.oldest}" if found.oldest else ""
                held = f"{found.kept} kept by legal holds"
                self.stdout.write(
                    f"{found.category.code}: {found.due} may go{oldest}; "
                    f"{'with --routine' if found.category.routine else held}. Ended before "
                    f"{found.before_on}: {found.rule.id}, {found.rule.value} {found.rule.unit}."
                )
        self.stdout.write(f"{holds.live().count()} legal holds stand. Nothing was changed.")

    def tell(self, counts: dict[str, int]) -> None:
        for name, count in counts.items():
            self.stdout.write(f"{name}: {count}")
        self.stdout.write("Done.")
