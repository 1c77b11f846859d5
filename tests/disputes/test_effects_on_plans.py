"""A plan divides what is overdue and not in dispute, and an offer notices a dispute."""

from decimal import Decimal as D

import pytest
from django.utils.timezone import now
from django.utils.translation import override

from accounts import queries as ledger
from accounts.actions import lift_hold, place_hold
from accounts.models import CardAccount, Hold
from plans import actions, rules
from plans.agreement import Terms
from plans.models import Offer
from plans.signing import check_acceptable
from portal.kit.errors import Refused, Stale
from tests.people import sign_in
from tests.plans.scene import CENT, FINDINGS, behind

pytestmark = pytest.mark.django_db


def contest(account, amount=D(400), **facts):
    kept = {"reason": "dispute", "source": "disputes.dispute:1:1", "amount": amount} | facts
    place_hold(account, by=None, at=now(), **kept)
    account.refresh_from_db()


def made(scene, request, total):
    choice = rules.Choice(rules.each_for(total, 3, unit=CENT), 3, scene.first_on)
    version = CardAccount.objects.get(pk=scene.account.pk).version
    return actions.make_offer(request, choice, findings=FINDINGS, explanation="",
                              basis_version=version, by=scene.agent, at=now())  # fmt: skip


def test_a_plan_leaves_the_disputed_part_out_and_says_so():
    scene = behind()
    contest(scene.account)
    draft = actions.draft(
        scene.account, rules.Choice(D(200), 3, scene.first_on), reason="", by=scene.holder, at=now()
    )
    assert draft.total == 600
    actions.submit(draft, by=scene.holder, at=now())
    actions.take(draft, by=scene.agent, at=now())
    offer = made(scene, draft, D(600))
    terms = Terms.unsealed(offer.number, offer.sealed_terms)
    assert (offer.total, terms.disputed) == (600, 400)
    from plans.agreement import clauses

    with override("en"):
        said = " ".join(t for clause in clauses(terms) for t in clause.paragraphs.values())
    assert "¥400.00" in said and "is not part of this agreement" in said


def test_a_draft_notices_a_dispute():
    scene = behind()
    draft = scene.draft()
    contest(scene.account)
    with pytest.raises(Refused) as no:
        actions.submit(draft, by=scene.holder, at=now())
    assert no.value.rule == "PLAN-BASIS"


def test_an_agent_who_saw_older_figures_decides_again():
    scene = behind()
    request, seen = scene.taken(), scene.account.version
    contest(scene.account)
    with pytest.raises(Stale):
        actions.make_offer(request, request.choice, findings=FINDINGS, explanation="",
                           basis_version=seen, by=scene.agent, at=now())  # fmt: skip


def test_an_open_offer_above_the_undisputed_sum_is_not_signed():
    scene = behind()
    offer = scene.preparing()
    Offer.objects.filter(pk=offer.pk).update(status=Offer.Status.OPEN)
    offer.refresh_from_db()
    check_acceptable(offer, at=now())
    contest(scene.account)
    with pytest.raises(Stale):
        check_acceptable(offer, at=now())
    lift_hold("disputes.dispute:1:1", by=None, at=now())
    check_acceptable(offer, at=now())  # withdrawn: the offer is good again


def test_where_all_is_disputed_there_is_nothing_to_divide():
    scene = behind()
    contest(scene.account, D(5000))
    with pytest.raises(Refused) as no:
        actions.check_askable(scene.account)
    assert no.value.rule == "PLAN-DISPUTE"


def test_a_plan_and_a_dispute_are_a_union():
    scene = behind()
    contest(scene.account)
    contest(scene.account, None, reason="plan", source="plans.agreement:1")
    standing = ledger.standings([scene.account])[0]
    assert standing.position.held == standing.position.balance and standing.on_plan


def test_a_pause_of_contact_changes_no_figure():
    scene = behind()
    before = ledger.position(scene.account)
    contest(scene.account, None, contact_only=True)
    assert ledger.position(scene.account) == before
    assert ledger.plannable(scene.account).overdue == before.overdue
    assert Hold.objects.get().contact_only


@pytest.mark.parametrize("page", ["account", "pay", "ask"])
def test_the_pages_show_the_disputed_part_apart(client, page):
    scene = behind()
    contest(scene.account)
    ref = scene.account.ref
    path = {"account": f"/arrears/{ref}/", "pay": f"/arrears/{ref}/pay/",
            "ask": f"/plans/request/{ref}/"}[page]  # fmt: skip
    text = sign_in(client, scene.holder).get(path).content.decode()
    assert "¥400.00" in text and "in dispute" in text and "need not pay" in text


def test_who_worked_on_an_account_is_known():
    scene = behind()
    assert ledger.acted_on(scene.account) == set()
    scene.preparing()
    assert ledger.acted_on(scene.account) == {scene.agent.pk}


def test_who_made_contact_is_known_by_the_code_of_the_feed():
    from accounts.models import ContactAttempt
    from tests.people import staff

    scene, caller = behind(), staff("agent")
    type(caller).objects.filter(pk=caller.pk).update(collector_code="C7")
    ContactAttempt.objects.create(ref="K1", account=scene.account, at=now(), channel="call",
                                  by="C7", purpose="p", outcome="o")  # fmt: skip
    assert ledger.acted_on(scene.account) == {caller.pk}
