"""Every address of the site, in one place."""

from django.urls import include, path

from portal import views

urlpatterns = [
    path("", views.home, name="home"),
    path("account/", include("portal.account_urls")),
    path("", include("accounts.urls")),
    path("", include("plans.urls")),
    path("verify/", include("portal.verify")),
    path("i18n/", include("django.conf.urls.i18n")),
]
