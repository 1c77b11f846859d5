"""The account page: what it says, and the part of it that is kept until one of its reasons changes.

What a person sees depends on the account's row, its holds, the newest feed, the plan, the open
cases and their own words. Those are read each time and are the key; the rest of the ledger changes
with the feed alone and is read only when that key is new (docs/adr/0012).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from hashlib import blake2b
from html import escape

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from accounts import queries, rules
from accounts.book import fold
from accounts.held import Held
from accounts.ledger_page import LINK, Choice, Entry, Group, Ledger, Links, short_day
from accounts.models import CardAccount, Hold, OverdueRecord
from portal.kit.kept import Kept
from portal.kit.money import formatted
from portal.kit.prepared import Prepared

KEPT = Kept(most=32_000_000, seconds=settings.SESSION_COOKIE_AGE)  # bytes for each web process
_entries = queries.in_order(*queries.MOVEMENT, "description", "merchant")


@dataclass(frozen=True)
class AccountPage:
    """Everything the account page says. Made of an Asked, which reads what it needs."""

    account: CardAccount
    position: rules.Position
    why: rules.Why | None
    steps: list[rules.Step]
    annual_percent: Decimal
    holds: list[Hold]
    reported: "Records"
    choice: Choice
    groups: list[Group]
    plan: queries.PlanFacts | None
    apart: rules.Position  # what is due beside the plan; without one, the position

    @property
    def paused(self) -> int:
        return self.position.days_past_due - self.position.days_aged

    @property
    def on_plan(self) -> bool:
        return any(hold.reason == Hold.Reason.PLAN for hold in self.holds)

    @property
    def all_held(self) -> bool:
        return any(hold.amount is None and not hold.contact_only for hold in self.holds)


@dataclass(frozen=True)
class Asked:
    """An account page somebody asks for: with all that can change it between two feeds."""

    held: Held
    choice: Choice
    plan: queries.PlanFacts | None
    cases: Mapping[tuple[str, str], str]
    words: Mapping[str, queries.OwnWords]
    staff: bool

    def html(self, template: str) -> SafeString:
        """Return a part of the page, kept or rendered anew. It knows nothing of the request."""
        return mark_safe(KEPT.get(self.key(template), lambda: self._render(template)))  # noqa: S308

    def key(self, template: str) -> bytes:
        """Return a digest of all that the part is made of; no personal data stands in it."""
        made_of = (
            template, self.staff, get_language(), self.choice, self.held.row, self.held.holds,
            self.held.books, self.plan, sorted(self.cases.items()), sorted(self.words.items()),
        )  # fmt: skip
        return blake2b(repr(made_of).encode(), digest_size=32).digest()

    def _render(self, template: str) -> SafeString:
        facts = {
            "page": self.page, "account": self.page.account, "position": self.page.position,
            "staff": self.staff,
        }  # fmt: skip
        return render_to_string(template, facts)

    @cached_property
    def page(self) -> AccountPage:
        """Read the ledger and what was reported. Three queries."""
        account = self.held.account
        bills = queries.bills(account)
        entries = [Entry(*row) for row in _entries(account.pk)]
        movements = [rules.Movement(*entry[:5]) for entry in entries]
        rule = queries.principal_first_from(account.as_of)
        book = fold(bills, movements, principal_first_from=rule)  # nothing fed is after as_of
        position = queries.stands(account, bills, movements, self.held.netted, book)
        plan = self.plan
        apart = rules.beside(position, plan.to_come) if plan else position
        links = Links(account.ref, self.cases, staff=self.staff)
        return AccountPage(
            account=account,
            position=position,
            plan=plan,
            apart=apart,
            why=rules.why(position),
            steps=rules.coming(apart, plan.step if plan else None),
            annual_percent=rules.annual_percent(account.daily_rate),
            holds=self.held.live,
            reported=Records(account, links, self.words),
            choice=self.choice,
            groups=Ledger(account, book, entries, links).groups(self.choice),
        )


def asked(held: Held, choice: Choice, *, on: date, staff: bool = False) -> Asked:
    """Read what may have changed since the feed: own words, and where held, the plan or the cases.

    One query; one more on a plan, one with a case, three more with own words beside a record.
    """
    account, live = held.account, held.live
    reasons = {hold.reason for hold in live}
    plans = queries.plan_facts([account], on=on) if Hold.Reason.PLAN in reasons else {}
    contested = Hold.Reason.DISPUTE in reasons  # each case places a hold
    cases = {
        (line.kind, line.key): line.number
        for line in (queries.disputed(account) if contested else ())
    }
    return Asked(held, choice, plans.get(account.pk), cases, queries.own_words(account), staff)


REPORTED = (
    "period", "version", "days_past_due", "reported_code", "overdue_amount", "reported_on",
    "notified_on", "disputed",
)  # fmt: skip
_reported = Prepared(
    lambda account: (
        OverdueRecord.objects.filter(account=account)
        .order_by("-period", "-version")
        .values_list(*REPORTED)
    ),
    int,
)


def reported(account: CardAccount) -> list[OverdueRecord]:
    """Return what was reported for each month, newest first: the latest version of each."""
    latest: dict[str, OverdueRecord] = {}
    for row in _reported(account.pk):
        latest.setdefault(row[0], OverdueRecord(**dict(zip(REPORTED, row, strict=True))))
    return list(latest.values())


RECORD = (  # of escaped texts, like a Row
    '<tr><td>%s<span class="d-block hint">%s</span>%s%s%s</td>'
    '<td>%s<span class="cell-sub">%s</span></td><td class="num text-end">%s</td></tr>\n'
)
TAG = '<span class="badge tag-info">%s</span> '


class Records:
    """What the bank told the credit bureau, a line for each month, newest first."""

    def __init__(
        self, account: CardAccount, links: Links, words: Mapping[str, queries.OwnWords]
    ) -> None:
        self.records = reported(account)
        self.account, self.links, self.words = account, links, words
        self.texts = [escape(_("Put your own words beside it")), escape(_("Change your words"))]
        self.tags = TAG % escape(_("Being disputed")), TAG % escape(_("Corrected"))
        page = reverse("disputes:personal_statement", args=[account.ref, ANY_MONTH])
        self.own_page = escape(page).rpartition(ANY_MONTH)  # the ref before it may hold it too

    def __bool__(self) -> bool:
        return bool(self.records)

    @property
    def lines(self) -> SafeString:
        """The rows as markup: every text in them is escaped where the row is made."""
        return mark_safe("".join(self.line(record) for record in self.records))  # noqa: S308

    def line(self, record: OverdueRecord) -> str:
        month = escape(_month(record.period, self.links.language))
        days = ngettext("%(days)s day", "%(days)s days", record.days_past_due)
        marks = [self.tags[0]] * record.disputed + [self.tags[1]] * (record.version > 1)
        return RECORD % (
            month,
            escape(_told(record, self.links)),
            "".join(marks),
            self.links.line("record", f"{self.links.ref}:{record.period}", month),
            "" if self.links.staff else self.own(record.period, month),
            escape(record.reported_code),
            escape(days % {"days": record.days_past_due}),
            formatted(record.overdue_amount, self.account.currency),
        )

    def own(self, period: str, month: str) -> str:
        """Return the cardholder's own words beside a month, and where to write them."""
        words = self.words.get(period)
        shown = render_to_string("accounts/_own_words.html", {"words": words}) if words else ""
        before, _month, after = self.own_page
        return shown + LINK % (before + period + after, self.texts[words is not None], month)


ANY_MONTH = "0000-00"  # stands in an address for each month's


@lru_cache(maxsize=1024)
def _month(period: str, language: str | None) -> str:
    year, number = period.split("-")
    return date_format(date(int(year), int(number), 1), "YEAR_MONTH_FORMAT")


def _told(record: OverdueRecord, links: Links) -> str:
    facts = []
    if record.reported_on:
        on = short_day(record.reported_on, links.language)
        facts.append(_("Reported on %(on)s") % {"on": on})
    if record.notified_on:
        told = _("you were told on %(on)s")
        if links.staff:
            told = _("the cardholder was told on %(on)s")
        facts.append(told % {"on": short_day(record.notified_on, links.language)})
    return " · ".join(facts)
