"""What the cardholder contests: disputes of lines and complaints, on the clock of the law."""
