from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.inference.captions.elan import lanes, write_eaf

TIMES = st.integers(0, 50).map(lambda tenths: tenths / 10)
SPANS = st.lists(st.tuples(TIMES, TIMES, st.sampled_from("abc")).map(lambda s: (min(s[:2]), max(s[:2]) + 0.1, s[2])))


def _read(path: Path) -> dict[str, list[tuple[int, int, str]]]:
    root = ElementTree.parse(path).getroot()
    times = {slot.attrib["TIME_SLOT_ID"]: int(slot.attrib["TIME_VALUE"]) for slot in root.iter("TIME_SLOT")}
    return {
        tier.attrib["TIER_ID"]: [
            (times[a.attrib["TIME_SLOT_REF1"]], times[a.attrib["TIME_SLOT_REF2"]], a.findtext("ANNOTATION_VALUE") or "")
            for a in tier.iter("ALIGNABLE_ANNOTATION")
        ]
        for tier in root.iter("TIER")
    }


def test_reads_back(tmp_path: Path) -> None:
    out = tmp_path / "out.eaf"
    media = tmp_path / "clips" / "ä b.mp4"
    write_eaf(out, media, {"pseudo-glosses": [(0.2, 0.9, "regen & <wind>"), (1.0, 1.5, "süden")], "sentence": []})
    assert _read(out) == {"pseudo-glosses": [(200, 900, "regen & <wind>"), (1000, 1500, "süden")], "sentence": []}
    root = ElementTree.parse(out).getroot()
    assert root.attrib["FORMAT"] == "3.0"
    descriptor = root.find("HEADER/MEDIA_DESCRIPTOR")
    assert descriptor is not None
    assert descriptor.attrib["RELATIVE_MEDIA_URL"] == "./clips/ä b.mp4"
    assert descriptor.attrib["MEDIA_URL"].startswith("file:///")
    assert descriptor.attrib["MIME_TYPE"] == "video/mp4"


def test_children_stand_in_the_schemas_order_and_references_resolve(tmp_path: Path) -> None:
    out = tmp_path / "out.eaf"
    write_eaf(out, None, {"a": [(0, 1, "x"), (0.5, 2, "y")]})
    root = ElementTree.parse(out).getroot()
    assert [child.tag for child in root] == ["HEADER", "TIME_ORDER", "TIER", "TIER", "LINGUISTIC_TYPE"]
    assert root.findtext("HEADER/PROPERTY") == "2"
    types = {kind.attrib["LINGUISTIC_TYPE_ID"] for kind in root.iter("LINGUISTIC_TYPE")}
    assert {tier.attrib["LINGUISTIC_TYPE_REF"] for tier in root.iter("TIER")} <= types


def test_overlapping_annotations_get_a_tier_of_their_own(tmp_path: Path) -> None:
    out = tmp_path / "out.eaf"
    write_eaf(out, None, {"glosses": [(0, 1, "x"), (0.5, 2, "y"), (1, 3, "z")]})
    assert _read(out) == {"glosses": [(0, 1000, "x"), (1000, 3000, "z")], "glosses 2": [(500, 2000, "y")]}


@given(SPANS)
def test_lanes_hold_every_span_and_no_overlap(spans: list[tuple[float, float, str]]) -> None:
    found = lanes(spans)
    assert sorted(span for lane in found for span in lane) == sorted(spans)
    for lane in found:
        assert all(before[1] <= after[0] for before, after in pairwise(lane))


def test_what_xml_cannot_hold_is_replaced(tmp_path: Path) -> None:
    """ElementTree writes what no reader takes: control characters, halves of pairs, U+FFFE."""
    out = tmp_path / "out.eaf"
    hostile = "a\x00b\x1b[2Jc\x08d\ufffe\ud800e\t\x85süden 🙂"
    write_eaf(out, tmp_path / "cl\x1bip.mp4", {f"tier\x01{hostile}": [(0.0, 1.0, hostile)]})
    replaced = "a\ufffdb\ufffd[2Jc\ufffdd\ufffd\ufffde\t\x85süden 🙂"
    ((name, spans),) = _read(out).items()
    assert spans == [(0, 1000, replaced)]
    assert name == f"tier\ufffd{replaced}"
