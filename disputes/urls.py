"""Addresses of the disputes room, cardholder's and staff's."""

from django.urls import path

from disputes.views import (
    case,
    files,
    filing,
    insight,
    staff,
    staff_acts,
    staff_decisions,
    staff_intake,
    staff_inward,
    wording,
)

app_name = "disputes"
urlpatterns = [
    path("disputes/", case.index, name="index"),
    # a new case: a draft, saved at each step
    path("disputes/new/", filing.start, name="new"),
    path("disputes/new/<str:ref>/", filing.begin, name="begin"),
    path("disputes/drafts/<str:number>/check/", filing.check, name="check"),
    path("disputes/drafts/<str:number>/send/", filing.send, name="send"),
    path("disputes/drafts/<str:number>/discard/", filing.discard, name="discard"),
    path("disputes/drafts/<str:number>/<slug:step>/", filing.step, name="step"),
    # a person's own words beside a record
    path(
        "disputes/records/<str:ref>/<str:period>/statement/",
        case.personal_statement,
        name="personal_statement",
    ),
    # a case that was sent
    path("disputes/<str:number>/", case.case, name="case"),
    path("disputes/<str:number>/answer/", case.answer, name="answer"),
    path("disputes/<str:number>/withdraw/", case.withdraw, name="withdraw"),
    path("disputes/<str:number>/review/", case.review, name="review"),
    path("disputes/<str:number>/letters/<str:letter>.pdf", case.letter_pdf, name="letter"),
    path("disputes/<str:number>/letters/<str:letter>/proof.zip", case.proof_pack, name="proof"),
    path("disputes/<str:number>/files/", files.index, name="files"),
    path("disputes/<str:number>/files/<uuid:ref>/", files.download_copy, name="file"),
    path("disputes/<str:number>/files/<uuid:ref>/remove/", files.remove, name="remove_file"),
    # staff
    path("staff/disputes/", staff.queue, name="queue"),
    path("staff/disputes/new/<str:ref>/", staff_intake.intake, name="intake"),
    path("staff/disputes/assign/", staff_acts.assign_many, name="assign_many"),
    path("staff/disputes/wording/", wording.index, name="wording"),
    path("staff/disputes/wording/<slug:key>/<str:language>/", wording.edit, name="edit_wording"),
    path(
        "staff/disputes/wording/<slug:key>/<str:language>/approve/",
        wording.approve,
        name="approve_wording",
    ),
    path("staff/disputes/<str:number>/", staff.case, name="staff_case"),
    path("staff/disputes/<str:number>/take/", staff_acts.take, name="take"),
    path("staff/disputes/<str:number>/assign/", staff_acts.assign, name="assign"),
    path("staff/disputes/<str:number>/ask/", staff_acts.ask, name="ask"),
    path("staff/disputes/<str:number>/resume/", staff_acts.resume, name="resume"),
    path("staff/disputes/<str:number>/message/", staff_acts.message, name="message"),
    path("staff/disputes/<str:number>/note/", staff_acts.note, name="note"),
    path("staff/disputes/<str:number>/inward/", staff_inward.inward, name="inward"),
    path("staff/disputes/<str:number>/files/", staff_inward.papers, name="papers"),
    path("staff/disputes/<str:number>/extend/", staff_acts.extend, name="extend"),
    path(
        "staff/disputes/<str:number>/extend/<int:pk>/",
        staff_acts.answer_extension,
        name="answer_extension",
    ),
    path("staff/disputes/<str:number>/clock/", staff_acts.clock, name="clock"),
    path("staff/disputes/<str:number>/decide/", staff_decisions.decide, name="decide"),
    path("staff/disputes/<str:number>/propose/", staff_decisions.propose, name="propose"),
    path("staff/disputes/<str:number>/approve/", staff_decisions.approve, name="approve"),
    path(
        "staff/disputes/<str:number>/corrections/<uuid:ref>/",
        staff_decisions.settle,
        name="settle",
    ),
    path(
        "staff/disputes/<str:number>/letters/<str:letter>.pdf",
        staff.letter_pdf,
        name="staff_letter",
    ),
    path(
        "staff/disputes/<str:number>/letters/<str:letter>/retry/",
        staff_acts.retry_letter,
        name="retry_letter",
    ),
    path("staff/disputes/<str:number>/files/<uuid:ref>/", files.staff_file, name="staff_file"),
    path(
        "staff/disputes/<str:number>/files/<uuid:ref>/<int:page>.png",
        files.staff_page,
        name="staff_page",
    ),
    path(
        "staff/disputes/<str:number>/files/<uuid:ref>/release/",
        files.release,
        name="release_file",
    ),
    path("staff/reports/", insight.reports, name="reports"),
    path("staff/reports/disputes/", insight.disputes, name="insight"),
    path("staff/reports/disputes/count/", insight.count, name="insight_count"),
    path("staff/reports/disputes.csv", insight.export, name="insight_export"),
]
