"""The account over time: pictures, and what was reported month by month."""
