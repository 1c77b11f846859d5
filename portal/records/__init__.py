"""What we can prove later: audit trail, sealed documents, notices, outbox. Imports no app."""
