"""Activation, and what one owes."""

from django.urls import path

from accounts.views import people

app_name = "accounts"
urlpatterns = [
    path("activate/", people.activate, name="activate"),
    path("activate/address/", people.activate_address, name="activate_address"),
    path("activate/code/", people.activate_code, name="activate_code"),
    path("activate/done/", people.activated, name="activated"),
]
