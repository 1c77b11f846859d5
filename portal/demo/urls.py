"""Mounted under /demo/ only when settings.DEMO is on."""

from django.urls import path

from portal.demo import views

app_name = "demo"
urlpatterns = [path("", views.index, name="index")]
