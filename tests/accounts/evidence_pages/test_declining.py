"""A rule's honest no: answered for good in the reader's language, with a way on, not held back."""

import re

import pytest
from django.urls import reverse
from django.utils.timezone import now

from accounts.evidence import facts, prepare, queries
from accounts.models import CardAccount, EvidenceRequest, Statement
from portal.kit.errors import Refused
from portal.records.audit import breaks
from portal.records.models import AuditEvent, Document, Notice
from tests.accounts.books import post
from tests.people import sign_in

ROWS = EvidenceRequest.objects
NO_PERIOD = {"from_on": None, "until_on": None}
RULES = ["EV-2", "EV-3", "EV-4", "EV-5", "EV-SIZE"]


def prepared(asked):
    prepare.prepare(asked.pk, at=now())
    asked.refresh_from_db()
    return asked


def state(client, asked):
    page = client.get(reverse("accounts:evidence_request", args=[asked.number])).content.decode()
    part = page.partition('id="state"')[2].partition("<dl")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", part))


def owed_again(scene):
    """Settled when the certificate is asked for, and not any more when it is prepared."""
    Statement.objects.all().delete()
    post(scene.account, "9", "2026-11-10", "repayment", -8100)
    asked = scene.asked(kind="settlement", **NO_PERIOD)
    post(scene.account, "10", "2026-11-11", "purchase", 5)
    return asked


def test_an_account_that_is_owed_on_again_is_declined_and_the_trail_has_the_rule_only(scene):
    asked = prepared(owed_again(scene))
    assert (asked.status, asked.problem, asked.next_try_at) == ("declined", "EV-2", None)
    assert asked.stage == "" and not Document.objects.exists()
    event = AuditEvent.objects.get(verb="accounts.evidencerequest.declined")
    assert event.data == {"was": "preparing", "rule": "EV-2"}
    assert not queries.held_back() and list(breaks()) == []


def test_an_account_that_the_bank_lists_no_more_is_declined(scene):
    asked = scene.asked(kind="holder", **NO_PERIOD)
    CardAccount.objects.update(closed_by_feed=True)
    assert (prepared(asked).status, asked.problem) == ("declined", "EV-5")


def test_books_that_begin_later_than_they_did_are_declined(scene):
    asked = scene.asked()
    scene.account.statements.all().delete()
    scene.account.postings.all().delete()
    CardAccount.objects.update(opened_on="2026-10-01")
    assert (prepared(asked).status, asked.problem) == ("declined", "EV-4")


@pytest.mark.parametrize("rule", RULES)
def test_the_worker_declines_by_each_rule_that_has_an_answer(scene, monkeypatch, rule):
    asked = scene.asked()

    def no(*args, **kwargs):
        raise Refused(rule, "no")

    monkeypatch.setattr(facts, "gather", no)
    assert (prepared(asked).status, asked.problem) == ("declined", rule)


def test_the_cardholder_reads_why_and_what_to_do_and_nothing_frightening(client, scene):
    asked = prepared(owed_again(scene))
    said = state(sign_in(client, scene.holder), asked).replace(asked.number, "")
    assert "not settled yet" in said and "ask again" in said and "400-000-0000" in said
    assert "did not come out" not in said and "as soon as the document is ready" not in said
    assert "EV-2" not in said


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_says_its_own_and_a_way_on_to_the_cardholder_and_to_the_staff(
    client, scene, rule
):
    asked = scene.declined(rule)
    said = state(sign_in(client, scene.holder), asked)
    assert str(queries.ANSWERS[rule]) in said.replace("&#x27;", "'")
    assert re.search(r"[Pp]lease (ask again|call)|ask again", said)
    client = sign_in(client, scene.agent)
    page = client.get(reverse("accounts:staff_evidence_request", args=[asked.number]))
    told = page.content.decode().replace("&#x27;", "'")
    assert str(queries.MEANINGS[rule]) in told and rule in told
    assert reverse("accounts:retry_evidence", args=[asked.number]) not in told
    assert "A rule said no" in told


def test_the_mail_says_where_the_answer_is_and_not_what_it_is(scene):
    asked = prepared(owed_again(scene))
    notice = Notice.objects.get()
    assert (notice.kind, notice.recipient) == ("evidence.declined", scene.holder.email)
    assert asked.number in notice.subject and asked.number in notice.body
    # A number is drawn by chance and may itself begin with "EV-2".
    said = f"{notice.subject} {notice.body}".replace(asked.number, "").lower()
    words = ("¥", "overdue", "debt", "owe", "settle", "5.00", "ev-2", "%(")
    assert not [word for word in words if word in said]


def test_a_declined_request_cannot_be_tried_again(client, scene):
    asked = scene.declined()
    client = sign_in(client, scene.agent)
    page = client.post(reverse("accounts:retry_evidence", args=[asked.number]), follow=True)
    assert "A colleague was first" in page.content.decode()
    assert ROWS.get().status == "declined"


def test_after_a_no_the_same_may_be_asked_for_anew(scene):
    assert scene.declined().pk != scene.asked().pk


@pytest.mark.parametrize("role", ["holder", "agent"])
def test_the_lists_call_it_what_it_is(client, scene, role):
    scene.declined()
    page = {"holder": "accounts:evidence", "agent": "accounts:staff_evidence"}[role]
    listed = sign_in(client, getattr(scene, role)).get(reverse(page)).content.decode()
    assert "Not possible as asked for" in listed and "Held back" not in listed
