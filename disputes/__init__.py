"""What the cardholder contests. The room is kept for the Disputes issue; nothing is in it yet."""
