"""Fill a loaded PostgreSQL database with the work of its staff: one case, letter, … an account.

Set-based and without foreign key checks: only for databases made for benchmarks/scale.py. Of the
cases 30 % are open, of the plan requests 60 %; 5 % of the certified statements are held back. Of
the plans 90 % run, each of three payments: 5 % are late, 2 % in remedy. Half of the accounts whose
plan ended have left the bank's books, and so have one in a thousand of the others.
"""

from django.db import connection, transaction

FILLED = 2_000_000_000  # ids from here on are the filling's

ACCOUNTS = """
CREATE TEMP TABLE many ON COMMIT DROP AS
SELECT account, ref, n,
    current_date - (CASE WHEN n % 10 < 3 THEN -(n % 17) ELSE n % 290 END)::int AS due_on
FROM (SELECT id AS account, ref, row_number() OVER (ORDER BY id) AS n FROM accounts_cardaccount
      WHERE ref > 'A0000020') AS numbered"""

CASES = """
INSERT INTO disputes_dispute (id, number, status, matter, topic, reason, sealed_words,
    sealed_remedy, contact_by, language, channel, sealed_representative, step, started_at,
    submitted_at, taken_at, warned, decided_at, ended_at, account_id, deadline_id, started_by_id,
    taken_by_id, due_on)
SELECT {from_} + n, 'DP-F' || n,
    CASE WHEN n % 10 < 3 THEN (ARRAY['received', 'in_review', 'waiting_for_cardholder'])[1 + n % 3]
         WHEN n % 1000 = 500 THEN 'under_second_review'
         ELSE (ARRAY['upheld', 'rejected', 'closed'])[1 + n % 3] END,
    'charge', '', 'wrong_amount', '', '', 'portal', 'zh-hans', 'portal', '', 'check',
    now() - n % 300 * interval '1 day', now() - n % 300 * interval '1 day', NULL, 0,
    CASE WHEN n % 10 < 3 THEN NULL ELSE now() - n % 290 * interval '1 day' END, NULL,
    account, {from_} + n, {owner},
    CASE WHEN n % 10 < 3 AND n % 3 = 0 THEN NULL ELSE {staff}[1 + n % {many_staff}] END,
    due_on
FROM many"""

DEADLINES = """
INSERT INTO disputes_deadline (id, round, step, rule, counted_from, value, unit, due_on, plan_on,
    reason, made_at, dispute_id)
SELECT {from_} + n, 1, 0, 'CN-CMP-03', current_date - (n % 300)::int, 15, 'calendar_days', due_on,
    due_on,
    '', now(), {from_} + n
FROM many"""

LINES = """
INSERT INTO disputes_line (id, kind, key, open, facts, amount, document_number, document_sha256,
    document_line, dispute_id)
SELECT {from_} + n, 'posting', ref || '-00001', n % 10 < 3, '{{}}', 1000, '', '', '', {from_} + n
FROM many"""

DECISIONS = """
INSERT INTO disputes_decision (id, ref, round, status, outcome, sealed_reasons, cause, over, credit,
    proposed_at, sealed_return, made_at, dispute_id, proposed_by_id)
SELECT {from_} + n, gen_random_uuid(), 1, CASE WHEN n % 10 < 3 THEN 'proposed' ELSE 'made' END,
    'upheld', '', 'system', '[]', 0, now() - n % 290 * interval '1 day', '',
    CASE WHEN n % 10 < 3 THEN NULL ELSE now() - n % 290 * interval '1 day' END,
    {from_} + n, {staff}[1 + n % {many_staff}]
FROM many WHERE n % 10 >= 3 OR n % 1000 = 1"""

RULINGS = """
INSERT INTO disputes_ruling (id, decision_id, line_id, outcome, right_code)
SELECT id, id, id, 'upheld', '' FROM disputes_decision WHERE id > {from_} AND status = 'made'"""

CORRECTIONS = """
INSERT INTO disputes_correction (id, ref, kind, seq, amount, asked_at, due_on, done_at, done_by,
    ruling_id)
SELECT id, gen_random_uuid(), 'posting.correct', id, 1000, now(), current_date - 3,
    CASE WHEN id % 500 = 7 THEN NULL ELSE now() END, '', id
FROM disputes_ruling WHERE id > {from_}"""

LETTERS = """
INSERT INTO disputes_letter (id, ref, number, kind, language, sealed_facts, made_at, tries, problem,
    dispute_id, document_id)
SELECT {from_} + n, gen_random_uuid(), 'DP-F' || n || '-1', 'receipt', 'zh-hans', '', now(), 0, '',
    {from_} + n, CASE WHEN n % 2000 = 1 THEN NULL ELSE {from_} + n END
FROM many"""

MESSAGES = """
INSERT INTO disputes_message (id, ref, kind, sealed_body, sent_at, dispute_id, sent_by_id)
SELECT {from_} + n, gen_random_uuid(), 'message', '', now(), {from_} + n, {owner} FROM many"""

DOCUMENTS = """
INSERT INTO records_document (id, number, kind, subject, language, title, sha256, size, code,
    sealed, made_at)
SELECT {from_} + n, 'DP-F' || n || '-1', 'dispute.receipt', 'disputes.letter:' || {from_} + n,
    'zh-hans', '', encode(sha256(convert_to('filled ' || n, 'UTF8')), 'hex'), 1000, 'FILLED' || n,
    true, now() FROM many"""

PLANS = """
INSERT INTO plans_planrequest (id, number, status, total, each, months, first_on, sealed_reason,
    basis_version, submitted_at, decided_at, findings, sealed_refusal, account_id, submitted_by_id,
    kind, rate, low, low_months, waived_principal, waived_interest, waived_default_sum,
    waived_fees, sealed_situation)
SELECT {from_} + n, 'PL-F' || n, CASE WHEN n % 10 < 6 THEN 'submitted' ELSE 'refused' END, 12000,
    1000, 12, current_date + 20, '', 1, now() - n % 20000 * interval '1 minute',
    CASE WHEN n % 10 < 6 THEN NULL ELSE now() - n % 9000 * interval '1 minute' END, '[]', '',
    account, {owner}, 'equal', 0, 0, 0, 0, 0, 0, 0, ''
FROM many"""

OFFERS = """
INSERT INTO plans_offer (id, number, status, overdue, total, each, months, first_on,
    sealed_explanation, sealed_ending, tries, problem, sealed_terms, policy_version, basis_version,
    made_at, expires_at, second, needs_second, kind, rate, low, low_months, waived_principal,
    waived_interest, waived_default_sum, waived_fees, ended_by, account_id, request_id, made_by_id)
SELECT {from_} + n, 'PA-F' || n, 'accepted', 12000, 12000, 4000, 3, current_date + 20, '', '', 0,
    '', '', '2026-1', 1, now() - n % 20000 * interval '1 minute', now(), '[]', false, 'equal', 0, 0,
    0, 0, 0, 0, 0, '', account, {from_} + n, {staff}[1 + n % {many_staff}]
FROM many"""

AGREEMENTS = """
INSERT INTO plans_agreement (id, number, status, total, accepted_sha256, evidence_sha256, method,
    accepted_at, watched_on, watched_as_of, breach_noticed_at, remedy_until, ended_at,
    taken_back_at, sealed_ending, account_id, accepted_by_id, document_id, offer_id, certificate_id)
SELECT {from_} + n, 'PA-F' || n,
    CASE WHEN n % 10 > 0 THEN 'active' WHEN n % 30 = 0 THEN 'broken' ELSE 'completed' END, 12000,
    '', '', 'email-code', now() - n % 20000 * interval '1 minute', current_date, current_date,
    CASE WHEN n % 50 = 1 THEN now() END, CASE WHEN n % 50 = 1 THEN current_date + n::int % 14 END,
    CASE WHEN n % 10 = 0 THEN now() - n % 700 * interval '1 day' END,
    CASE WHEN n % 5000 = 20 THEN now() - n % 400 * interval '1 day' END,
    '', account, {owner}, {from_} + n, {from_} + n, CASE WHEN n % 10 = 0 THEN {from_} + n END
FROM many"""

INSTALMENTS = """
INSERT INTO plans_instalment (agreement_id, position, due_on, amount, interest, paid, paid_on,
    late_told_at)
SELECT {from_} + n, position, current_date + 30 * (position - 1) - (n % 20)::int, 4000, 0,
    CASE WHEN n % 10 = 0 THEN 4000 ELSE 0 END, CASE WHEN n % 10 = 0 THEN current_date END,
    CASE WHEN n % 20 = 1 AND position = 1 THEN now() END
FROM many, generate_series(1, 3) AS position"""

GONE = """
UPDATE accounts_cardaccount SET closed_by_feed = n % 20 = 0 OR n % 1000 = 1, status = 'open'
FROM many WHERE id = account AND (n % 20 = 0 OR n % 1000 = 1 OR status = 'written_off')"""

STATEMENTS = """
INSERT INTO accounts_evidencerequest (id, number, kind, purpose, languages, with_contacts,
    with_records, with_plans, requested_at, status, stage, tries, problem, ready_at, account_id,
    requested_by_id)
SELECT {from_} + n, 'EV-F' || n, 'holder', 'own', '["zh-hans"]', false, false, false,
    now() - n % 300 * interval '1 day', CASE WHEN n % 20 = 0 THEN 'failed' ELSE 'ready' END, '', 1,
    CASE WHEN n % 20 = 0 THEN 'EV-1' ELSE '' END,
    CASE WHEN n % 20 = 0 THEN NULL ELSE now() END, account, {owner}
FROM many"""

LOOKS = """
INSERT INTO records_staffview (actor, subject, page, at)
SELECT 'user:' || {owner}, 'accounts.cardholder:' || account, 'accounts:staff_account',
    now() - n % 300 * interval '1 day' FROM many"""

MAILS = """
INSERT INTO records_notice (kind, recipient, language, subject, body, secret, made_at, sent_at,
    tries)
SELECT 'filled', 'filled@example.com', 'en', 'Filled', '', false,
    now() - n % 300 * interval '1 day', now(), 1 FROM many"""

EVENTS = """
INSERT INTO records_auditevent (subject, seq, at, verb, actor, role, data, previous, hash)
SELECT 'disputes.dispute:' || {from_} + n, 1, now(), 'disputes.dispute.sent', 'system', '', '{{}}',
    '', 'filled' FROM many"""

OUTBOX = """
INSERT INTO records_outboxevent (event_id, at, type, account_ref, data)
SELECT gen_random_uuid(), now(), 'record.disputed', ref, '{{}}' FROM many"""

USERS = """
INSERT INTO accounts_user (id, password, email, role, name, language, is_active, joined_at,
    collector_code)
SELECT {from_} + n, '!', 'filled' || n || '@example.com', 'cardholder', '', 'en', true, now(), ''
FROM many"""

ADDRESSES = """
INSERT INTO account_emailaddress (email, verified, "primary", user_id)
SELECT 'filled' || n || '@example.com', true, true, {from_} + n FROM many"""

SESSIONS = """
INSERT INTO django_session (session_key, session_data, expire_date)
SELECT 'filled' || n, '', now() + interval '1 hour' FROM many"""

ALL = (USERS, ADDRESSES, SESSIONS, CASES, DEADLINES, LINES, DECISIONS, RULINGS, CORRECTIONS,
       LETTERS, MESSAGES, DOCUMENTS, PLANS, OFFERS, AGREEMENTS, INSTALMENTS, STATEMENTS, LOOKS,
       MAILS, EVENTS, OUTBOX)  # fmt: skip


def fill(*, owner: int, staff: list[int]) -> None:
    """Fill once; `owner` has filed it all, `staff` share it. Then VACUUM and ANALYZE."""
    listed = f"(ARRAY[{', '.join(map(str, staff))}]::bigint[])"
    words = {"from_": FILLED, "owner": owner, "staff": listed, "many_staff": len(staff)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM disputes_dispute WHERE id > %s LIMIT 1", [FILLED])
        if cursor.fetchone():
            return
        cursor.execute("SET LOCAL session_replication_role = replica")  # no triggers, no FKs
        cursor.execute(ACCOUNTS)
        for statement in (GONE, *ALL):
            cursor.execute(statement.format(**words))
    tables = ", ".join(statement.split()[2] for statement in ALL)
    with connection.cursor() as cursor:  # the load has seen to the rest of the ledger
        cursor.execute(f"VACUUM ANALYZE accounts_cardaccount, {tables}")
