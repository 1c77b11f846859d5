"""The agreement's file: its fingerprints, what the log says, and when it cannot be served."""

import logging
import re

import pytest
from django.core.files.storage import storages
from django.urls import reverse

from plans.models import Agreement
from portal.records import documents
from portal.records.models import AuditEvent
from tests.people import sign_in
from tests.plans.scene import behind
from tests.records import later_stamps

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawn_once")]


@pytest.fixture
def scene():
    return behind()


@pytest.fixture
def agreement(scene):
    return scene.sign(scene.offered())


@pytest.fixture
def me(client, scene):
    return sign_in(client, scene.holder)


def test_page_and_log_name_the_bytes_that_one_gets(me, agreement: Agreement):
    sealed = agreement.document.sha256
    later_stamps.enter(agreement.document, later_stamps.stamp(documents.fetch(sealed)))
    args = [agreement.number]
    page = re.sub(r"\s+", " ", me.get(reverse("plans:agreement", args=args)).content.decode())
    for name in ("plans:agreement_pdf", "plans:proof"):
        data = b"".join(me.get(reverse(name, args=args)).streaming_content)
        event = AuditEvent.objects.filter(verb="plans.agreement.downloaded").latest("pk")
        assert event.data["sha256"] == documents.digest(data)
        if name == "plans:agreement_pdf":
            assert documents.digest(data) in page
    assert sealed in page and f"first {agreement.document.size} bytes" in page


def test_a_lost_file_is_a_kind_page_and_not_logged_as_sent(me, agreement: Agreement, caplog):
    caplog.set_level(logging.ERROR, "accounts.stored")
    storages["documents"].delete(documents.name_of(agreement.document.sha256))
    for name in ("plans:agreement_pdf", "plans:proof"):
        answer = me.get(reverse(name, args=[agreement.number]))
        assert answer.status_code == 503
        assert agreement.number in answer.content.decode()
    assert agreement.document.sha256 in caplog.text
    assert not AuditEvent.objects.filter(verb="plans.agreement.downloaded").exists()


def test_a_lost_draft_is_a_kind_page_too(me, scene):
    offer = scene.offered()
    draft = offer.drafts.get(language="en")
    storages["documents"].delete(documents.name_of(draft.sha256))
    answer = me.get(reverse("plans:draft", args=[offer.number, "en"]))
    assert answer.status_code == 503
