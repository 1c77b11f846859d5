"""What people write about a plan lies in no column in clear, and reads back where it is shown."""

from django.apps import apps
from django.utils.timezone import now

from plans import actions, rules
from plans.models import Offer, PlanQuestion, PlanRequest
from portal.records.models import AuditEvent
from tests.plans.scene import FINDINGS

WORDS = ("My shop closed.", "Why in May?", "I fell ill.", "Less at first.", "Too much.", "Not now.")


def test_free_words_are_in_no_column_in_clear_and_read_back(scene):
    asked, text, answer, explanation, ending, refusal = WORDS
    holder, agent = scene.holder, scene.agent
    choice = rules.Choice(scene.draft().each, 3, scene.first_on)

    def taken():
        request = actions.draft(scene.account, choice, reason=asked, by=holder, at=now())
        actions.submit(request, by=holder, at=now())
        actions.take(request, by=agent, at=now())
        return request

    request = taken()
    question = actions.ask_cardholder(request, text=text, by=agent, at=now())
    actions.answer_question(question, answer, by=holder, at=now())
    offer = actions.make_offer(
        request, choice, findings=FINDINGS, explanation=explanation,
        basis_version=scene.account.version, by=agent, at=now(),
    )  # fmt: skip
    actions.withdraw_offer(offer, reason=ending, by=agent, at=now())
    refused = taken()
    actions.refuse(refused, reason=refusal, by=agent, at=now())

    models = [*apps.get_app_config("plans").get_models(), AuditEvent]
    rows = {model.__name__: str(list(model.objects.values())) for model in models}
    assert [(name, word) for name, row in rows.items() for word in WORDS if word in row] == []
    question, offer = PlanQuestion.objects.get(), Offer.objects.get()
    refused = PlanRequest.objects.get(pk=refused.pk)
    read = (
        offer.request.reason, question.text, question.answer, offer.explanation, offer.ending,
        refused.refusal,
    )  # fmt: skip
    assert read == WORDS
