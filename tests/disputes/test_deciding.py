"""Deciding: exactly the lawful answers, the limits, the second person, and what cannot happen."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import Posting
from disputes import duty
from disputes import staff_queries as queries
from disputes.actions import deciding, handling
from disputes.actions.deciding import Changed, Said
from disputes.models import Correction, Deadline, Decision, Dispute, Letter, Message, Ruling
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.records.models import AuditEvent, Notice
from tests.disputes.scene import Scene, Status, case, line, record
from tests.people import in_parallel, sign_in, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("development_seal")]


# == the rules


def ruled(**facts):
    return duty.Ruled(**{"kind": "posting", "outcome": "upheld", "booked": Decimal(50)} | facts)


RECORD = {
    "kind": "record", "booked": Decimal(1000), "booked_days": 31, "booked_code": "2",
}  # fmt: skip
DAY = {"booked_on": date(2026, 9, 2), "right_on": date(2026, 9, 1)}


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        (RECORD | {"outcome": "partly_upheld", "right_days": 1}, "DECIDE-OUTCOME"),
        ({"outcome": "unconfirmed"}, "DECIDE-OUTCOME"),
        ({"kind": "contact", "outcome": "partly_upheld"}, "DECIDE-OUTCOME"),
        (RECORD, "DECIDE-RIGHT"),
        (RECORD | {"right_days": 31, "right_code": "2"}, "DECIDE-SAME"),
        (RECORD | {"right_days": 32}, "DECIDE-WORSE"),
        (RECORD | {"right_amount": Decimal(1001)}, "DECIDE-WORSE"),
        (RECORD | {"right_code": "3"}, "DECIDE-WORSE"),
        (RECORD | {"right_days": 30}, "DECIDE-CODE"),  # code 2 says more than 30
        (RECORD | {"right_days": 0, "right_amount": Decimal(0)}, "DECIDE-CODE"),
        (RECORD | {"booked_code": "B", "right_days": 0, "right_amount": Decimal(0)},
         "DECIDE-CODE"),
        (RECORD | {"right_days": 0, "right_code": "1"}, "DECIDE-CODE"),
        (RECORD | {"outcome": "rejected", "right_days": 0}, "DECIDE-VALUES"),
        (DAY | {"outcome": "rejected"}, "DECIDE-VALUES"),
        (DAY | {"booked_on": DAY["right_on"]}, "DECIDE-SAME"),
        (DAY | {"right_amount": Decimal(40)}, "DECIDE-VALUES"),
        ({"right_amount": Decimal(0), "given": Decimal(20), "given_in": "DP-1"}, "DECIDE-TWICE"),
        ({}, "DECIDE-RIGHT"),
        ({"right_amount": Decimal(50)}, "DECIDE-SAME"),
        ({"right_amount": Decimal(51)}, "DECIDE-WORSE"),
        ({"booked": Decimal(-50), "right_amount": Decimal(-40)}, "DECIDE-WORSE"),
        ({"right_amount": Decimal(20), "asked": Decimal(0)}, "DECIDE-PARTLY"),
        ({"outcome": "partly_upheld", "right_amount": Decimal(0), "asked": Decimal(0)},
         "DECIDE-PARTLY"),
        ({"outcome": "rejected", "right_amount": Decimal(0)}, "DECIDE-VALUES"),
    ],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_is_refused(facts, rule):
    with pytest.raises(Refused) as no:
        duty.check_ruling(ruled(**facts))
    assert no.value.rule == rule


@pytest.mark.parametrize(
    ("facts", "credit"),
    [
        (RECORD | {"right_days": 0, "right_code": "N", "right_amount": Decimal(0)}, 0),
        (RECORD | {"outcome": "unconfirmed"}, 0),
        ({"right_amount": Decimal(0)}, 50),
        ({"right_amount": Decimal(0), "given": Decimal(20)}, 30),
        ({"right_amount": Decimal(0), "given": Decimal(60), "given_in": "DP-1"}, 0),
        (DAY, 0),
        (DAY | {"right_amount": Decimal(50)}, 0),
        ({"outcome": "partly_upheld", "right_amount": Decimal(20), "asked": Decimal(0)}, 30),
        ({"booked": Decimal(-50), "right_amount": Decimal(-80)}, 30),
        ({"outcome": "rejected"}, 0),
        ({"kind": "contact", "booked": None}, 0),
    ],
)
def test_what_an_answer_credits(facts, credit):
    duty.check_ruling(ruled(**facts))
    assert duty.credit_of([ruled(**facts)]) == credit


@pytest.mark.parametrize(
    ("outcomes", "answer"),
    [
        (["upheld", "upheld"], "upheld"), (["rejected"], "rejected"),
        (["upheld", "rejected"], "partly_upheld"), (["upheld", "unconfirmed"], "partly_upheld"),
        (["partly_upheld", "rejected"], "partly_upheld"),
        (["rejected", "unconfirmed"], "unconfirmed"),
    ],
)  # fmt: skip
def test_the_answer_to_a_case_follows_from_its_lines(outcomes, answer):
    assert duty.overall(outcomes) == answer


@pytest.mark.parametrize(
    ("outcome", "reason", "credit", "found"),
    [
        ("upheld", "already_paid", 500, []),
        ("upheld", "already_paid", Decimal("500.01"), ["credit"]),
        ("upheld", "fraud", 0, ["reason"]), ("rejected", "fraud", 0, []),
        ("partly_upheld", "fraud", 501, ["credit", "reason"]),
    ],
)  # fmt: skip
def test_when_a_second_person_is_needed(outcome, reason, credit, found):
    limits = {"alone": Decimal(500), "reasons": {"fraud"}}
    assert duty.over(outcome, reason, Decimal(credit), **limits) == found


# == the action


@pytest.fixture
def scene():
    return Scene.made()


def taken(scene, by=None, **facts):
    """A case over one record, taken by the scene's handler."""
    record(scene.account)
    dispute = case(scene.account, **facts)
    line(dispute, "record", f"{scene.account.ref}:2026-09")
    handling.take(dispute, declared=True, by=by or scene.handler, at=now())
    return queries.cases().get(pk=dispute.pk)


RIGHT = {"right_days": 0, "right_code": "N", "right_amount": Decimal(0)}


def propose(dispute, by, outcome="upheld", basis=None, **right):
    right = right or (RIGHT if outcome == "upheld" else {})
    rulings = [Said(one, outcome, **right) for one in dispute.lines.all()]
    return deciding.propose(
        dispute, rulings, reasons="We looked.", cause="late_posting", by=by, at=now(),
        basis=basis or deciding.basis_of(dispute),
    )  # fmt: skip


def refused(act, *args, **facts):
    with pytest.raises(Refused) as no:
        act(*args, **facts)
    return no.value.rule


@pytest.mark.parametrize("outcome", ["upheld", "rejected", "unconfirmed"])
def test_within_the_limits_it_is_made_at_once(scene, outcome):
    dispute = taken(scene)
    decision = propose(dispute, scene.handler, outcome)
    dispute.refresh_from_db()
    assert (decision.status, decision.approved_by, dispute.status) == ("made", None, outcome)
    assert decision.reasons == "We looked." and dispute.decided_at == decision.made_at
    assert Letter.objects.get().kind == "decision"
    assert Notice.objects.filter(kind="dispute.decided").count() == 1
    assert Correction.objects.count() == (outcome == "upheld")
    assert not dispute.lines.filter(open=True).exists()
    told = str(list(AuditEvent.objects.values_list("data", flat=True)))
    assert "We looked" not in told


@pytest.mark.parametrize("reason", ["fraud", "not_mine"])
def test_above_the_limits_nothing_happens_before_a_second_person(scene, reason):
    dispute = taken(scene, reason=reason)
    decision = propose(dispute, scene.handler)
    dispute.refresh_from_db()
    assert (decision.status, decision.over) == ("proposed", ["reason"])
    assert dispute.status == Status.IN_REVIEW
    assert not Letter.objects.exists() and not Notice.objects.exists()
    assert not Correction.objects.exists()
    chief = staff("supervisor")
    deciding.approve(decision, basis=deciding.basis_of(dispute), by=chief, at=now())
    dispute.refresh_from_db()
    assert (decision.status, decision.approved_by) == ("made", chief)
    assert dispute.status == Status.UPHELD and Letter.objects.count() == 1


def test_a_large_credit_needs_a_second_person(scene):
    fee = Posting.objects.filter(account=scene.account, kind="purchase").get()
    dispute = case(scene.account, matter="charge")
    line(dispute, "posting", fee.ref)
    handling.take(dispute, declared=True, by=scene.handler, at=now())
    decision = propose(queries.cases().get(pk=dispute.pk), scene.handler, right_amount=Decimal(0))
    assert (decision.over, decision.credit, decision.status) == (["credit"], 7900, "proposed")


def test_nobody_approves_what_they_proposed_nor_what_they_have_a_part_in(scene):
    chief, other = staff("supervisor"), staff("supervisor")
    dispute = taken(scene, by=chief, reason="fraud")
    decision = propose(dispute, chief)
    facts = {"basis": deciding.basis_of(dispute), "at": now()}
    assert refused(deciding.approve, decision, by=chief, **facts) == "DUTY-4"
    handler = staff("complaint_handler")
    assert refused(deciding.approve, decision, by=handler, **facts) == "DUTY-ROLE"
    type(scene.account.cardholder).objects.update(user=other)
    decision = Decision.objects.get()
    assert refused(deciding.approve, decision, by=other, **facts) == "DUTY-1"
    assert Decision.objects.get().status == "proposed"


def test_what_is_sent_back_can_be_proposed_again(client, scene):
    dispute = taken(scene, reason="fraud")
    decision = propose(dispute, scene.handler)
    with pytest.raises(Stale):
        propose(dispute, scene.handler)  # one at a time
    url = reverse("disputes:approve", args=[dispute.number])
    chief = sign_in(client, staff("supervisor"))
    page = chief.get(reverse("disputes:staff_case", args=[dispute.number])).content.decode()
    assert "The letter, before it goes out" in page and "Why a second person" in page
    assert chief.post(url, {"approve-answer": "no"}).status_code == 422  # with a reason
    chief.post(url, {"approve-answer": "no", "approve-reason": "Say which payment."})
    decision.refresh_from_db()
    assert (decision.status, decision.return_reason) == ("returned", "Say which payment.")
    assert not Letter.objects.exists()
    assert propose(dispute, scene.handler).status == "proposed"


# == cannot happen


@pytest.mark.parametrize(
    "status", [s for s in Dispute.Status.values if s not in deciding.DECIDABLE]
)
def test_only_a_case_in_review_is_decided(scene, status):
    """Not even proposed: above the limits nothing moves yet that the state table could refuse."""
    dispute = taken(scene, reason="fraud")
    Dispute.objects.filter(pk=dispute.pk).update(status=status)
    with pytest.raises(IllegalMove):
        propose(dispute, scene.handler)
    assert not Decision.objects.exists()


def test_nobody_decides_what_they_have_not_taken_or_declared(scene):
    dispute = taken(scene)
    assert refused(propose, dispute, staff("complaint_handler")) == "DUTY-2"
    second = staff("complaint_handler")
    Dispute.objects.filter(pk=dispute.pk).update(taken_by=second)
    assert refused(propose, dispute, second) == "DUTY-DECLARE"


def test_a_handler_never_decides_their_own_contact(scene):
    from accounts.models import ContactAttempt

    dispute = taken(scene)
    type(scene.handler).objects.filter(pk=scene.handler.pk).update(collector_code="C7")
    ContactAttempt.objects.create(
        ref="K1", account=scene.account, at=now(), channel="call", by="C7", purpose="p", outcome="o"
    )
    scene.handler.refresh_from_db()
    assert refused(propose, dispute, scene.handler) == "DUTY-CONTACT"


@pytest.mark.parametrize("what", ["messages", "files", "lines", "deadline"])
def test_what_came_in_meanwhile_stops_the_decision_and_is_named(scene, what):
    dispute = taken(scene)
    basis = deciding.basis_of(dispute)
    handling.note(dispute, body="A note changes nothing.", by=scene.handler, at=now())
    assert deciding.basis_of(dispute) == basis
    if what == "messages":
        answer = Message(dispute=dispute, kind="message", sent_at=now(), sent_by=scene.holder)
        answer.save()
    elif what == "files":
        dispute.uploads.create(
            name="a.png", sha256="0" * 64, size=1, uploaded_at=now(), uploaded_by=scene.holder
        )
    elif what == "lines":
        record(scene.account, version=2, days_past_due=0)
    else:
        was = dispute.deadline
        later = Deadline.objects.create(
            dispute=dispute, round=1, step=1, rule="R", counted_from=was.counted_from, value=30,
            unit="calendar days", due_on=was.due_on, plan_on=was.plan_on, made_at=now(),
            reason="More time.", asked_by=scene.handler,
        )  # fmt: skip
        Dispute.objects.filter(pk=dispute.pk).update(deadline=later, due_on=later.due_on)
    with pytest.raises(Changed) as error:
        propose(dispute, scene.handler, basis=basis)
    assert error.value.what == [what]
    assert not Decision.objects.exists()


def test_a_withdrawn_case_is_not_approved(scene):
    dispute = taken(scene, reason="fraud")
    decision = propose(dispute, scene.handler)
    Dispute.objects.filter(pk=dispute.pk).update(status=Status.WITHDRAWN)
    with pytest.raises(IllegalMove):
        deciding.approve(
            decision, basis=deciding.basis_of(dispute), by=staff("supervisor"), at=now()
        )
    assert Decision.objects.get().status == "proposed"


def test_each_line_has_one_answer(scene):
    dispute = taken(scene)
    other = line(case(scene.account), "record", "elsewhere")
    mine = Said(dispute.lines.get(), "rejected")
    for rulings in ([], [mine, mine], [mine, Said(other, "rejected")]):
        assert refused(deciding.weigh, dispute, rulings) == "DECIDE-LINES"


def test_a_complaint_without_lines_needs_one_answer(scene):
    dispute = case(scene.account, matter="service", reason="")
    assert refused(deciding.weigh, dispute, []) == "DECIDE-OUTCOME"
    assert deciding.weigh(dispute, [], outcome="unconfirmed").outcome == "unconfirmed"


@pytest.mark.parametrize(
    ("matter", "outcome", "credit", "rule"),
    [("charge", "upheld", None, "DECIDE-RIGHT"), ("charge", "partly_upheld", 0, "DECIDE-RIGHT"),
     ("charge", "rejected", 5, "DECIDE-VALUES"), ("service", "upheld", 5, "DECIDE-VALUES")],
)  # fmt: skip
def test_only_a_charge_put_right_without_a_line_names_its_credit(
    scene, matter, outcome, credit, rule
):
    dispute = case(scene.account, matter=matter, reason="")
    assert refused(deciding.weigh, dispute, [], outcome=outcome, credit=credit) == rule


def test_a_second_review_ends_final(scene):
    dispute = case(scene.account, Status.SECOND_REVIEW, matter="service", reason="")
    handling.take(dispute, declared=True, by=scene.handler, at=now())
    decision = deciding.propose(
        dispute, [], reasons="Again.", cause="no_fault", outcome="rejected", by=scene.handler,
        basis=deciding.basis_of(dispute), at=now(),
    )  # fmt: skip
    dispute.refresh_from_db()
    assert (dispute.status, decision.round) == (Status.FINAL, 2)
    assert dispute.ended_at == decision.made_at
    assert Letter.objects.get().kind == "review_decision"
    assert Notice.objects.get().kind == "dispute.review_decided"


# == the pages


def data(dispute, **changes):
    pk = dispute.lines.get().pk
    return {
        f"outcome_{pk}": "upheld", f"amount_{pk}": "0", f"days_{pk}": "0", f"code_{pk}": "n",
        "own": "We found the payment.", "cause": "late_posting",
        "basis": deciding.basis_of(dispute),
    } | changes  # fmt: skip


def test_the_letter_is_shown_before_anything_is_kept(client, scene):
    dispute = taken(scene)
    url = reverse("disputes:decide", args=[dispute.number])
    desk = sign_in(client, scene.handler)
    assert desk.get(url).status_code == 200
    before = AuditEvent.objects.count()
    page = desk.post(url, data(dispute))
    text = page.content.decode()
    assert page.status_code == 200 and "The letter, before it goes out" in text
    assert "We found the payment." in text and "Test Person" in text
    assert not Decision.objects.exists() and not Ruling.objects.exists()
    assert not Letter.objects.exists() and AuditEvent.objects.count() == before
    desk.post(reverse("disputes:propose", args=[dispute.number]), data(dispute))
    assert Decision.objects.get().status == "made"
    assert Ruling.objects.get().right_code == "N"


def test_paragraphs_of_ours_stand_around_the_handlers_own(client, scene):
    from disputes import wording

    dispute = taken(scene, language="zh-hans")
    key = wording.choices("zh-hans")[0][0]
    desk = sign_in(client, scene.handler)
    desk.post(
        reverse("disputes:propose", args=[dispute.number]),
        data(dispute, paragraphs=[key, "closing"], own="补充"),
    )
    ours = wording.filled(key, "zh-hans", dispute, credit=Decimal(0))
    end = wording.filled("closing", "zh-hans", dispute, credit=Decimal(0))
    assert Decision.objects.get().reasons == f"{ours}\n\n补充\n\n{end}"


@pytest.mark.parametrize(
    "changes",
    [{"own": ""}, {"cause": ""}, {"cause": "x"}, {"own": "\u202e"}, {"outcome": "partly_upheld"},
     {"outcome": ""}, {"amount": "1e3"}, {"amount": "1000.01"}, {"days": "-1"}, {"days": "32"},
     {"code": "LONGER"}],
)  # fmt: skip
def test_the_form_says_what_is_missing_and_keeps_the_rest(client, scene, changes):
    dispute = taken(scene)
    pk = dispute.lines.get().pk
    named = {
        f"{name}_{pk}" if name in ("outcome", "amount", "days", "code") else name: value
        for name, value in changes.items()
    }
    desk = sign_in(client, scene.handler)
    for address in ("decide", "propose"):
        page = desk.post(
            reverse(f"disputes:{address}", args=[dispute.number]), data(dispute, **named)
        )
        assert page.status_code == 422
        assert "There is a problem" in page.content.decode()
    assert not Decision.objects.exists()


def test_the_page_says_what_changed_meanwhile(client, scene):
    dispute = taken(scene)
    sent = data(dispute)
    record(scene.account, version=2, days_past_due=20)
    desk = sign_in(client, scene.handler)
    page = desk.post(reverse("disputes:propose", args=[dispute.number]), sent, follow=True)
    assert "a contested line reads otherwise now" in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_deciding_at_once_leave_one_answer(scene):
    dispute = taken(scene)
    basis = deciding.basis_of(dispute)

    def decide(i):
        mine = queries.cases().get(pk=dispute.pk)
        try:
            return propose(mine, scene.handler, ("upheld", "rejected")[i], basis=basis).outcome
        except (Stale, IllegalMove) as lost:
            return type(lost).__name__

    answers = in_parallel(2, decide)
    dispute.refresh_from_db()
    assert sorted(answers) in (["IllegalMove", dispute.status], ["Stale", dispute.status])
    assert Decision.objects.filter(status="made").count() == Letter.objects.count() == 1
