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
from plans import notices
from plans.models import Paper, PlanRequest, Situation
from portal.kit.errors import Refused, gettext_noop
from portal.records.audit import record

LATELY = timedelta(days=90)  # what was sent before no longer counts for the space of a person
DECIDED = (PlanRequest.Status.OFFERED, PlanRequest.Status.REFUSED)


def add(situation: Situation, data: bytes, *, name: str, by: User, at: datetime) -> Paper:
    """Keep a file beside a budget; the person agreed to that. Errors: accounts.files.actions.add().

    It goes with every request that is sent while it is there.
    """
    paper = Paper(cardholder_id=situation.cardholder_id, situation=situation, sensitive=True)
    return actions.add(paper, data, name=name, by=by, at=at)


def add_to(request: PlanRequest, data: bytes, *, name: str, by: User, at: datetime) -> Paper:
    """Keep a file with a request that the bank still looks at, and with that one alone.

    Errors: those of accounts.files.actions.add(); Refused FILE-CLOSED once it has its answer.
    """
    paper = Paper(cardholder_id=request.account.cardholder_id, sensitive=True)
    paper.joins = request
    return actions.add(paper, data, name=name, by=by, at=at)


def _beside(paper: Paper, at: datetime) -> QuerySet[Paper]:
    if paper.joins is None:
        return Paper.objects.filter(situation=paper.situation_id)
    request = PlanRequest.objects.select_for_update().get(pk=paper.joins.pk)
    if request.status not in PlanRequest.OPEN:
        raise Refused(
            "FILE-CLOSED",
            gettext_noop(
                "This request has its answer, so it takes no more files. If you ask again, you "
                "can add files there."
            ),
        )
    return Paper.objects.filter(requests=request)


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
    """Mail whoever sent it to the bank that a file could not be used."""
    if request := paper.requests.filter(status__in=PlanRequest.OPEN).order_by("pk").first():
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


def go_with(request: PlanRequest) -> int:
    """Send what lies beside the budget along with a request; tells how many files that are.

    Inside the transaction that sends it; the lock keeps what is taken back meanwhile out of it.
    """
    papers = Paper.objects.select_for_update().filter(
        situation__cardholder=request.account.cardholder_id, removed_at=None
    )
    found = list(papers.exclude(status=Paper.Status.REJECTED).order_by("pk"))
    for paper in found:
        paper.requests.add(request)
    return len(found)


@transaction.atomic
def remove(paper: Paper, *, by: User, at: datetime) -> bool:
    """Take a file back: from the budget, and from requests that are not decided.

    It is deleted with that; but a decision that was made with it keeps it for its time, and then
    this returns False.
    """
    locked = Paper.objects.select_for_update().get(pk=paper.pk)
    _touched(locked, at=at)
    kept = locked.requests.filter(status__in=DECIDED)
    locked.requests.set(kept)
    Paper.objects.filter(pk=locked.pk).update(situation=None)
    if kept.exists():
        record("plans.paper.put_away", subject=locked, by=by, at=at)
        return False
    actions.take_back(locked, by=by, at=at)
    return True


@transaction.atomic
def release(paper: Paper, *, request: PlanRequest, reason: str, by: User, at: datetime) -> None:
    """Have a file that was held back looked at once more; the reason is for colleagues.

    Errors: Refused DUTY-FILE for whoever decides on the request, who must not judge alone; those
    of accounts.files.actions.release().
    """
    if request.taken_by_id == by.pk:
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
        transaction.on_commit(partial(store.drop, paper))
        paper.delete()


def forget_with(requests: Iterable[int]) -> None:
    """Take the files from requests that are cleared; what nothing else has is deleted."""
    links = Paper.requests.through.objects.filter(planrequest__in=list(requests))
    pks = list(links.values_list("paper", flat=True))
    links.delete()
    forget(Paper.objects.filter(pk__in=pks))


# == what pages show


def of_person(cardholder: Cardholder) -> QuerySet[Paper]:
    """The files beside a person's budget, in the order they came."""
    return Paper.objects.filter(situation__cardholder=cardholder, removed_at=None).order_by("pk")


def of_request(request: PlanRequest) -> QuerySet[Paper]:
    """The files that went with a request or were added to it, in the order they came."""
    return Paper.objects.filter(requests=request, removed_at=None).order_by("pk")


def own(user: User) -> QuerySet[Paper]:
    """The cardholder's own files; any other is a 404."""
    return Paper.objects.filter(cardholder__user=user, removed_at=None)


def shelf(account: CardAccount, *, at: datetime) -> Shelf:
    """Return what the page beside the budget shows. One query."""
    where = _own_addresses(reverse("plans:papers", args=[account.ref]))
    return shelf_of(
        "papers", of_person(account.cardholder), where, at=at, takes=True, removable=True
    )


def shelf_with(request: PlanRequest, *, at: datetime) -> Shelf:
    """Return what the page of a request shows its cardholder. One query."""
    where = _own_addresses(reverse("plans:request_papers", args=[request.number]))
    waits = request.status in PlanRequest.OPEN
    return shelf_of("papers", of_request(request), where, at=at, takes=waits, removable=waits)


def _own_addresses(index: str) -> Addresses:
    return Addresses(
        index=index,
        copy=lambda paper: reverse("plans:paper", args=[paper.ref]),
        remove=lambda paper: reverse("plans:remove_paper", args=[paper.ref]),
    )


def staff_shelf(request: PlanRequest, *, at: datetime) -> Shelf:
    """Return what staff see of the files of a request. One query."""
    number = request.number
    where = Addresses(
        copy=lambda paper: reverse("plans:staff_paper", args=[number, paper.ref]),
        page=lambda paper, n: reverse("plans:staff_paper_page", args=[number, paper.ref, n]),
        release=lambda paper: reverse("plans:release_paper", args=[number, paper.ref]),
    )
    return shelf_of("staff", of_request(request), where, at=at)
