from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "portal.records"
    label = "records"

    def ready(self) -> None:
        from portal.records import checks  # noqa: F401  (registers them)
