"""Activation, what one owes, and certified documents about it."""

from django.urls import path

from accounts.views import (
    arrears,
    contacts,
    evidence,
    explained,
    feeds,
    months,
    people,
    retention,
    staff_evidence,
)

app_name = "accounts"
urlpatterns = [
    path("arrears/", arrears.arrears, name="arrears"),
    path("arrears/<str:ref>/", arrears.account, name="account"),
    path("arrears/<str:ref>/pay/", arrears.pay, name="pay"),
    path("arrears/<str:ref>/sums/", explained.sums, name="sums"),
    path("arrears/<str:ref>/movements/<path:posting>/", explained.posting, name="posting"),
    path("arrears/<str:ref>/months/", months.months, name="months"),
    path("contacts/", contacts.contacts, name="contacts"),
    path("contacts/choices/", contacts.choices, name="contact_choices"),
    path("staff/feeds/", feeds.index, name="feeds"),
    path("staff/feeds/<int:pk>/", feeds.run, name="feed"),
    path("staff/feeds/<int:pk>/rejects.csv", feeds.rejects, name="feed_rejects"),
    path("staff/accounts/<str:ref>/sums/", explained.staff_sums, name="staff_sums"),
    path(
        "staff/accounts/<str:ref>/movements/<path:posting>/",
        explained.staff_posting,
        name="staff_posting",
    ),
    path("staff/accounts/<str:ref>/months/", months.staff_months, name="staff_months"),
    path("staff/accounts/<str:ref>/contacts/", contacts.staff_contacts, name="staff_contacts"),
    path("staff/accounts/<str:ref>/", arrears.staff_account, name="staff_account"),
    path("evidence/", evidence.index, name="evidence"),
    path("evidence/new/", evidence.new, name="evidence_new"),
    path("evidence/new/<str:ref>/", evidence.ask, name="evidence_ask"),
    path("evidence/<str:number>/", evidence.request_page, name="evidence_request"),
    path("evidence/<str:number>/lines/", evidence.lines, name="evidence_lines"),
    path("evidence/<str:number>/lines/<str:line>/", evidence.line, name="evidence_line"),
    path("evidence/<str:number>/<str:language>.pdf", evidence.pdf, name="evidence_pdf"),
    path(
        "evidence/<str:number>/<str:language>/proof.zip",
        evidence.proof_pack,
        name="evidence_proof",
    ),
    path("staff/evidence/", staff_evidence.index, name="staff_evidence"),
    path(
        "staff/evidence/<str:number>/", staff_evidence.request_page, name="staff_evidence_request"
    ),
    path("staff/evidence/<str:number>/retry/", staff_evidence.retry, name="retry_evidence"),
    path("staff/retention/", retention.index, name="retention"),
    path("staff/retention/count/", retention.count, name="count_due"),
    path("staff/retention/propose/", retention.propose, name="propose_purge"),
    path("staff/retention/holds/", retention.place_hold, name="place_hold"),
    path("staff/retention/holds/<int:pk>/lift/", retention.lift_hold, name="lift_hold"),
    path("staff/retention/<str:number>/", retention.purge, name="purge"),
    path("staff/retention/<str:number>/list/", retention.purge_list, name="purge_list"),
    path("staff/retention/<str:number>/confirm/", retention.confirm, name="confirm_purge"),
    path("staff/retention/<str:number>/withdraw/", retention.withdraw, name="withdraw_purge"),
    path("activate/", people.activate, name="activate"),
    path("activate/address/", people.activate_address, name="activate_address"),
    path("activate/code/", people.activate_code, name="activate_code"),
    path("activate/done/", people.activated, name="activated"),
]
