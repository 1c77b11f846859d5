"""The bank's own limits of files, where no law sets a number: grade C (docs/rules.md).

No Django here: the child reads them, too.
"""

MEGABYTE = 1024 * 1024
MOST = 10  # files of one case, or with one budget
LARGEST = 10 * MEGABYTE  # bytes of one file
MOST_OF_A_PERSON = 100 * MEGABYTE  # bytes of one cardholder's files, as each room counts them
MOST_AN_HOUR = 60  # of one person, refused ones counted
MOST_PAGES = 200  # of one PDF
MOST_PIXELS = 40_000_000  # of one picture as it comes
LONGEST_SIDE = 4000  # pixels of the copy that we keep
