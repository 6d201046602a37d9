"""Truth of each real history: what an experienced reader says of it.

The entries were written from the facts of each history, before the rules. A story is worth a finding of its own. The
other entries are true where a rule reports them, but no loss where none does. A finding that matches no entry is
counted as false.
"""

from typing import NamedTuple

QUIET = ("silence", "stalled synchronization", "ended job")
LESS = ("fade-out", "silence", "stalled synchronization", "ended job")
LEFT = ("departure", "hand-over")
BULK = ("bulk day",)
GROWTH = ("storage pace",)
FILES = ("size outlier",)
VERSIONS = ("milestone contents", "milestone overdue", "checkpoint debt")
SCHEMA = ("schema storm",)
CLOCKS = ("dates backwards",)
FOCUS = ("concentration",)
HOURS = ("off hours",)


class Truth(NamedTuple):
    """One true statement about a history.

    `rules` are the rules that may report it. `first` and `last` are its index range, both inclusive. A useful
    statement makes the reader do something. `is_added` marks what was added after a rule had reported it, and the data
    confirmed it; such an entry is never a story.
    """

    rules: tuple[str, ...]
    first: int
    last: int
    is_story: bool
    is_useful: bool
    text: str
    is_added: bool = False


def _story(rules: tuple[str, ...], first: int, last: int, text: str) -> Truth:
    return Truth(rules, first, last, is_story=True, is_useful=True, text=text)


def _useful(rules: tuple[str, ...], first: int, last: int, text: str) -> Truth:
    return Truth(rules, first, last, is_story=False, is_useful=True, text=text)


def _true(rules: tuple[str, ...], first: int, last: int, text: str) -> Truth:
    return Truth(rules, first, last, is_story=False, is_useful=False, text=text)


def _add(rules: tuple[str, ...], first: int, last: int, text: str, *, is_useful: bool = True) -> Truth:
    return Truth(rules, first, last, is_story=False, is_useful=is_useful, text=text, is_added=True)


TRUTHS: dict[int, tuple[Truth, ...]] = {
    1: (
        _story(QUIET, 2588, 2593, "no push for 116 days, ended by a push by hand"),
        _story(QUIET, 3094, 3108, "the job stood still for 47 and for 36 days"),
        _story(LESS, 3696, 3705, "the job ended on 2023-03-29; one push 40 days later"),
        _useful(LESS, 2450, 2590, "from July 2021 on the job hardly pushed"),
        _useful(QUIET, 1559, 1566, "the job stood still for weeks in autumn 2020"),
        _true(QUIET, 254, 352, "the job stood still for two weeks"),
        _true(BULK, 3590, 3700, "the busiest days, in March 2023"),
        _useful(GROWTH, 420, 1400, "the job pushed several times as much in spring 2020"),
        _useful(GROWTH, 1200, 2590, "growth fell in summer 2020 and rose in 2021"),
        _add(("fade-out",), 1480, 1703, "from 40 pushes a week to 8 for half a year"),
    ),
    2: (
        _story(QUIET, 437, 447, "no push for 419 days after a year of few"),
        _story(LEFT, 1100, 1900, "the person of 29 % of all pushes left by 2019"),
        _story(CLOCKS, 191, 192, "a push dated 164 days before its parent"),
        _useful(LEFT, 350, 450, "the founder, 21 % of all pushes, stopped in 2009"),
        _useful(LEFT, 950, 1130, "the second person of 2015 and 2016 stopped"),
        _useful(LESS, 400, 446, "from 90 pushes a year to 7"),
        _useful(QUIET, 500, 582, "silences of 232 and 168 days"),
        _useful(QUIET, 203, 222, "a silence of 167 days"),
        _useful(QUIET, 1205, 1215, "a silence of 144 days"),
        _useful(QUIET, 1995, 2002, "a silence of 105 days"),
        _useful(BULK, 539, 632, "days on which prepared pushes arrived within seconds"),
        _true(SCHEMA, 640, 930, "schema changes in 2015"),
        _true(FILES, 490, 500, "the largest file, 2.3 MB"),
        _useful(VERSIONS, 1077, 1632, "556 changesets in 4 years without a named version"),
        _add(("fade-out",), 206, 270, "from 12 pushes a week to 2 in the first winter", is_useful=False),
    ),
    3: (
        _story(LEFT, 1, 545, "the founder, 57 % of 2008, stopped in March 2009"),
        _story(LEFT, 139, 565, "an account of 282 pushes handed over to one of 2,156 on the same day"),
        _story(BULK, 555, 640, "75 pushes on one day, replayed"),
        _story(QUIET, 557, 561, "no push for 113 days"),
        _story(LESS, 1730, 1925, "from 382 pushes a year to 32"),
        _story(VERSIONS, 3099, 4223, "1,125 changesets in five years without a named version"),
        _useful(LEFT, 2036, 3560, "the main person hardly pushed from 2018 to 2021"),
        _useful(LEFT, 2273, 2645, "a person with 23 % of 2016 left in August 2017"),
        _useful(QUIET, 660, 690, "silences of 58 to 71 days in the winter of 2009"),
        _useful(QUIET, 1390, 1930, "silences of 44 to 72 days from 2011 to 2014"),
        _useful(QUIET, 3405, 3408, "71 days without a push"),
        _useful(VERSIONS, 2037, 2682, "646 changesets without a named version"),
        _useful(GROWTH, 1840, 2700, "growth by large files in 2013 and in 2017"),
        _useful(GROWTH, 3170, 4374, "growth by large files since 2020"),
        _useful(FOCUS, 4200, 4374, "one account makes most pushes by hand"),
        _true(BULK, 755, 890, "busy days of June 2010"),
        _true(BULK, 2484, 2642, "replayed pushes of summer 2017"),
        _true(SCHEMA, 1, 4374, "schema changes in a row"),
    ),
    4: (
        _story(QUIET, 608, 612, "no push for 271 days in 2012"),
        _story(QUIET, 1354, 1357, "no push for 271 days in 2019"),
        _story(LEFT, 1, 180, "the founder, alone in 2010, stopped"),
        _story(LEFT, 877, 1210, "a person with 23 % of 2015 left in December 2015"),
        _story(LESS, 1180, 1590, "from 480 pushes a year to 38"),
        _story(LEFT, 1236, 1570, "the person who was nearly alone from 2018 to 2022 hardly pushes since"),
        _story(LEFT, 2156, 2470, "a person with 28 % of 2025 left in June 2025"),
        _story(GROWTH, 2480, 2614, "growth rose from 57 MB a year to 270 MB in four months of 2026"),
        _useful(LESS, 560, 612, "from 488 pushes a year to 9"),
        _useful(QUIET, 590, 730, "silences of 100 to 120 days from 2011 to 2014"),
        _useful(QUIET, 1230, 1530, "silences of 97 to 165 days from 2016 to 2022"),
        _useful(FOCUS, 2440, 2614, "one account makes most pushes by hand"),
        _useful(FILES, 2540, 2590, "files of 36 to 58 MB in 2026"),
        _useful(FILES, 728, 728, "the largest file, 73 MB"),
        _useful(VERSIONS, 1240, 1500, "few named versions from 2016 to 2020"),
        _true(VERSIONS, 724, 999, "276 changesets without a named version"),
        _true(BULK, 2030, 2070, "32 pushes on one day"),
        _true(SCHEMA, 1, 2614, "schema changes in a row"),
    ),
    5: (
        _story(LEFT, 28, 530, "a person with 27 % of the first year left in February 2017"),
        _story((*LEFT, "fade-out"), 763, 1340, "the person of 45 % of 2017 stopped in January 2018"),
        _useful(GROWTH, 400, 900, "growth fell from 16 to 3 MB a year although pushes rose"),
        _true(SCHEMA, 14, 40, "ten schema changes in the first weeks"),
        _true(FILES, 100, 120, "the largest file, 3 MB"),
        _true(QUIET, 1, 14, "silences before the work began"),
        _true(BULK, 1888, 1910, "23 pushes on one day"),
    ),
    6: (
        _story(QUIET, 1508, 1513, "no push for 290 days"),
        _story(BULK, 570, 975, "394 pushes on two days"),
        _story(LEFT, 139, 1485, "the person of 297 pushes of 2021 left in August 2021"),
        _story(LEFT, 148, 1640, "the person of 23 % of all pushes hardly pushed after January 2021"),
        _story(LESS, 1250, 1687, "from 1,133 pushes a year to 87"),
        _useful(FILES, 1511, 1511, "the largest file, 45 MB, ended the silence"),
        _useful(QUIET, 1598, 1687, "silences of two and three months since 2022"),
        _useful(GROWTH, 380, 620, "growth rose at the end of 2020"),
        _useful(GROWTH, 1200, 1650, "growth fell from 452 MB a quarter to nearly nothing"),
        _useful(BULK, 1120, 1260, "128 pushes on three days"),
        _true(SCHEMA, 540, 700, "schema changes of the bulk days"),
        _true(("contention",), 770, 980, "two accounts pushed in turn on a bulk day"),
        _true(QUIET, 148, 150, "a silence of 30 days"),
    ),
    7: (
        _story(LESS, 830, 1414, "from 480 pushes a year to 15"),
        _story(QUIET, 1385, 1414, "the automation account stood still for 71 and 204 days"),
        _story(LEFT, 230, 1210, "the second person, 26 % of 2018, left"),
        _useful(QUIET, 1394, 1403, "58 days without a push, the longest"),
        _useful(QUIET, 1340, 1351, "40 days without a push"),
        _useful(LEFT, 1, 1410, "the person of half of all pushes by hand hardly pushes since 2023"),
        _true(FILES, 1355, 1355, "the largest file, 2 MB"),
        _useful(VERSIONS, 1391, 1414, "no named version for a year"),
        _true(VERSIONS, 600, 700, "a version with 78 changesets instead of 9"),
        _true(HOURS, 205, 240, "a week of late work in March 2018"),
        _true(LEFT, 98, 660, "people with 15 to 30 pushes left"),
    ),
    8: (
        _story(QUIET, 420, 428, "no push for 175 days, and the job stood still for 217"),
        _story(LEFT, 3, 270, "the account of a third of the pushes was replaced by an automation account"),
        _story(LESS, 100, 434, "from 195 pushes a year to 11"),
        _story(LEFT, 1, 240, "the person of 22 % of 2020 stopped in July 2021"),
        _useful(LEFT, 34, 415, "the third person left in May 2024"),
        _useful(QUIET, 330, 400, "silences of 45 to 81 days in 2022 and 2023"),
        _useful(QUIET, 425, 434, "83 days without a push"),
        _true(FILES, 12, 416, "four files of 5 MB, six times the next one"),
        _true(SCHEMA, 1, 434, "schema changes in a row"),
        _true(BULK, 1, 12, "nine pushes on the second day"),
    ),
    9: (
        _story(LESS, 2060, 5703, "from 1,300 pushes a year to 190, by most in autumn 2021"),
        _story((*QUIET, "fade-out"), 4780, 4850, "the job stood still for 130 days and came back slower"),
        _story(LEFT, 3755, 5015, "four people with 31 % of the pushes by hand left in 2020 and 2021"),
        _true(QUIET, 4355, 4370, "the job stood still for a week"),
        _useful(QUIET, 5440, 5490, "the job stood still for 71 and 50 days"),
        _useful(FILES, 4019, 4095, "the largest files, 12.2 and 5.5 MB, in autumn 2020"),
        _useful(GROWTH, 3700, 4300, "growth rose in autumn 2020"),
        _useful(FOCUS, 5550, 5703, "one account makes most pushes by hand"),
        _true(VERSIONS, 1, 1392, "the first version comes after three years"),
        _useful(VERSIONS, 4766, 4952, "187 changesets without a named version"),
        _true(HOURS, 2460, 2510, "a week of late work in April 2019"),
        _useful(QUIET, 5440, 5700, "pauses of three weeks since 2023"),
        _add(GROWTH, 300, 700, "growth rose from 0.1 to 10 MB a year in 2017"),
        _add(LEFT, 4840, 5180, "the person of a third of 2022 left in January 2023"),
        _add(LEFT, 1, 460, "one of the first people, a quarter of the first year, left"),
    ),
    10: (
        _story(QUIET, 2363, 2370, "no push for 166 days"),
        _story(BULK, 2480, 2598, "119 pushes on one day, replayed"),
        _story(LEFT, 1306, 2325, "a person of 22 % of the pushes of 2008 left"),
        _story((*QUIET, *LEFT), 2240, 2285, "a job ended after 37 runs in 2008"),
        _story(QUIET, 10570, 10785, "the job of nine years stood still for 35 and 67 days"),
        _story(GROWTH, 2300, 2800, "growth rose from 5 to 65 MB a year in 2010"),
        _useful(LESS, 2150, 2370, "from 273 pushes a quarter to 8"),
        _useful(BULK, 3708, 3753, "46 pushes on one day, replayed"),
        _true(BULK, 1300, 1490, "busy days of February 2008"),
        _useful(GROWTH, 1000, 1950, "growth rose with the pushes in January 2008"),
        _useful(GROWTH, 10300, 10785, "growth fell at the end of 2024"),
        _useful(FOCUS, 10300, 10785, "one account makes two thirds of the pushes by hand"),
        _useful(LEFT, 1, 1010, "the founder left in 2007"),
        _true(SCHEMA, 6500, 9120, "schema changes in a row"),
        _useful(VERSIONS, 1, 10785, "one named version in twenty years"),
        _useful(QUIET, 20, 70, "76 days without a push"),
    ),
    11: (
        _story(QUIET, 16250, 19345, "silences of 129, 113 and 113 days since 2023"),
        _story(LESS, 18800, 19468, "from 1,809 pushes a year to 401"),
        _story(BULK, 310, 635, "315 pushes on four days in January 2018"),
        _story(GROWTH, 4700, 6900, "growth rose from 223 MB a year to 3.6 GB in 2020"),
        _story(LEFT, 16500, 19070, "the person of 37 % of 2024 left in September 2024"),
        _story(CLOCKS, 570, 19371, "37 dates run backwards, by up to 8 days"),
        _useful(QUIET, 55, 140, "silences of up to 372 days in the first years"),
        _useful(LEFT, 1029, 14370, "a person with 968 pushes left in 2022"),
        _useful(LEFT, 11843, 19310, "a person with 17 % of 2022 left"),
        _true(BULK, 5270, 5345, "72 pushes on one day"),
        _true(BULK, 7660, 7735, "65 pushes on one day"),
        _useful(GROWTH, 16000, 19468, "growth fell in spring 2023 and in 2025"),
        _useful(VERSIONS, 4178, 6835, "2,657 changesets without a named version"),
        _true(VERSIONS, 137, 882, "746 changesets without a named version"),
        _true(SCHEMA, 7370, 7390, "seven schema changes in three days"),
        _true(SCHEMA, 19260, 19280, "seven schema changes in two days"),
        _useful(LESS, 15900, 16260, "46 pushes in the second quarter of 2023 instead of 640"),
        _add(("ended job", "stalled synchronization"), 14220, 16850, "a rare job ended in 2023", is_useful=False),
    ),
}
"""Truth by number of the history."""
