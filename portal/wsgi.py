"""WSGI entry for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

from portal.kit.middleware import only_utf_8

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = only_utf_8(get_wsgi_application())
