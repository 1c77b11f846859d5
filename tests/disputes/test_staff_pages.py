"""The handlers' pages: the queue, a case with all around it, and who may open them."""

import pytest
from django.urls import reverse

from accounts.models import Cardholder
from disputes import staff_queries
from disputes.models import Dispute, Message
from portal.records.models import StaffView
from tests.disputes.scene import Scene, Status, case, line, record
from tests.people import cardholder, sign_in, staff
from tests.plans.scene import account_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    return Scene.made()


@pytest.fixture
def desk(client, scene):
    return sign_in(client, scene.handler)


def get(client, name, *args, **data):
    return client.get(reverse(f"disputes:{name}", args=args), data)


def numbers(page):
    return [row.case.number for row, _person in page.context["rows"]]


def test_the_queue_goes_by_deadline_and_masks_names(desk, scene):
    late = case(scene.account, due_in=-2)
    far = case(scene.account, due_in=15)
    near = case(scene.account, due_in=1)
    page = get(desk, "queue", tab="unclaimed")
    assert numbers(page) == [late.number, near.number, far.number]
    text = page.content.decode()
    assert "2 days late" in text and "Due in 1 day" in text
    assert "Test Person" not in text and "T****" in text
    assert StaffView.objects.filter(page="disputes:queue").count() == 1


def test_each_tab_counts_what_it_shows(desk, scene):
    case(scene.account)
    mine = case(scene.account, Status.IN_REVIEW, taken_by=scene.handler)
    case(scene.account, Status.SECOND_REVIEW)
    case(scene.account, Status.UPHELD)
    page = get(desk, "queue")
    assert numbers(page) == [mine.number]  # one's own are what one sees first
    counts = {tab.key: tab.count for tab in page.context["tabs"]}
    assert counts == {
        "mine": 1, "unclaimed": 2, "open": 3, "reviews": 1, "approval": 0, "late": 0, "letters": 0,
        "decided": 1,
    }  # fmt: skip
    for tab, count in counts.items():
        assert len(numbers(get(desk, "queue", tab=tab))) == count


def test_the_queue_filters_and_goes_on_behind_a_full_page(desk, scene, monkeypatch):
    monkeypatch.setattr(staff_queries, "PAGE", 1)
    first, second = case(scene.account, due_in=3), case(scene.account, due_in=3, matter="charge")
    page = get(desk, "queue", tab="open")
    assert numbers(page) == [first.number] and page.context["after"] == first.number
    assert numbers(get(desk, "queue", tab="open", after=first.number)) == [second.number]
    assert numbers(get(desk, "queue", tab="open", matter="charge")) == [second.number]
    assert numbers(get(desk, "queue", tab="open", find=second.number.lower())) == [second.number]
    assert numbers(get(desk, "queue", tab="open", after="nonsense", matter="x"))


def test_the_queue_asks_as_much_for_many_cases_as_for_few(
    desk, scene, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    case(scene.account)
    with CaptureQueriesContext(
        connection,
    ) as few:
        get(desk, "queue", tab="open")
    for _ in range(4):
        case(account_of(cardholder(), ref=f"AC{_}"))
    with django_assert_max_num_queries(len(few)):
        get(desk, "queue", tab="open")


@pytest.mark.parametrize(
    ("role", "reads", "acts"),
    [("complaint_handler", True, True), ("supervisor", True, True), ("auditor", True, False),
     ("agent", False, False)],
)  # fmt: skip
def test_who_reads_and_who_acts(client, scene, role, reads, acts):
    dispute = case(scene.account)
    client = sign_in(client, staff(role))
    assert get(client, "queue").status_code == (200 if reads else 403)
    assert get(client, "staff_case", dispute.number).status_code == (200 if reads else 403)
    answer = client.post(reverse("disputes:note", args=[dispute.number]))
    assert answer.status_code == (422 if acts else 403)


def test_a_draft_is_the_cardholders_alone(desk, scene):
    draft = case(scene.account, Status.DRAFT)
    assert get(desk, "staff_case", draft.number).status_code == 404
    assert not Dispute.objects.exclude(pk=draft.pk).exists()
    assert numbers(get(desk, "queue", tab="open")) == []


def contested(scene, **changes):
    reported = record(scene.account)
    dispute = case(scene.account, Status.IN_REVIEW, taken_by=scene.handler, **changes)
    key = f"{scene.account.ref}:{reported.period}"
    line(dispute, "record", key, extra={"days": 60, "code": "3"}, amount="1200.00")
    return dispute


def test_a_case_shows_the_line_then_and_now_and_all_around_it(desk, scene):
    dispute = contested(scene, words="I paid on <time>.")
    Message.objects.create(
        dispute=dispute, kind="note", sent_at=dispute.submitted_at, sent_by=scene.handler
    )
    page = get(desk, "staff_case", dispute.number).content.decode()
    for text in (
        "I paid on &lt;time&gt;.", "Internal note", "¥1,200.00", "¥1,000.00", "Changed",
        "18.25 % a year", "Overdue record for September 2026",
    ):  # fmt: skip
        assert text in page, text
    assert "X0000000" not in page
    assert StaffView.objects.filter(subject=f"disputes.dispute:{dispute.pk}").count() == 1


def test_what_the_bank_holds_is_listed_beside_the_question(desk, scene):
    dispute = contested(scene)
    dispute = staff_queries.cases().get(pk=dispute.pk)
    page = get(desk, "ask", dispute.number).content.decode()
    assert "What we hold already" in page and "Payments received" in page
    url = reverse("disputes:ask", args=[dispute.number])
    bare = desk.post(url, {"kinds": ["paper"], "body": "Do you have it?"})
    assert bare.status_code == 422 and "must not be asked for" in bare.content.decode()
    assert desk.post(url, {"kinds": ["bank_statement"], "body": "x"}).status_code == 422
    assert not Message.objects.exists()


def test_a_holder_reads_no_staff_page(client, scene):
    dispute = case(scene.account)
    client = sign_in(client, scene.holder)
    assert get(client, "staff_case", dispute.number).status_code == 403
    assert Cardholder.objects.count() == 1
