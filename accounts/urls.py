"""Activation, and what one owes."""

from django.urls import path

from accounts.views import arrears, people

app_name = "accounts"
urlpatterns = [
    path("arrears/", arrears.arrears, name="arrears"),
    path("arrears/<str:ref>/", arrears.account, name="account"),
    path("arrears/<str:ref>/pay/", arrears.pay, name="pay"),
    path("staff/accounts/<str:ref>/", arrears.staff_account, name="staff_account"),
    path("activate/", people.activate, name="activate"),
    path("activate/address/", people.activate_address, name="activate_address"),
    path("activate/code/", people.activate_code, name="activate_code"),
    path("activate/done/", people.activated, name="activated"),
]
