"""The bank's feed: read the manifest, stage the rows, check them, make them live in one step.

manifest → reader → rows → stage → check → swap, run in this order by load.import_feed();
docs/feed.md says what an operator must know. make*.py writes feeds of fictitious people.
"""
