"""How each tagger's own tags are read as universal parts of speech; data, no code.

A tag that is missing here is read as ``X`` and dropped.
"""

from __future__ import annotations

KEPT = frozenset({"NOUN", "NUM", "ADV", "PRON", "PROPN", "ADJ", "VERB"})
"""Parts of speech whose words become pseudo-glosses (MODEL.md 4)."""

STTS = {
    "NN": "NOUN",
    "NNA": "NOUN",  # an adjective as noun: die Reisende
    "NNI": "NOUN",  # an infinitive as noun: das Reisen
    "NE": "PROPN",
    "CARD": "NUM",
    "ADJ(A)": "ADJ",
    "ADJ(D)": "ADJ",
    "ADV": "ADV",
    "PROAV": "ADV",
    "PWAV": "ADV",
    "PPER": "PRON",
    "PDS": "PRON",
    "PIS": "PRON",
    "PRF": "PRON",
    "PRELS": "PRON",
    "PWS": "PRON",
    "PPOSS": "PRON",
    "VV(FIN)": "VERB",
    "VV(IMP)": "VERB",
    "VV(INF)": "VERB",
    "VV(IZU)": "VERB",
    "VV(PP)": "VERB",
    "VA(FIN)": "AUX",
    "VA(IMP)": "AUX",
    "VA(INF)": "AUX",
    "VA(PP)": "AUX",
    "VM(FIN)": "AUX",
    "VM(INF)": "AUX",
    "VM(PP)": "AUX",
    "ART": "DET",
    "PDAT": "DET",
    "PIAT": "DET",
    "PPOSAT": "DET",
    "PRELAT": "DET",
    "PWAT": "DET",
    "APPO": "ADP",
    "APPR": "ADP",
    "APPRART": "ADP",
    "APZR": "ADP",
    "PTKVZ": "ADP",  # the split-off part of a verb: es klart AUF
    "KON": "CCONJ",
    "KOKOM": "CCONJ",
    "KOUI": "SCONJ",
    "KOUS": "SCONJ",
    "PTKA": "PART",
    "PTKANT": "PART",
    "PTKNEG": "PART",
    "PTKZU": "PART",
    "ITJ": "INTJ",
    "$(": "PUNCT",
    "$,": "PUNCT",
    "$.": "PUNCT",
}
"""HanTa's German tags (STTS; its form of a tag is in brackets), read as spaCy's German pipelines convert them."""

JIEBA = {
    "n": "NOUN",
    "ng": "NOUN",
    "nz": "NOUN",
    "l": "NOUN",  # set phrases: 核磁共振
    "j": "NOUN",  # abbreviations: 交警
    "s": "NOUN",  # places: 家里
    "t": "NOUN",  # times: 今天
    "tg": "NOUN",
    "an": "NOUN",
    "vn": "NOUN",
    "eng": "NOUN",  # a word in Latin letters: ATM
    "nr": "PROPN",
    "nrfg": "PROPN",
    "nrt": "PROPN",
    "ns": "PROPN",
    "nt": "PROPN",
    "m": "NUM",
    "mq": "NUM",
    "q": "NUM",  # measure words count as numbers, as in spaCy's Chinese pipelines
    "d": "ADV",
    "df": "ADV",
    "dg": "ADV",
    "ad": "ADV",
    "vd": "ADV",
    "zg": "ADV",  # nearly always 很
    "r": "PRON",
    "rg": "PRON",
    "rr": "PRON",
    "rz": "PRON",
    "a": "ADJ",
    "ag": "ADJ",
    "b": "ADJ",
    "z": "ADJ",
    "v": "VERB",
    "vg": "VERB",
    "vi": "VERB",
    "vq": "VERB",
    "i": "VERB",  # idioms, which are whole predicates
    "p": "ADP",
    "f": "PART",  # localisers: 上 里, particles in spaCy's Chinese pipelines
    "c": "CCONJ",
    "u": "PART",
    "ud": "PART",
    "ug": "PART",
    "uj": "PART",
    "ul": "PART",
    "uv": "PART",
    "uz": "PART",
    "y": "PART",
    "h": "PART",
    "k": "PART",
    "e": "INTJ",
    "o": "INTJ",
}
"""jieba's flags, read as spaCy's Chinese pipelines would tag the same words."""
