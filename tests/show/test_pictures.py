"""Pictures say in words what they show, change with the values, and can be read."""

import gc
import re
import subprocess
import sys
import weakref
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from certpin_lab import CertificateAuthority, Event, Outcome, Outcomes, Pin, PinSet, spki_der
from certpin_lab.cases.facts import incidents
from certpin_lab.cases.fleets import Adoption, Release, Served, simulate
from certpin_lab.pinning.certificate import certificate_fields
from certpin_lab.show import canvas as canvas_module
from certpin_lab.show import (
    case_table,
    chain,
    der_map,
    ladder,
    outcome_table,
    rollout_chart,
    timeline,
    tradeoff,
    verdict_matrix,
)
from certpin_lab.show.canvas import INK, PALE, TINTS, WIDTH, Canvas, text_width, wrap

LONG_NAME = "A certificate authority with a name of sixty-four characters, y"
ROOT = Path(__file__).parents[2]
IDENTITY = (
    CertificateAuthority("Honest Root CA")
    .issue_intermediate("Honest Issuing CA")
    .issue_leaf("bank.example")
)
CHAIN = (*IDENTITY.chain, IDENTITY.issuer.root)

SERVED = Outcome("unpinned", "honest Wi-Fi", False, True, None, "accepted")
EXPOSED = Outcome("unpinned", "hostile Wi-Fi", True, True, None, "accepted", 174, True)
LOCKED_OUT = Outcome("pinned", "honest Wi-Fi", False, False, "pin", "no pinned key")
PROTECTED = Outcome("pinned", "hostile Wi-Fi", True, False, "pin", "no pinned key", 0, True)
FOUR = Outcomes((SERVED, EXPOSED, LOCKED_OUT, PROTECTED))

STORY = (
    Event(1, "phone", "asks for bank.example", "wifi"),
    Event(2, "wifi", "hands the connection over", "attacker"),
    Event(3, "attacker", "certificate for bank.example, signed by Careless Reseller CA", "phone"),
    Event(4, "phone", "refuses (pin: no pinned key)", None, "good"),
    Event(5, "attacker", "has received 0 bytes"),
)
MORE = (
    Event(6, "attacker", "changes them and passes them on to the real bank", "bank", "bad"),
    Event(7, "bank", "has carried out the transfer to the thief's account", None, "bad"),
)


def many(clients: int, situations: int) -> Outcomes:
    return Outcomes(
        tuple(
            replace(
                EXPOSED if number % 2 else LOCKED_OUT,
                client=f"root and leaf key {row}",
                situation=f"mis-issued by another CA {number}",
            )
            for row in range(clients)
            for number in range(situations)
        )
    )


# ---- words


def test_the_matrix_says_every_verdict_and_how_much_was_read():
    assert repr(verdict_matrix(FOUR)) == (
        "Verdicts. unpinned, honest Wi-Fi: served; "
        "unpinned, hostile Wi-Fi: exposed, 174 bytes read; "
        "pinned, honest Wi-Fi: locked out; pinned, hostile Wi-Fi: protected, 0 bytes read."
    )


def test_the_ladder_says_every_step_and_its_mark():
    assert repr(ladder(STORY)) == (
        "What happened. phone to wifi: asks for bank.example; "
        "wifi to attacker: hands the connection over; "
        "attacker to phone: certificate for bank.example, signed by Careless Reseller CA; "
        "phone: refuses (pin: no pinned key) (good); attacker: has received 0 bytes."
    )


def test_the_chain_says_every_role_name_and_pin():
    sentence = repr(chain(CHAIN, [Pin.of(IDENTITY.certificate)]))
    assert sentence.startswith(
        f"Chain. leaf bank.example, {Pin.of(CHAIN[0])}, pinned; "
        f"intermediate Honest Issuing CA, {Pin.of(CHAIN[1])};"
    )
    assert sentence.endswith(f"root Honest Root CA, {Pin.of(CHAIN[2])}.")


def test_the_chain_does_not_call_a_stranger_the_issuer():
    stranger = CertificateAuthority("Stranger").certificate
    drawn = texts(lambda: chain((IDENTITY.certificate, stranger)))
    assert "not signed by" in drawn
    assert "not signed by" not in texts(lambda: chain(CHAIN))


def test_the_chain_does_not_believe_a_forged_issuer_name():
    impostor = (
        CertificateAuthority("Honest Issuing CA", seed="attacker")
        .issue_leaf("bank.example")
        .certificate
    )
    assert impostor.issuer == CHAIN[1].subject
    assert "not signed by" in texts(lambda: chain((impostor, CHAIN[1])))


# ---- changes


@pytest.mark.parametrize("changed", [
    replace(PROTECTED, attacker_read=1), replace(PROTECTED, accepted=True),
    replace(PROTECTED, hijacked=False), replace(PROTECTED, client="app"),
])  # fmt: skip
def test_a_changed_outcome_changes_the_words_and_the_picture(changed):
    before, after = verdict_matrix(FOUR), verdict_matrix(Outcomes((*FOUR.rows[:3], changed)))
    assert repr(before) != repr(after)
    assert before.png != after.png


@pytest.mark.parametrize("changed", [
    replace(STORY[3], mark="bad"), replace(STORY[3], action="accepts"),
    replace(STORY[3], target="attacker"), replace(STORY[3], actor="bank"),
])  # fmt: skip
def test_a_changed_event_changes_the_words_and_the_picture(changed):
    before, after = ladder(STORY), ladder((*STORY[:3], changed, STORY[4]))
    assert repr(before) != repr(after)
    assert before.png != after.png


def test_a_pin_changes_the_words_and_the_picture():
    before, after = chain(CHAIN), chain(CHAIN, [Pin.of(CHAIN[1])])
    assert repr(before) != repr(after)
    assert before.png != after.png


def test_two_processes_draw_the_same_bytes():
    script = """
import hashlib
from certpin_lab import Event
from certpin_lab.show import ladder
story = [Event(1, "phone", "asks", "bank"), Event(2, "bank", "answers", "phone", "good")]
print(hashlib.sha256(ladder(story).png).hexdigest())
"""
    once, again = (
        subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True
        ).stdout
        for _ in range(2)
    )
    assert once == again
    assert len(once.strip()) == 64


# ---- legibility


def drawn(draw, monkeypatch) -> Canvas:
    """The canvas behind a picture, with all that was drawn on it."""
    monkeypatch.setattr(Canvas, "_give_back", lambda self: None)
    seen = []
    finish = Canvas.picture

    def keep(self, sentence):
        seen.append(self)
        return finish(self, sentence)

    monkeypatch.setattr(Canvas, "picture", keep)
    draw()
    return seen[0]


def texts(draw) -> list[str]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        return [
            text.get_text()
            for text in drawn(draw, monkeypatch).figure.axes[0].texts
            if text.get_text()
        ]


PICTURES = {
    "two by two": lambda: verdict_matrix(FOUR),
    "one": lambda: verdict_matrix(Outcomes((SERVED,))),
    "six by ten": lambda: verdict_matrix(many(6, 10)),
    "eight by eight": lambda: verdict_matrix(many(8, 8)),
    "ladder": lambda: ladder(STORY),
    "full ladder": lambda: ladder((*STORY, *MORE)),
    "two actors": lambda: ladder(
        (Event(1, "phone", "hello " * 30, "bank"), Event(2, "bank", "word " * 20))
    ),
    "chain": lambda: chain(CHAIN, [Pin.of(IDENTITY.certificate)]),
    "long names": lambda: chain([CertificateAuthority(LONG_NAME).certificate]),
}  # fmt: skip


@pytest.mark.parametrize("name", PICTURES)
def test_no_text_is_clipped_or_lies_over_another(name, monkeypatch):
    figure = drawn(PICTURES[name], monkeypatch).figure
    renderer = figure.canvas.get_renderer()
    boxes = [
        (text.get_text(), text.get_window_extent(renderer))
        for text in figure.axes[0].texts
        if text.get_text()
    ]
    assert boxes
    for text, box in boxes:
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= figure.bbox.x1, text
        assert box.y1 <= figure.bbox.y1, text
    for number, (text, box) in enumerate(boxes):
        for other_text, other in boxes[number + 1 :]:
            assert not box.padded(-2).overlaps(other.padded(-2)), (text, other_text)


@pytest.mark.parametrize("name", PICTURES)
def test_no_text_is_smaller_than_twelve_css_pixels(name, monkeypatch):
    figure = drawn(PICTURES[name], monkeypatch).figure
    assert (
        min(text.get_fontsize() * 96 / 72 for text in figure.axes[0].texts if text.get_text()) >= 12
    )


def luminance(color: str) -> float:
    parts = [int(color[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("ground", ["#ffffff", "#f0f0f0", "#f5f5f5", *TINTS.values()])
def test_text_stands_out_from_its_ground(ground):
    assert contrast(INK, ground) >= 7
    assert contrast(PALE, ground) >= 4.5


def test_the_background_is_opaque_white(monkeypatch):
    figure = drawn(PICTURES["chain"], monkeypatch).figure
    assert bytes(figure.canvas.buffer_rgba())[:4] == b"\xff\xff\xff\xff"


def test_a_picture_is_twice_as_dense_as_it_is_large():
    picture = verdict_matrix(FOUR)
    data, metadata = picture._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert data["text/plain"] == repr(picture)
    assert metadata["image/png"] == {"width": WIDTH, "height": picture.height}
    assert int.from_bytes(picture.png[16:20], "big") == 2 * WIDTH
    assert b"Software" not in picture.png


def test_wrapped_lines_fit_and_lose_no_word():
    text = "certificate for bank.example, signed by Careless Reseller CA"
    lines = wrap(text, 200)
    assert " ".join(lines) == text
    assert all(text_width(line) <= 200 for line in lines)
    assert len(wrap(text, 1000)) == 1
    assert wrap("", 100) == [""]


# ---- tables


def test_a_table_is_plain_text_and_safe_html():
    table = outcome_table(FOUR, caption="<script>alert(1)</script>")
    assert "unpinned  hostile Wi-Fi  exposed     accepted            174 bytes" in repr(table)
    html = table._repr_html_()
    assert "<caption>&lt;script&gt;" in html
    assert '<th scope="col" style="text-align: left">verdict</th>' in html
    assert '<th scope="row" style="text-align: left">pinned</th>' in html
    assert not [part for part in ("<script", "class=", "id=") if part in html]
    assert set(re.findall('style="(.*?)"', html)) == {
        "text-align: left"
    }  # one of the properties that JupyterLab keeps


def test_a_changed_outcome_changes_the_table():
    assert repr(outcome_table(FOUR)) != repr(
        outcome_table(Outcomes((*FOUR.rows[:3], replace(PROTECTED, attacker_read=1))))
    )


# ---- input that makes no sense


@pytest.mark.parametrize(("draw", "says"), [
    (lambda: verdict_matrix(Outcomes(())), "Run something first"),
    (lambda: verdict_matrix(many(9, 9)), "at most 30 by 8 cells; got 9 by 9"),
    (lambda: ladder(()), "must have 2 to 4 actors"),
    (lambda: ladder([Event(1, "phone", "waits")]), "must have 2 to 4 actors"),
    (lambda: ladder([Event(1, str(n), "talks", f"to {n}") for n in range(5)]), "2 to 4 actors"),
    (lambda: chain([]), "1 to 8 certificates; got 0"),
    (lambda: case_table([], caption="c", columns=("a",)), "at least one row"),
    (lambda: case_table([("x", "y")], caption="c", columns=("a",)), "a cell for each column: a"),
])  # fmt: skip
def test_input_that_makes_no_picture_says_why(draw, says):
    with pytest.raises(ValueError, match=says):
        draw()


def test_showing_needs_no_pyplot_and_the_package_no_matplotlib():
    script = """
import sys
import certpin_lab.show
assert not {"matplotlib", "IPython"} & set(sys.modules)
certpin_lab.show.ladder([certpin_lab.Event(1, "phone", "asks", "bank")])
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "error", "-c", script], cwd=ROOT, check=True)
    assert canvas_module.__doc__


# The map of a certificate.


def test_the_map_names_every_field_and_the_pin():
    certificate = CertificateAuthority("Map Root").issue_leaf("bank.example").certificate
    sentence = repr(der_map(certificate))
    for field in certificate_fields(certificate.public_bytes(Encoding.DER)):
        assert f"{field.name} at byte {field.offset}, {field.length} long" in sentence
    assert str(Pin.of(certificate)) in sentence
    assert len(spki_der(certificate)) == 91
    assert "the 91 bytes from" in sentence


def test_two_keys_have_two_maps_and_the_same_certificate_the_same_bytes():
    authority = CertificateAuthority("Map Root")
    one, other = (
        authority.issue_leaf("bank.example"),
        authority.issue_leaf("bank.example", generation=2),
    )
    assert der_map(one.certificate).png == der_map(one.certificate).png
    assert der_map(one.certificate).png != der_map(other.certificate).png


def test_a_long_name_is_cut_inside_the_map():
    names = [f"host-{number}.with-a-rather-long-name.example" for number in range(9)]
    picture = der_map(CertificateAuthority("Map Root").issue_leaf(*names).certificate)
    assert picture.width == 760


# Attacks stopped against renewals survived.


def test_the_tradeoff_says_every_score_and_changes_with_it():
    scores = {"leaf key": (4, 3), "no pin": (0, 5)}
    picture = tradeoff(scores)
    assert "leaf key: 4 attacks stopped, 3 renewals survived" in repr(picture)
    assert tradeoff({**scores, "no pin": (1, 5)}).png != picture.png


@pytest.mark.parametrize("scores", [{}, {"leaf key": (6, 0)}, {"leaf key": (0, -1)}])
def test_a_score_that_cannot_be_is_refused(scores):
    with pytest.raises(
        ValueError, match=r"`scores` must not be empty|must be within \(5, 5\); got"
    ):
        tradeoff(scores)


# Incidents.


def test_the_timeline_says_every_incident_and_who_noticed():
    found = incidents("mis-issuance")
    picture = timeline(found)
    for incident in found:
        assert str(incident) in repr(picture)
    assert timeline(found[1:]).height < picture.height


def test_an_empty_timeline_is_refused():
    with pytest.raises(ValueError, match="1 to 20 incidents; got 0"):
        timeline([])


def test_a_chain_says_where_a_signature_does_not_hold():
    other = CertificateAuthority("Honest Root CA", seed="another").issue_leaf("bank.example")
    assert "not signed by the next" in repr(chain([other.certificate, *CHAIN[1:]]))
    assert "not signed" not in repr(chain(CHAIN))


# Locked out and exposed over time.


def plan(change: int):
    authority = CertificateAuthority("Chart CA")
    today, later = (
        authority.issue_leaf("bank.example"),
        authority.issue_leaf("bank.example", generation=2),
    )
    releases = [
        Release("1", -1, PinSet([Pin.of(today.certificate)])),
        Release("2", 0, PinSet([Pin.of(later.certificate)])),
    ]
    return simulate(
        releases, [Served(0, today), Served(change, later)], Adoption.named("typical"), 120
    )


def test_the_chart_says_the_worst_of_each_plan_and_its_marks():
    results = {"early": plan(10), "late": plan(90)}
    picture = rollout_chart(results, marks={10: "new key"})
    for name, result in results.items():
        assert f"{name}: {result}" in repr(picture)
    assert "Day 10: new key." in repr(picture)
    assert (
        rollout_chart({"early": plan(10), "late": plan(60)}, marks={10: "new key"}).png
        != picture.png
    )


@pytest.mark.parametrize(("results", "marks", "says"), [
    ({}, {}, "1 to 6 plans; got 0"),
    ({str(number): None for number in range(7)}, {}, "1 to 6 plans; got 7"),
    ({"plan": plan(10)}, {120: "too late"}, "between 0 and 119; got 120"),
])  # fmt: skip
def test_a_chart_that_cannot_be_drawn_is_refused(results, marks, says):
    with pytest.raises(ValueError, match=says):
        rollout_chart(results, marks=marks)


def test_a_finished_picture_leaves_no_buffer_behind():
    """Ten megabytes each, in sixty kernels: they must not wait until a garbage collection comes by."""
    gc.disable()
    try:
        drawing = Canvas(300)
        drawing.text(100, 100, "text", behind="white")
        drawing.box(10, 10, 50, 20, fill="white")
        drawing.arrow(10, 10, 90, 90)
        buffer = weakref.ref(drawing._agg.get_renderer())
        drawing.figure.draw(buffer())
        assert buffer() is not None
        assert drawing.picture("A drawing.").png.startswith(b"\x89PNG")
        assert buffer() is None
    finally:
        gc.enable()
