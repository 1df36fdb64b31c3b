"""Answers to the exercises of “Rotation”: right ones in many shapes, wrong ones with the
misconception they come from.
"""

PLAN = {"release day": 0, "pins": ["today", "next"], "change day": 760, "new key": "next"}
STEPS = [
    "see the errors",
    "put the old key back",
    "tell the users",
    "ship an app with both pins",
    "wait for the slow users",
    "change the key again",
    "write down why",
]
AFTER = {
    "the pinned key, refuse": "locked out",
    "the bank's new key, refuse": "locked out",
    "an attacker's key, refuse": "protected",
    "the bank's new key, accept": "served",
    "an attacker's key, accept": "exposed",
}
RELEASED = "an update is there when it is released"
TYPICAL = "typical users are all users"
NEARLY = "nearly all users are all users"
ONLY_NEW = "the new app needs only the new pin"
AFTERWARDS = "the pin can come after the key"
FIX = "an update will fix it"
REFUSAL = "a refusal is a protection, whoever is refused"


def moved(step, to):
    rest = [other for other in STEPS if other != step]
    return [*rest[:to], step, *rest[to:]]


RIGHT = {
    "09.1": [
        PLAN,
        {**PLAN, "pins": ("next", "today"), "change day": 900},
        {**PLAN, "pins": {"today", "next", "other"}, "release day": 10},
        {"Release day": 5, "PINS": ["Today", "Next"], "change-day": 800, "new key": "NEXT"},
        {**PLAN, "new key": "other", "pins": ["other", "today"]},
        {**PLAN, "release day": 100, "change day": 880},
        {**PLAN, "change day": 725},
        {**PLAN, "release day": 175, "change day": 900},
    ],
    "09.2": [
        STEPS,
        tuple(STEPS),
        [step.upper() for step in STEPS],
        moved("tell the users", 1),
        [step + "." for step in STEPS],
    ],
    "09.3": [
        AFTER,
        list(AFTER.items()),
        {key.upper(): word.title() for key, word in AFTER.items()},
        dict(reversed(AFTER.items())),
        {**AFTER, "the bank's new key, accept": "works", "the pinned key, refuse": "refused"},
    ],
}

WRONG = {
    "09.1": [
        ({**PLAN, "change day": 1}, RELEASED),
        ({**PLAN, "change day": 30}, RELEASED),
        ({**PLAN, "release day": 700}, RELEASED),
        ({**PLAN, "change day": 400}, TYPICAL),
        ({**PLAN, "change day": 500}, TYPICAL),
        ({**PLAN, "change day": 356}, TYPICAL),
        ({**PLAN, "change day": 355}, RELEASED),
        ({**PLAN, "change day": 718}, NEARLY),
        ({**PLAN, "change day": 723}, NEARLY),
        ({**PLAN, "change day": 724}, "the slowest curve I know is the slowest there is"),
        (
            {**PLAN, "release day": 176, "change day": 900},
            "the slowest curve I know is the slowest there is",
        ),
        ({**PLAN, "change day": 901}, "the later the safer"),
        ({**PLAN, "release day": 760, "change day": 760}, AFTERWARDS),
        ({**PLAN, "pins": ["next", "other"]}, ONLY_NEW),
        ({**PLAN, "pins": ["next"]}, ONLY_NEW),
        ({**PLAN, "pins": "next"}, ONLY_NEW),
        ({**PLAN, "pins": ["today"]}, AFTERWARDS),
        ({**PLAN, "new key": "other"}, AFTERWARDS),
        ({**PLAN, "release day": 800}, AFTERWARDS),
        ({**PLAN, "change day": 1200}, "the later the safer"),
        ({**PLAN, "new key": "today"}, "no change, no outage"),
    ],
    "09.2": [
        (moved("see the errors", 1), "act first, look later"),
        (moved("see the errors", 6), "act first, look later"),
        (STEPS[::-1], "act first, look later"),
        (moved("change the key again", 0), "act first, look later"),
        (moved("put the old key back", 3), FIX),
        (moved("put the old key back", 4), FIX),
        (moved("tell the users", 4), "users learn it from the app store"),
        (moved("change the key again", 3), "this time it will work"),
        (moved("wait for the slow users", 2), "shipped is installed"),
        (moved("wait for the slow users", 5), "shipped is installed"),
        (moved("write down why", 4), "it is over when it works again"),
    ],
    "09.3": [
        ({**AFTER, "the pinned key, refuse": "served"}, "a pin that matches always lets in"),
        (
            {**AFTER, "the pinned key, refuse": "served", "the bank's new key, refuse": "served"},
            "an expired set refuses attackers only",
        ),
        (
            {
                **AFTER,
                "the bank's new key, accept": "locked out",
                "an attacker's key, accept": "protected",
            },
            "when a pin set expires the app refuses",
        ),
        (
            {**AFTER, "the bank's new key, refuse": "served"},
            "with refuse the bank at least gets in",
        ),
        (
            {**AFTER, "the bank's new key, accept": "locked out"},
            "accept means: accept the pinned key",
        ),
        *(
            ({**AFTER, "the pinned key, refuse": word}, REFUSAL)
            for word in ("protected", "exposed")
        ),
        *(
            ({**AFTER, name: word}, "an attacker is served like anybody else")
            for name in ("an attacker's key, refuse", "an attacker's key, accept")
            for word in ("served", "locked out")
        ),
        *(
            ({**AFTER, name: word}, "a new key is an attack")
            for name in ("the bank's new key, refuse", "the bank's new key, accept")
            for word in ("protected", "exposed")
        ),
        ({**AFTER, "an attacker's key, accept": "protected"}, "accept means: accept the bank"),
        ({**AFTER, "an attacker's key, refuse": "exposed"}, "expiry always opens the door"),
        ({**AFTER, "the bank's new key, accept": "exposed"}, "a new key is an attack"),
        (
            list({**AFTER, "an attacker's key, refuse": "exposed"}.items()),
            "expiry always opens the door",
        ),
    ],
}
