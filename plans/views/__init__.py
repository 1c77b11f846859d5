"""The pages of the plans room, cardholder's and staff's."""
