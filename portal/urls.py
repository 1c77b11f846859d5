"""Every address of the site, in one place."""

from django.conf import settings
from django.urls import include, path

from portal import views

urlpatterns = [
    path("", views.home, name="home"),
    path("help/", views.help_page, name="help"),
    path("staff/", views.staff_home, name="staff_home"),
    path("theme/", views.theme, name="theme"),
    path("stay/", views.stay, name="stay"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("account/", include("portal.account_urls")),
    path("", include("accounts.urls")),
    path("", include("plans.urls")),
    path("", include("disputes.urls")),
    path("verify/", include("portal.verify")),
    path("i18n/", include("django.conf.urls.i18n")),
]
if settings.DEMO:  # the route does not exist otherwise
    urlpatterns.append(path("demo/", include("portal.demo.urls")))
