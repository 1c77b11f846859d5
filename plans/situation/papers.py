"""Files beside a budget: added, sent with a request, taken back; what pages show of them.

How a file is taken, looked at, kept and served is the same for every room: accounts.files.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from accounts.files import actions, store
from accounts.files.rooms import Room
from accounts.files.shelf import Addresses, Shelf
from accounts.files.shelf import shelf as shelf_of
from accounts.models import CardAccount, Cardholder, User
from plans import eligibility, notices
from plans.models import Paper, PlanRequest, Situation
from portal.kit.errors import Refused, gettext_noop
from portal.records.audit import record
from portal.records.documents import digest

LATELY = timedelta(days=90)  # what was sent before no longer counts for the space of a person
CONSENT = gettext_noop(
    "Tick this if we may keep what you send, then choose the files again. Without it we keep "
    "nothing."
)


def add(
    situation: Situation, data: bytes, *, name: str, consents: bool, by: User, at: datetime
) -> Paper:
    """Keep a file beside a budget. It goes with every request that is sent while it is there.

    Errors: those of accounts.files.actions.add(); Refused FILE-CONSENT without consent, which is
    asked with the first file (CN-PI-01).
    """
    paper = Paper(cardholder_id=situation.cardholder_id, situation=situation, sensitive=True)
    paper.consents = consents
    return actions.add(paper, data, name=name, by=by, at=at)


def add_to(
    request: PlanRequest, data: bytes, *, name: str, consents: bool, by: User, at: datetime
) -> Paper:
    """Keep a file with a request that the bank still looks at, and with that one alone.

    Errors: as of add(); Refused FILE-CLOSED once it has its answer.
    """
    paper = Paper(cardholder_id=request.account.cardholder_id, sensitive=True)
    paper.joins, paper.consents = request, consents
    return actions.add(paper, data, name=name, by=by, at=at)


def _beside(paper: Paper, at: datetime) -> QuerySet[Paper]:
    if paper.joins is None:
        there = Paper.objects.filter(situation=paper.situation_id)
        _check_consent(paper, there)
        return there
    request = PlanRequest.objects.select_for_update().get(pk=paper.joins.pk)
    if request.status not in PlanRequest.OPEN:
        raise Refused(
            "FILE-CLOSED",
            gettext_noop(
                "This request has its answer, so it takes no more files. If you ask again, you "
                "can add files there."
            ),
        )
    there = Paper.objects.filter(requests=request)
    _check_consent(paper, there)
    return there


def _check_consent(paper: Paper, there: QuerySet[Paper]) -> None:
    if not paper.consents and not there.exists():
        raise Refused("FILE-CONSENT", CONSENT)


def _of_person(paper: Paper, at: datetime) -> QuerySet[Paper]:
    lately = Q(situation__isnull=False) | Q(uploaded_at__gt=at - LATELY)
    return Paper.objects.filter(lately, cardholder=paper.cardholder_id)


def _entered(paper: Paper, at: datetime) -> None:
    if paper.joins:
        paper.requests.add(paper.joins)
    else:
        _touched(paper, at=at)


def _touched(paper: Paper, *, at: datetime) -> None:
    """What was told is kept for a time after its last change, and this is one."""
    Situation.objects.filter(papers=paper).update(updated_at=at)


def _told(paper: Paper, at: datetime) -> None:
    """Mail whoever sent it that a file could not be used; not where all stands still."""
    waits = paper.requests.filter(status__in=PlanRequest.OPEN).order_by("pk")
    request = waits.select_related("account").first()
    if request is None:
        return
    if not request.account.holds.filter(until_at=None, reason__in=eligibility.HOLDS).exists():
        notices.tell(request.account, "plan.files_held", number=request.number, at=at)


ROOM = Room(
    Paper, _beside, _of_person, _told, _entered,
    full=gettext_noop(
        "You can add %(most)s files. Put several pages into one PDF, or remove a file that "
        "matters less."
    ),
    no_space=gettext_noop(
        "All files that you send us within three months can have %(most)s MB. Send smaller "
        "photos, or remove a file that matters less."
    ),
)  # fmt: skip


def going_along(cardholder_id: int) -> QuerySet[Paper]:
    """The files beside a person's budget that a request would take along now."""
    beside = Paper.objects.filter(situation__cardholder=cardholder_id)
    return beside.exclude(status=Paper.Status.REJECTED).order_by("pk")


def go_with(request: PlanRequest, *, instead_of: PlanRequest | None = None) -> int:
    """Send what lies beside the budget along with a request; tells how many files that are.

    `instead_of`: the request whose place it takes hands its files on. Inside the transaction that
    sends it, under the account's lock: so nothing that is taken back meanwhile goes.
    """
    found = {*going_along(request.account.cardholder_id).values_list("pk", flat=True)}
    if instead_of:
        found |= {*of_request(instead_of).values_list("pk", flat=True)}
    links = Paper.requests.through
    links.objects.bulk_create(links(paper_id=pk, planrequest_id=request.pk) for pk in sorted(found))
    return len(found)


@transaction.atomic
def remove(paper: Paper, *, by: User, at: datetime) -> bool:
    """Take a file back: from the budget, and from requests that no person has decided.

    It is deleted with that; but a decision that was made with it, once it was found in order,
    keeps it for its time, and then this returns False.
    """
    _lock(paper.cardholder_id)
    locked = Paper.objects.filter(pk=paper.pk).first()
    if locked is None:
        return True  # by another window
    linked = list(locked.requests.all())
    kept = [request for request in linked if _rests_on(request, locked)]
    if kept and locked.situation is None and kept == linked:
        return False
    for request in linked:
        if request in kept:
            continue
        facts = {"file": str(locked.ref)}
        record("plans.planrequest.file_taken_back", subject=request, by=by, at=at, data=facts)
    _touched(locked, at=at)
    if kept:
        locked.requests.set(kept)
        Paper.objects.filter(pk=locked.pk).update(situation=None)
        record("plans.paper.put_away", subject=locked, by=by, at=at)
        return False
    record("plans.paper.removed", subject=locked, by=by, at=at)
    _delete(locked)
    return True


def _rests_on(decided: PlanRequest, paper: Paper) -> bool:
    """Tell whether a person's decision was made with a file: it had been found in order by then.

    An offer by rule rests on none.
    """
    by_then = paper.checked_at and decided.decided_at and paper.checked_at <= decided.decided_at
    return bool(decided.decided_by_id and paper.status == Paper.Status.CLEAN and by_then)


def _lock(cardholder_id: int) -> None:
    """Stand in line with what sends, decides and adds: the person's accounts, then the person.

    no_key: rows that only name them may be written meanwhile.
    """
    accounts = CardAccount.objects.select_for_update(no_key=True).order_by("pk")
    list(accounts.filter(cardholder=cardholder_id).values_list("pk", flat=True))
    Cardholder.objects.select_for_update(no_key=True).get(pk=cardholder_id)


def _delete(paper: Paper) -> None:
    transaction.on_commit(partial(store.drop, paper))
    Paper.objects.filter(pk=paper.pk).delete()


def let_go(request: PlanRequest, *, by: User, at: datetime) -> None:
    """Delete what was added to a request that is withdrawn, and to nothing else.

    Inside the transaction that withdraws it: what it was kept for has ended (CN-PI-04).
    """
    for paper in of_request(request).filter(situation=None):
        paper.requests.remove(request)
        if not paper.requests.exists():
            record("plans.paper.removed", subject=paper, by=by, at=at)
            _delete(paper)


@transaction.atomic
def release(paper: Paper, *, reason: str, by: User, at: datetime) -> None:
    """Have a file that was held back looked at once more; the reason is for colleagues.

    Errors: Refused DUTY-FILE for whoever works on a request that has it, who must not judge
    alone; those of accounts.files.actions.release().
    """
    if paper.requests.filter(taken_by=by, status__in=PlanRequest.OPEN).exists():
        raise Refused(
            "DUTY-FILE",
            gettext_noop("You work on this request. Ask another supervisor to release the file."),
        )
    paper.release = reason
    actions.release(paper, by=by, at=at, sealed_release=paper.sealed_release)


# == after its time


def forget(papers: QuerySet[Paper]) -> None:
    """Delete those of some files that nothing has any more, bytes after the commit."""
    for paper in papers.filter(situation=None, requests=None):
        _delete(paper)


def forget_with(requests: Iterable[int]) -> None:
    """Take the files from requests that are cleared; what nothing else has is deleted."""
    links = Paper.requests.through.objects.filter(planrequest__in=list(requests))
    pks = list(links.values_list("paper", flat=True))
    links.delete()
    forget(Paper.objects.filter(pk__in=pks))


# == what pages show


def of_person(cardholder: Cardholder) -> QuerySet[Paper]:
    """The files beside a person's budget, in the order they came."""
    return Paper.objects.filter(situation__cardholder=cardholder).order_by("pk")


def of_request(request: PlanRequest) -> QuerySet[Paper]:
    """The files that went with a request or were added to it, in the order they came."""
    return Paper.objects.filter(requests=request).order_by("pk")


def own(user: User) -> QuerySet[Paper]:
    """The cardholder's own files; any other is a 404."""
    return Paper.objects.filter(cardholder__user=user)


def shelf(account: CardAccount, *, at: datetime) -> Shelf:
    """Return what the page beside the budget shows. One query."""
    where = _own_addresses(reverse("plans:papers", args=[account.ref]))
    return shelf_of("papers", of_person(account.cardholder), where, at=at, takes=True)


def shelf_with(request: PlanRequest, *, at: datetime) -> Shelf:
    """Return what the page of a request shows its cardholder. One query."""
    where = _own_addresses(reverse("plans:request_papers", args=[request.number]), request)
    waits = request.status in PlanRequest.OPEN
    return shelf_of("papers", of_request(request), where, at=at, takes=waits)


def seen(request: PlanRequest) -> str:
    """Stand for what a page shows staff of a request's files: another text once that changed."""
    rows = of_request(request).values_list("pk", "status")
    text = "-".join(f"{pk}{status[0]}" for pk, status in rows)
    return digest(text.encode()) if text else ""


def _own_addresses(index: str, request: PlanRequest | None = None) -> Addresses:
    """`request`: on its page nothing can be removed that a decision about it rests on."""
    return Addresses(
        index=index,
        copy=lambda paper: reverse("plans:paper", args=[paper.ref]),
        remove=lambda paper: (
            "" if request and _rests_on(request, paper)
            else reverse("plans:remove_paper", args=[paper.ref])
        ),
    )  # fmt: skip


def staff_shelf(request: PlanRequest, *, at: datetime) -> Shelf:
    """Return what staff see of the files of a request. One query."""
    number = request.number
    where = Addresses(
        copy=lambda paper: reverse("plans:staff_paper", args=[number, paper.ref]),
        page=lambda paper, n: reverse("plans:staff_paper_page", args=[number, paper.ref, n]),
        release=lambda paper: reverse("plans:release_paper", args=[number, paper.ref]),
    )
    return shelf_of("staff", of_request(request), where, at=at)
