"""Which rules of the pack hold for a case: its clock, what may lengthen it, what comes after.

The pack is that of the day of receipt: a rule that changes meanwhile does not move a case.
"""

from datetime import date, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.timezone import localdate

from disputes import clock
from disputes.calendar import Calendar, calendar
from disputes.models import Deadline, Dispute
from disputes.policy import CURRENT
from disputes.routes import Route, routes_for
from portal.packs import Pack, Rule, first_day, load


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
    theirs = Q(kind="answer") | (~Q(kind="note") & Q(sent_by=holder))  # an answer came by phone
    said = dispute.messages.filter(theirs, sent_at__gt=first.made_at)
    sent = dispute.uploads.filter(
        uploaded_by=holder, uploaded_at__gt=first.made_at, removed_at=None
    )
    return said.exists() or sent.exists()


def may_stop(dispute: Dispute) -> bool:
    """Tell whether the law lets this case's clock stand."""
    return bool(pack_on(deadline_of(dispute).counted_from)["clock.may_stop"].value)


def delay_letter(deadline: Deadline) -> bool:
    """Tell whether the law wants a letter on the last day of a first answer that is not there."""
    rule = pack_on(deadline.counted_from).rules.get("delay.letter")
    return deadline.round == Deadline.FIRST and rule is not None and bool(rule.value)


def late_on(deadline: Deadline) -> date:
    """Return the day on which the cardholder hears that there is no answer yet.

    The last lawful day where the law wants a letter by then, else the day after the promised one.
    """
    return deadline.due_on if delay_letter(deadline) else deadline.plan_on + timedelta(days=1)


def expected_by(deadline: Deadline, *, on: date) -> date:
    """Return by when a letter about a delay says that the answer comes. Errors: KeyError."""
    rule, working = pack_on(deadline.counted_from)["delay.answer_within"], working_days().is_working
    end = clock.last_day(on, rule.value, rule.unit, is_working=working)
    return clock.working_day_by(end, not_before=on, is_working=working)


def received_from(matter: str, *, on: date) -> date:
    """Return the earliest day of receipt that can be taken down on a day.

    Not before the pack has all rules of this clock, nor longer ago than the policy says.
    """
    names = [f"clock.{matter}", "clock.approved", "clock.new_information", "clock.may_stop"]
    names += [*pack_on(on)[names[0]].value, "acknowledge.within"]
    limit = on - timedelta(days=CURRENT.taken_down_within)
    return max(limit, *(first_day(settings.JURISDICTION, name) for name in names))


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
