"""Which rules of the pack hold for a case: its clock, what may lengthen it, what comes after.

The pack is that of the day of receipt: a rule that changes meanwhile does not move a case.
"""

from datetime import date

from django.conf import settings
from django.db.models import Q
from django.utils.timezone import localdate

from disputes import clock
from disputes.calendar import Calendar, calendar
from disputes.models import Deadline, Dispute
from disputes.routes import Route, routes_for
from portal.packs import Pack, Rule, load


def pack_on(on: date) -> Pack:
    return load(settings.JURISDICTION, on=on)


def working_days() -> Calendar:
    return calendar(settings.JURISDICTION)


def deadline_of(dispute: Dispute) -> Deadline:
    """Return the deadline that holds now. Errors: Deadline.DoesNotExist before it was sent."""
    if dispute.deadline is None:
        raise Deadline.DoesNotExist(dispute.number)
    return dispute.deadline


def chain_of(dispute: Dispute, deadline: Deadline) -> list[Rule]:
    """Return the rules of this round's answer: the first, then each extension's."""
    pack = pack_on(deadline.counted_from)
    return clock.chain(pack, dispute.matter, round=deadline.round)


def cycles_for(pack: Pack, rule: Rule) -> Rule | None:
    """Return the rule that ends the time of `rule` after so many billing cycles, if there is one.

    It stands beside it in the pack: billing_error.cycles beside billing_error.answer_within.
    """
    return pack.rules.get(f"{rule.name.partition('.')[0]}.cycles")


def base_of(dispute: Dispute, deadline: Deadline) -> Rule:
    """Return the rule of the chain that a deadline follows, whichever of its limits it names."""
    pack, rules = pack_on(deadline.counted_from), chain_of(dispute, deadline)
    for rule in rules:
        cycles = cycles_for(pack, rule)
        if deadline.rule in (rule.id, cycles.id if cycles else rule.id):
            return rule
    return rules[0]


def next_extension(dispute: Dispute) -> Rule | None:
    """Return the longer rule that an extension would lead to, None if no law knows one."""
    deadline = deadline_of(dispute)
    return clock.extension_after(base_of(dispute, deadline).id, chain_of(dispute, deadline))


def needs_approval(dispute: Dispute, rule: Rule) -> bool:
    """Tell whether another person must grant this extension."""
    pack = pack_on(deadline_of(dispute).counted_from)
    return rule.name in pack["clock.approved"].value


def needs_news(dispute: Dispute, rule: Rule) -> bool:
    """Tell whether this extension needs something new from the cardholder."""
    pack = pack_on(deadline_of(dispute).counted_from)
    return rule.name in pack["clock.new_information"].value


def has_news(dispute: Dispute) -> bool:
    """Tell whether the cardholder sent words or a file since this round began."""
    first = dispute.deadlines.get(round=deadline_of(dispute).round, step=0)
    holder = dispute.account.cardholder.user_id
    said = dispute.messages.filter(~Q(kind="note"), sent_by=holder, sent_at__gt=first.made_at)
    sent = dispute.uploads.filter(
        uploaded_by=holder, uploaded_at__gt=first.made_at, removed_at=None
    )
    return said.exists() or sent.exists()


def may_stop(dispute: Dispute) -> bool:
    """Tell whether the law lets this case's clock stand."""
    return bool(pack_on(deadline_of(dispute).counted_from)["clock.may_stop"].value)


def acknowledge_by(dispute: Dispute) -> date:
    """Return until when the receipt must be out; it is drawn within minutes of sending."""
    deadline = deadline_of(dispute)
    pack = pack_on(deadline.counted_from)
    rule = pack.rules.get(f"acknowledge.{dispute.matter}") or pack["acknowledge.within"]
    working = working_days().is_working
    return clock.last_day(deadline.counted_from, rule.value, rule.unit, is_working=working)


def review_until(dispute: Dispute) -> date | None:
    """Return the last day on which a second review may be asked for; None if not decided.

    A second review is asked for once: under review and final cases give None as well.
    """
    if dispute.status not in Dispute.DECIDED or dispute.decided_at is None:
        return None
    decided_on = localdate(dispute.decided_at)
    rule = pack_on(decided_on)["review.apply_within"]
    return clock.right_until(decided_on, rule, is_working=working_days().is_working)


def routes(dispute: Dispute, *, on: date) -> list[Route]:
    """Return where else the cardholder may turn about this matter, in the order of the pack."""
    return routes_for(pack_on(on), dispute.matter)
