"""Annotations for ELAN, the field's annotation tool: EAF 3.0 (https://www.mpi.nl/tools/elan/EAF_Annotation_Format_3.0.pdf)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from xml.etree import ElementTree

from sign2gpt.common.files import atomic_file

FORBIDDEN = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
"""Characters that XML 1.0 does not allow, even escaped: control characters, surrogates, non-characters."""

T = TypeVar("T")
Span = tuple[float, float, str]
SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
TIER_TYPE = "default-lt"
MIME_TYPES = {".mp4": "video/mp4", ".mov": "video/quicktime", ".mpg": "video/mpeg", ".mpeg": "video/mpeg"}


def write_eaf(path: Path, media: Path | None, tiers: Mapping[str, Sequence[Span]]) -> None:
    """Writes spans (start_s, end_s, text) as an ELAN file.

    Annotations of an ELAN tier cannot overlap: overlapping ones are put in tiers ``NAME 2``, ``NAME 3``, ...
    """
    root = ElementTree.Element("ANNOTATION_DOCUMENT", _document_attributes())
    header = ElementTree.SubElement(root, "HEADER", MEDIA_FILE="", TIME_UNITS="milliseconds")
    if media is not None:
        ElementTree.SubElement(header, "MEDIA_DESCRIPTOR", _media_attributes(path, media))
    order = ElementTree.SubElement(root, "TIME_ORDER")
    annotations = 0
    for name, spans in tiers.items():
        for number, lane in enumerate(lanes(spans) or [[]], start=1):
            tier_name = FORBIDDEN.sub("\ufffd", name if number == 1 else f"{name} {number}")
            tier = ElementTree.SubElement(root, "TIER", LINGUISTIC_TYPE_REF=TIER_TYPE, TIER_ID=tier_name)
            for span in lane:
                annotations += 1
                _add_annotation(tier, order, annotations, span)
    last = ElementTree.SubElement(header, "PROPERTY", NAME="lastUsedAnnotationId")
    last.text = str(annotations)
    ElementTree.SubElement(root, "LINGUISTIC_TYPE", _type_attributes())
    ElementTree.indent(root)
    with atomic_file(path) as partial:
        ElementTree.ElementTree(root).write(partial, encoding="utf-8", xml_declaration=True)


def lanes(spans: Iterable[tuple[float, float, T]]) -> list[list[tuple[float, float, T]]]:
    """Spans in as few lanes as possible, so that no two in a lane overlap."""
    found: list[list[tuple[float, float, T]]] = []
    for span in sorted(spans, key=lambda span: span[:2]):
        free = next((lane for lane in found if lane[-1][1] <= span[0]), None)
        if free is None:
            found.append([span])
        else:
            free.append(span)
    return found


def _add_annotation(tier: ElementTree.Element, order: ElementTree.Element, number: int, span: Span) -> None:
    start_s, end_s, text = span
    start = round(start_s * 1000)
    times = {f"ts{2 * number - 1}": start, f"ts{2 * number}": max(round(end_s * 1000), start + 1)}
    for name, time in times.items():
        ElementTree.SubElement(order, "TIME_SLOT", TIME_SLOT_ID=name, TIME_VALUE=str(time))
    first, second = times
    annotation = ElementTree.SubElement(tier, "ANNOTATION")
    aligned = ElementTree.SubElement(
        annotation, "ALIGNABLE_ANNOTATION", ANNOTATION_ID=f"a{number}", TIME_SLOT_REF1=first, TIME_SLOT_REF2=second
    )
    ElementTree.SubElement(aligned, "ANNOTATION_VALUE").text = FORBIDDEN.sub("\ufffd", text)


def _document_attributes() -> dict[str, str]:
    return {
        "AUTHOR": "sign2gpt",
        "DATE": datetime.now(UTC).isoformat(timespec="seconds"),
        "FORMAT": "3.0",
        "VERSION": "3.0",
        f"{{{INSTANCE}}}noNamespaceSchemaLocation": SCHEMA,
    }


def _media_attributes(path: Path, media: Path) -> dict[str, str]:
    relative = Path(os.path.relpath(media.resolve(), path.resolve().parent)).as_posix()
    return {
        "MEDIA_URL": media.resolve().as_uri(),
        "MIME_TYPE": MIME_TYPES.get(media.suffix.lower(), "unknown"),
        "RELATIVE_MEDIA_URL": FORBIDDEN.sub("\ufffd", relative if relative.startswith(".") else f"./{relative}"),
    }


def _type_attributes() -> dict[str, str]:
    return {"GRAPHIC_REFERENCES": "false", "LINGUISTIC_TYPE_ID": TIER_TYPE, "TIME_ALIGNABLE": "true"}
