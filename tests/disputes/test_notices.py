"""Mails about a case: each kind has words in the reader's language, and none names a sum."""

import re

import pytest
from django.utils.timezone import now

from accounts.models import Cardholder, User
from disputes import notices
from portal.records.models import Notice
from tests.disputes.scene import Scene, case

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_mail_leads_to_the_case_and_names_no_sum(settings, language):
    scene = Scene.made()
    User.objects.filter(pk=scene.holder.pk).update(language=language)
    dispute = case(scene.account)
    dispute.account.cardholder.user.refresh_from_db()
    for kind in notices.NOTICES:
        notices.tell(dispute, kind, at=now())
    sent = Notice.objects.all()
    assert {each.kind for each in sent} == set(notices.NOTICES)
    for each in sent:
        assert each.language == language
        assert dispute.number in each.subject
        assert f"{settings.SITE_URL}/disputes/{dispute.number}/" in each.body
        told = f"{each.subject} {each.body}".replace(dispute.number, "")
        assert not re.search(r"[¥$£]|\bow|debt|overdue|欠|逾期|元", told.replace("owner", "")), told


def test_who_has_no_sign_in_gets_no_mail():
    dispute = case(Scene.made().account)
    Cardholder.objects.update(user=None)
    dispute.refresh_from_db()
    notices.tell(dispute, "dispute.decided", at=now())
    assert not Notice.objects.exists()


def test_an_unknown_kind_is_a_fault_of_ours():
    with pytest.raises(KeyError):
        notices.tell(case(Scene.made().account), "dispute.unheard_of", at=now())
