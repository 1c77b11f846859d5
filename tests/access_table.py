"""Who gets what at every address: read by test_access.py, which fails for an address without rows.

Cells: ok (200) · in (to the sign-in page) · 2nd (to the second factor) · to (another redirect) ·
no (403) · gone (404) · bad (400) · 405 · 409 · 410 · 429. One row for GET and one for POST.
POSTs are sent empty, with a valid CSRF token taken as given: what is asked is who may, not what.

owner is the cardholder whose objects stand in the address, other another cardholder; staff have
a second factor. For the addresses of staff pages about the owner, every cardholder gets a 403.
"""

# Parts of addresses that are the same for everybody; the owner's are OWNED in test_access.py.
VALUES: dict[str, str] = {"key": "unknown", "uidb36": "1", "pk": "999999", "code": "NOSUCHCODE"}

COLUMNS = ("stranger", "other", "owner", "agent", "handler", "supervisor", "auditor")

#    address                           method stranger other owner agent handler superv. auditor
TABLE = """
account_confirm_login_code           GET   in    to    to    to    to    to    to
account_confirm_login_code           POST  in    to    to    to    to    to    to
account_email                        GET   in    ok    ok    ok    ok    ok    ok
account_email                        POST  in    to    to    to    to    to    to
account_email_verification_sent      GET   in    to    to    to    to    to    to
account_email_verification_sent      POST  in    to    to    to    to    to    to
account_inactive                     GET   ok    ok    ok    ok    ok    ok    ok
account_inactive                     POST  405   405   405   405   405   405   405
account_login                        GET   in    in    in    in    in    in    in
account_login                        POST  in    in    in    in    in    in    in
account_logout                       GET   to    ok    ok    ok    ok    ok    ok
account_logout                       POST  to    to    to    to    to    to    to
account_reauthenticate               GET   in    ok    ok    2nd   2nd   2nd   2nd
account_reauthenticate               POST  in    ok    ok    2nd   2nd   2nd   2nd
account_request_login_code           GET   ok    to    to    to    to    to    to
account_request_login_code           POST  ok    to    to    to    to    to    to
accounts:account                     GET   in    gone  ok    no    no    no    no
accounts:account                     POST  405   405   405   405   405   405   405
accounts:activate                    GET   ok    to    to    to    to    to    to
accounts:activate                    POST  422   to    to    to    to    to    to
accounts:activate_address            GET   to    to    to    to    to    to    to
accounts:activate_address            POST  to    to    to    to    to    to    to
accounts:activate_code               GET   to    to    to    to    to    to    to
accounts:activate_code               POST  to    to    to    to    to    to    to
accounts:activated                   GET   in    ok    ok    no    no    no    no
accounts:activated                   POST  405   405   405   405   405   405   405
accounts:arrears                     GET   in    ok    ok    no    no    no    no
accounts:arrears                     POST  405   405   405   405   405   405   405
accounts:evidence                    GET   in    ok    ok    no    no    no    no
accounts:evidence                    POST  in    405   405   no    no    no    no
accounts:evidence_ask                GET   in    gone  ok    no    no    no    no
accounts:evidence_ask                POST  in    gone  422   no    no    no    no
accounts:evidence_line               GET   in    gone  ok    no    no    no    no
accounts:evidence_line               POST  in    405   405   no    no    no    no
accounts:evidence_lines              GET   in    gone  ok    no    no    no    no
accounts:evidence_lines              POST  in    405   405   no    no    no    no
accounts:evidence_new                GET   in    ok    ok    no    no    no    no
accounts:evidence_new                POST  in    405   405   no    no    no    no
accounts:evidence_pdf                GET   in    gone  ok    no    no    no    no
accounts:evidence_pdf                POST  in    405   405   no    no    no    no
accounts:evidence_proof              GET   in    gone  ok    no    no    no    no
accounts:evidence_proof              POST  in    405   405   no    no    no    no
accounts:evidence_request            GET   in    gone  ok    no    no    no    no
accounts:evidence_request            POST  in    405   405   no    no    no    no
accounts:pay                         GET   in    gone  ok    no    no    no    no
accounts:pay                         POST  405   405   405   405   405   405   405
accounts:retry_evidence              GET   in    no    no    405   no    405   no
accounts:retry_evidence              POST  in    no    no    to    no    to    no
accounts:staff_account               GET   in    no    no    ok    ok    ok    ok
accounts:staff_account               POST  405   405   405   405   405   405   405
accounts:staff_evidence              GET   in    no    no    ok    ok    ok    ok
accounts:staff_evidence              POST  in    no    no    405   405   405   405
accounts:staff_evidence_request      GET   in    no    no    ok    ok    ok    ok
accounts:staff_evidence_request      POST  in    no    no    405   405   405   405
disputes:answer                      GET   in    405   405   no    no    no    no
disputes:answer                      POST  in    gone  422   no    no    no    no
disputes:answer_extension            GET   in    no    no    no    no    405   no
disputes:answer_extension            POST  in    no    no    no    no    gone  no
disputes:approve                     GET   in    no    no    no    no    405   no
disputes:approve                     POST  in    no    no    no    no    to    no
disputes:approve_wording             GET   in    no    no    no    no    405   no
disputes:approve_wording             POST  in    no    no    no    no    gone  no
disputes:ask                         GET   in    no    no    no    ok    ok    no
disputes:ask                         POST  in    no    no    no    422   422   no
disputes:assign                      GET   in    no    no    no    no    405   no
disputes:assign                      POST  in    no    no    no    no    422   no
disputes:assign_many                 GET   in    no    no    no    no    405   no
disputes:assign_many                 POST  in    no    no    no    no    to    no
disputes:begin                       GET   in    gone  ok    no    no    no    no
disputes:begin                       POST  in    gone  to    no    no    no    no
disputes:case                        GET   in    gone  ok    no    no    no    no
disputes:case                        POST  in    405   405   no    no    no    no
disputes:check                       GET   in    gone  ok    no    no    no    no
disputes:check                       POST  405   405   405   405   405   405   405
disputes:clock                       GET   in    no    no    no    405   405   no
disputes:clock                       POST  in    no    no    no    422   422   no
disputes:decide                      GET   in    no    no    no    ok    ok    no
disputes:decide                      POST  in    no    no    no    422   422   no
disputes:discard                     GET   in    gone  ok    no    no    no    no
disputes:discard                     POST  in    gone  to    no    no    no    no
disputes:edit_wording                GET   in    no    no    no    ok    ok    ok
disputes:edit_wording                POST  in    no    no    no    422   422   no
disputes:extend                      GET   in    no    no    no    ok    ok    no
disputes:extend                      POST  in    no    no    no    422   422   no
disputes:file                        GET   in    gone  ok    no    no    no    no
disputes:file                        POST  in    405   405   no    no    no    no
disputes:files                       GET   in    gone  ok    no    no    no    no
disputes:files                       POST  in    gone  422   no    no    no    no
disputes:index                       GET   in    ok    ok    no    no    no    no
disputes:index                       POST  in    405   405   no    no    no    no
disputes:insight                     GET   in    no    no    no    ok    ok    ok
disputes:insight                     POST  in    no    no    no    405   405   405
disputes:insight_export              GET   in    no    no    no    ok    ok    ok
disputes:insight_export              POST  in    no    no    no    405   405   405
disputes:intake                      GET   in    no    no    no    ok    ok    no
disputes:intake                      POST  in    no    no    no    ok    ok    no
disputes:inward                      GET   in    no    no    no    ok    ok    no
disputes:inward                      POST  in    no    no    no    422   422   no
disputes:letter                      GET   in    gone  ok    no    no    no    no
disputes:letter                      POST  in    405   405   no    no    no    no
disputes:message                     GET   in    no    no    no    405   405   no
disputes:message                     POST  in    no    no    no    422   422   no
disputes:new                         GET   in    ok    ok    no    no    no    no
disputes:new                         POST  in    405   405   no    no    no    no
disputes:note                        GET   in    no    no    no    ok    ok    no
disputes:note                        POST  in    no    no    no    422   422   no
disputes:papers                      GET   in    no    no    no    ok    ok    no
disputes:papers                      POST  in    no    no    no    422   422   no
disputes:personal_statement          GET   in    gone  ok    no    no    no    no
disputes:personal_statement          POST  in    gone  422   no    no    no    no
disputes:proof                       GET   in    gone  ok    no    no    no    no
disputes:proof                       POST  in    405   405   no    no    no    no
disputes:propose                     GET   in    no    no    no    405   405   no
disputes:propose                     POST  in    no    no    no    422   422   no
disputes:queue                       GET   in    no    no    no    ok    ok    ok
disputes:queue                       POST  in    no    no    no    405   405   405
disputes:release_file                GET   in    no    no    no    no    ok    no
disputes:release_file                POST  in    no    no    no    no    422   no
disputes:remove_file                 GET   in    405   405   no    no    no    no
disputes:remove_file                 POST  in    gone  to    no    no    no    no
disputes:reports                     GET   in    no    no    no    ok    ok    ok
disputes:reports                     POST  in    no    no    no    405   405   405
disputes:resume                      GET   in    no    no    no    405   405   no
disputes:resume                      POST  in    no    no    no    to    to    no
disputes:retry_letter                GET   in    no    no    no    405   405   no
disputes:retry_letter                POST  in    no    no    no    to    to    no
disputes:review                      GET   in    gone  ok    no    no    no    no
disputes:review                      POST  in    gone  422   no    no    no    no
disputes:send                        GET   405   405   405   405   405   405   405
disputes:send                        POST  in    gone  to    no    no    no    no
disputes:settle                      GET   in    no    no    no    no    405   no
disputes:settle                      POST  in    no    no    no    no    gone  no
disputes:staff_case                  GET   in    no    no    no    ok    ok    ok
disputes:staff_case                  POST  in    no    no    no    405   405   405
disputes:staff_file                  GET   in    no    no    no    ok    ok    ok
disputes:staff_file                  POST  in    no    no    no    405   405   405
disputes:staff_letter                GET   in    no    no    no    gone  gone  gone
disputes:staff_letter                POST  in    no    no    no    405   405   405
disputes:staff_page                  GET   in    no    no    no    ok    ok    ok
disputes:staff_page                  POST  in    no    no    no    405   405   405
disputes:step                        GET   in    gone  ok    no    no    no    no
disputes:step                        POST  in    gone  422   no    no    no    no
disputes:take                        GET   in    no    no    no    405   405   no
disputes:take                        POST  in    no    no    no    422   422   no
disputes:withdraw                    GET   in    gone  ok    no    no    no    no
disputes:withdraw                    POST  in    gone  to    no    no    no    no
disputes:wording                     GET   in    no    no    no    ok    ok    ok
disputes:wording                     POST  in    no    no    no    405   405   405
healthz                              GET   ok    ok    ok    ok    ok    ok    ok
healthz                              POST  405   405   405   405   405   405   405
help                                 GET   ok    ok    ok    ok    ok    ok    ok
help                                 POST  405   405   405   405   405   405   405
home                                 GET   ok    to    to    to    to    to    to
home                                 POST  405   405   405   405   405   405   405
mfa_activate_totp                    GET   in    ok    ok    2nd   2nd   2nd   2nd
mfa_activate_totp                    POST  in    ok    ok    2nd   2nd   2nd   2nd
mfa_add_webauthn                     GET   in    ok    ok    2nd   2nd   2nd   2nd
mfa_add_webauthn                     POST  in    ok    ok    2nd   2nd   2nd   2nd
mfa_authenticate                     GET   in    to    to    to    to    to    to
mfa_authenticate                     POST  in    to    to    to    to    to    to
mfa_deactivate_totp                  GET   in    gone  gone  2nd   2nd   2nd   2nd
mfa_deactivate_totp                  POST  in    gone  gone  2nd   2nd   2nd   2nd
mfa_download_recovery_codes          GET   in    gone  gone  gone  gone  gone  gone
mfa_download_recovery_codes          POST  in    gone  gone  gone  gone  gone  gone
mfa_edit_webauthn                    GET   in    gone  gone  2nd   2nd   2nd   2nd
mfa_edit_webauthn                    POST  in    gone  gone  2nd   2nd   2nd   2nd
mfa_generate_recovery_codes          GET   in    ok    ok    2nd   2nd   2nd   2nd
mfa_generate_recovery_codes          POST  in    ok    ok    2nd   2nd   2nd   2nd
mfa_index                            GET   in    ok    ok    ok    ok    ok    ok
mfa_index                            POST  in    405   405   405   405   405   405
mfa_list_webauthn                    GET   in    ok    ok    ok    ok    ok    ok
mfa_list_webauthn                    POST  in    405   405   405   405   405   405
mfa_login_webauthn                   GET   in    to    to    to    to    to    to
mfa_login_webauthn                   POST  in    to    to    to    to    to    to
mfa_reauthenticate                   GET   in    no    no    ok    ok    ok    ok
mfa_reauthenticate                   POST  in    no    no    ok    ok    ok    ok
mfa_reauthenticate_webauthn          GET   in    no    no    2nd   2nd   2nd   2nd
mfa_reauthenticate_webauthn          POST  in    no    no    2nd   2nd   2nd   2nd
mfa_remove_webauthn                  GET   in    gone  gone  2nd   2nd   2nd   2nd
mfa_remove_webauthn                  POST  in    gone  gone  2nd   2nd   2nd   2nd
mfa_view_recovery_codes              GET   in    gone  gone  gone  gone  gone  gone
mfa_view_recovery_codes              POST  in    405   405   405   405   405   405
plans:agreement                      GET   in    gone  ok    no    no    no    no
plans:agreement                      POST  in    405   405   no    no    no    no
plans:agreement_pdf                  GET   in    gone  ok    no    no    no    no
plans:agreement_pdf                  POST  in    405   405   no    no    no    no
plans:calendar                       GET   in    gone  ok    no    no    no    no
plans:calendar                       POST  in    405   405   no    no    no    no
plans:decline                        GET   in    405   405   no    no    no    no
plans:decline                        POST  in    gone  to    no    no    no    no
plans:draft                          GET   in    gone  ok    no    no    no    no
plans:draft                          POST  in    405   405   no    no    no    no
plans:index                          GET   in    ok    ok    no    no    no    no
plans:index                          POST  in    405   405   no    no    no    no
plans:make_offer                     GET   in    no    no    405   no    405   no
plans:make_offer                     POST  in    no    no    422   no    422   no
plans:offer                          GET   in    gone  ok    no    no    no    no
plans:offer                          POST  in    405   405   no    no    no    no
plans:preview                        GET   in    405   405   no    no    no    no
plans:preview                        POST  in    gone  ok    no    no    no    no
plans:proof                          GET   in    gone  ok    no    no    no    no
plans:proof                          POST  in    405   405   no    no    no    no
plans:queue                          GET   in    no    no    ok    no    ok    ok
plans:queue                          POST  in    no    no    405   no    405   405
plans:refuse                         GET   in    no    no    405   no    405   no
plans:refuse                         POST  in    no    no    422   no    422   no
plans:request                        GET   in    gone  ok    no    no    no    no
plans:request                        POST  in    gone  422   no    no    no    no
plans:request_page                   GET   in    gone  ok    no    no    no    no
plans:request_page                   POST  in    405   405   no    no    no    no
plans:send_code                      GET   in    405   405   no    no    no    no
plans:send_code                      POST  in    gone  to    no    no    no    no
plans:sign                           GET   in    gone  ok    no    no    no    no
plans:sign                           POST  in    gone  422   no    no    no    no
accounts:retention                   GET   in    no    no    no    no    ok    ok
accounts:retention                   POST  in    no    no    no    no    405   405
accounts:propose_purge               GET   in    no    no    no    no    405   no
accounts:propose_purge               POST  in    no    no    no    no    gone  no
accounts:purge                       GET   in    no    no    no    no    ok    ok
accounts:purge                       POST  in    no    no    no    no    405   405
accounts:purge_list                  GET   in    no    no    no    no    ok    ok
accounts:purge_list                  POST  in    no    no    no    no    405   405
accounts:confirm_purge               GET   in    no    no    no    no    405   no
accounts:confirm_purge               POST  in    no    no    no    no    to    no
accounts:withdraw_purge              GET   in    no    no    no    no    405   no
accounts:withdraw_purge              POST  in    no    no    no    no    to    no
accounts:place_hold                  GET   in    no    no    no    no    405   no
accounts:place_hold                  POST  in    no    no    no    no    422   no
accounts:lift_hold                   GET   in    no    no    no    no    ok    no
accounts:lift_hold                   POST  in    no    no    no    no    422   no
staff_home                           GET   in    no    no    ok    ok    ok    ok
staff_home                           POST  in    no    no    405   405   405   405
plans:staff_request                  GET   in    no    no    ok    no    ok    ok
plans:staff_request                  POST  in    no    no    405   no    405   405
plans:submit                         GET   in    405   405   no    no    no    no
plans:submit                         POST  in    gone  to    no    no    no    no
plans:take                           GET   in    no    no    405   no    405   no
plans:take                           POST  in    no    no    to    no    to    no
plans:withdraw                       GET   in    405   405   no    no    no    no
plans:withdraw                       POST  in    gone  to    no    no    no    no
plans:withdraw_offer                 GET   in    no    no    405   no    405   no
plans:withdraw_offer                 POST  in    no    no    422   no    422   no
readyz                               GET   ok    ok    ok    ok    ok    ok    ok
readyz                               POST  405   405   405   405   405   405   405
set_language                         GET   to    to    to    to    to    to    to
set_language                         POST  to    to    to    to    to    to    to
stay                                 GET   405   405   405   405   405   405   405
stay                                 POST  401   204   204   204   204   204   204
theme                                GET   405   405   405   405   405   405   405
theme                                POST  to    to    to    to    to    to    to
usersessions_list                    GET   in    ok    ok    ok    ok    ok    ok
usersessions_list                    POST  in    to    to    to    to    to    to
verify:document                      GET   gone  gone  gone  gone  gone  gone  gone
verify:document                      POST  gone  gone  gone  gone  gone  gone  gone
verify:index                         GET   ok    ok    ok    ok    ok    ok    ok
verify:index                         POST  bad   bad   bad   bad   bad   bad   bad
"""


def rows() -> dict[tuple[str, str], tuple[str, ...]]:
    """Return {(address, method): cells in the order of COLUMNS}."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for line in TABLE.strip().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, method, *cells = line.split()
        assert len(cells) == len(COLUMNS), f"{line}: {len(COLUMNS)} cells are needed"
        assert (name, method) not in found, f"{name} {method} has two rows"
        found[name, method] = tuple(cells)
    return found
