"""How it will be repaid: policy, requests, offers, agreements, instalments."""
