"""The demonstration: fictitious people in every state, and a page that shows their codes.

Only with DEMO=1; `check --deploy` refuses it, and the route does not exist otherwise.
"""
