"""Addresses of the plans room, cardholder's and staff's."""

from django.urls import path

from plans import payment_views, staff_views, views

app_name = "plans"
urlpatterns = [
    path("plans/", views.index, name="index"),
    path("plans/request/<str:ref>/", views.ask, name="request"),
    path("plans/request/<str:ref>/preview/", views.preview, name="preview"),
    path("plans/requests/<str:number>/", views.request_page, name="request_page"),
    path("plans/requests/<str:number>/submit/", views.submit, name="submit"),
    path("plans/requests/<str:number>/withdraw/", views.withdraw, name="withdraw"),
    path("plans/offers/<str:number>/", views.offer_page, name="offer"),
    path("plans/offers/<str:number>/draft.<str:language>.pdf", views.draft_pdf, name="draft"),
    path("plans/offers/<str:number>/code/", views.send_code, name="send_code"),
    path("plans/offers/<str:number>/sign/", views.sign, name="sign"),
    path("plans/offers/<str:number>/decline/", views.decline, name="decline"),
    path("plans/agreements/<str:number>/", views.agreement_page, name="agreement"),
    path("plans/agreements/<str:number>/agreement.pdf", views.agreement_pdf, name="agreement_pdf"),
    path("plans/agreements/<str:number>/proof.zip", views.proof_pack, name="proof"),
    path("plans/agreements/<str:number>/payments.ics", views.calendar, name="calendar"),
    path(
        "plans/agreements/<str:number>/payments/<int:position>/",
        payment_views.payment,
        name="payment",
    ),
    path("staff/plans/", staff_views.queue, name="queue"),
    path("staff/plans/<str:number>/", staff_views.request_page, name="staff_request"),
    path("staff/plans/<str:number>/take/", staff_views.take, name="take"),
    path("staff/plans/<str:number>/offer/", staff_views.offer, name="make_offer"),
    path("staff/plans/<str:number>/refuse/", staff_views.refuse, name="refuse"),
    path(
        "staff/plans/<str:number>/withdraw-offer/",
        staff_views.withdraw_offer,
        name="withdraw_offer",
    ),
]
