"""What is read of requests for evidence and of the documents they became."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import EvidenceRequest, User
from accounts.queries import held_by
from portal.records.audit import subject_of
from portal.records.models import Document

Status = EvidenceRequest.Status
PAGE = 50
MANY = 100  # more are not counted: the page would wait for a number that changes nobody's work
PATIENCE = timedelta(minutes=1)  # of someone who watches the page


def due(*, at: datetime) -> QuerySet[EvidenceRequest, int]:
    """The requests a worker must act on: those that never failed first, then the oldest."""
    waiting = EvidenceRequest.objects.filter(next_try_at__lte=at)
    return waiting.order_by("tries", "next_try_at", "pk").values_list("pk", flat=True)


def requests_of(user: User) -> QuerySet[EvidenceRequest]:
    """The cardholder's own requests, newest first; any other is a 404."""
    own = EvidenceRequest.objects.filter(account__in=held_by(user))
    return own.select_related("account__cardholder").order_by("-pk")


def documents_of(asked: EvidenceRequest) -> list[Document]:
    """The documents a request became, Chinese first as in settings.LANGUAGES."""
    return list(Document.objects.filter(subject=subject_of(asked)).order_by("-language"))


def readable(asked: EvidenceRequest, language: str) -> Document | None:
    """Return the document in a language, or in the one there is; None without bytes to read."""
    made = [document for document in documents_of(asked) if not document.purged_at]
    return next((each for each in made if each.language == language), made[0] if made else None)


@dataclass(frozen=True)
class Step:
    """What is being done. `slow`: it takes longer than people should wait for on the page."""

    name: str
    waiting: bool
    slow: bool


def step(asked: EvidenceRequest, *, at: datetime) -> Step:
    waiting = asked.next_try_at is not None
    slow = waiting and (asked.tries > 1 or at - asked.requested_at > PATIENCE)
    return Step(f"{asked.status}.{asked.stage}.{slow:d}", waiting, slow)


@dataclass(frozen=True)
class Entry:
    """One request and what became of it."""

    asked: EvidenceRequest
    documents: list[Document]


@dataclass(frozen=True)
class Page:
    """Some entries, and the number behind which the next page starts ("" at the end)."""

    entries: list[Entry]
    after: str


def page_of(user: User, *, after: str) -> Page:
    """Return the cardholder's requests older than the one numbered `after`, newest first."""
    rows = requests_of(user)
    if last := rows.filter(number=after).first():
        rows = rows.filter(pk__lt=last.pk)
    found = list(rows[: PAGE + 1])
    made: dict[str, list[Document]] = defaultdict(list)
    subjects = [subject_of(asked) for asked in found]
    for document in Document.objects.filter(subject__in=subjects).order_by("-language"):
        made[document.subject].append(document)
    entries = [Entry(asked, made[subject_of(asked)]) for asked in found[:PAGE]]
    return Page(entries, found[PAGE - 1].number if len(found) > PAGE else "")


ANSWERS = {  # to the cardholder, by the rule that declined: why, and what to do instead
    "EV-2": _(
        "When we prepared this certificate, our books showed that the account is not settled yet. "
        "The account's page shows what is still open. As soon as nothing is owed, ask again: you "
        "will then get it."
    ),
    "EV-3": _(
        "No agreement has been signed for this account in the portal, so there is none to copy. "
        "If you signed one on paper, please call us: a colleague can look for it."
    ),
    "EV-4": _(
        "The books we hold do not reach over all the days that you chose. Please ask again: the "
        "form shows the first and the last day that we can certify."
    ),
    "EV-5": _(
        "The bank no longer lists this account, so we cannot say who holds it now. Please call the "
        "bank's service phone: there they can see where it went."
    ),
    "EV-SIZE": _(
        "There are more entries in this period than fit into one document. Please ask again for "
        "a shorter period: several documents together can cover all of it."
    ),
}


def answer(asked: EvidenceRequest) -> object:
    """Say to the cardholder why a declined request is not possible; "" for any other."""
    return ANSWERS.get(asked.problem, "") if asked.status == Status.DECLINED else ""


# == for staff


def all_requests() -> QuerySet[EvidenceRequest]:
    return EvidenceRequest.objects.select_related("account__cardholder__user")


def held_back() -> QuerySet[EvidenceRequest]:
    """What a colleague must look at, oldest first."""
    return all_requests().filter(status=Status.FAILED).order_by("pk")


@dataclass(frozen=True)
class HeldBack:
    """Those held back longest behind a number, and what stops the first of all that are.

    `by_rule` counts at most MANY; where there are more, `count` is "100 or more".
    """

    page: list[EvidenceRequest]
    after: str
    count: object
    by_rule: list[tuple[str, int]]


def held_back_page(*, after: str) -> HeldBack:
    """Return a page of what is held back, behind the request numbered `after`."""
    rows = held_back()
    if last := EvidenceRequest.objects.filter(number=after).first():
        rows = rows.filter(pk__gt=last.pk)
    page = list(rows[: PAGE + 1])
    problems = held_back().values_list("problem", flat=True)[:MANY]
    by_rule = Counter(problem.partition(":")[0] for problem in problems)
    return HeldBack(
        page[:PAGE], page[PAGE - 1].number if len(page) > PAGE else "",
        counted(by_rule.total()), by_rule.most_common(),
    )  # fmt: skip


def held_back_count() -> object:
    """Return how many are held back, in words above MANY."""
    return counted(held_back()[:MANY].count())


def counted(count: int) -> object:
    return count if count < MANY else format_lazy(_("{many} or more"), many=MANY)


def latest() -> QuerySet[EvidenceRequest]:
    """The thirty requests made last."""
    return all_requests().order_by("-pk")[:30]


MEANINGS = {  # by the rule that a problem begins with; the rest of it is for looking closer
    "EV-1": _(
        "The figures of this account do not add up. Nothing is certified until they do: have the "
        "bank's books corrected, and try again once the feed has brought the correction."
    ),
    "EV-GLYPH": _(
        "The documents' font has no shape for a character of a name. Tell the operators which one; "
        "try again once the font has it."
    ),
    "EV-LOST": _(
        "The worker was lost each time it prepared this. Tell the operators before you try again."
    ),
    "EV-ERROR": _(
        "A fault on our side stopped it each time it was tried. Tell the operators; try again once "
        "it is repaired."
    ),
    "EV-2": _(
        "Something was owed again, or still, when the certificate was prepared. The cardholder has "
        "been told so, and can ask again once the account is settled."
    ),
    "EV-3": _(
        "No agreement was signed for this account in the portal. The cardholder has been told so, "
        "and to call if there is one on paper."
    ),
    "EV-4": _(
        "The books do not reach over all the days asked for. The cardholder has been told so, and "
        "can ask again for days that they hold."
    ),
    "EV-5": _(
        "The bank's feed no longer lists the account. The cardholder has been told so, and to call "
        "the service phone."
    ),
    "EV-SIZE": _(
        "The document would have been too large. The cardholder has been told so, and can ask "
        "again for a shorter period."
    ),
}


def meaning(asked: EvidenceRequest) -> object:
    """Say what a problem means and what to do; "" for a fault on the way, which says enough."""
    return MEANINGS.get(asked.problem.partition(":")[0], "")


HAPPENED = {
    "accounts.evidencerequest.asked": _("The document was asked for."),
    "accounts.evidencerequest.preparing": _("A worker took it up."),
    "accounts.evidencerequest.requested": _("It was put back to be tried again."),
    "accounts.evidencerequest.ready": _("It was sealed and filed."),
    "accounts.evidencerequest.failed": _("It was held back."),
    "accounts.evidencerequest.declined": _("A rule said no, and the cardholder was told why."),
    "accounts.evidencerequest.downloaded": _("It was downloaded."),
}
