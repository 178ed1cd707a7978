"""The universal parts of speech of each tagger's own tags; data, no code.

A tag that is missing here becomes ``X``, and its words are dropped.
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
"""HanTa's German tags (STTS, with the word's form in brackets), converted as in spaCy's German pipelines."""

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
    "q": "NUM",  # measure words are numbers, as in spaCy's Chinese pipelines
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
"""jieba's flags, converted as spaCy's Chinese pipelines would tag the same words."""

CLAWS5 = {
    "NN0": "NOUN",
    "NN1": "NOUN",
    "NN2": "NOUN",
    "NN": "NOUN",  # only in HanTa, for few words: non-profit
    "NP0": "PROPN",
    "CRD": "NUM",
    "AJ0": "ADJ",
    "AJC": "ADJ",
    "AJS": "ADJ",
    "ORD": "ADJ",
    "AV0": "ADV",
    "AVQ": "ADV",
    "EX0": "PRON",
    "PNI": "PRON",
    "PNP": "PRON",
    "PNQ": "PRON",
    "DPS": "PRON",  # my, your
    "DTQ": "PRON",  # what, which
    "VVB": "VERB",
    "VVD": "VERB",
    "VVG": "VERB",
    "VVI": "VERB",
    "VVN": "VERB",
    "VVZ": "VERB",
    "VDG": "VERB",  # `do` as a main verb: to do, doing, done
    "VDI": "VERB",
    "VDN": "VERB",
    "VDB": "AUX",
    "VDD": "AUX",
    "VDZ": "AUX",
    "VBB": "AUX",
    "VBD": "AUX",
    "VBG": "AUX",
    "VBI": "AUX",
    "VBN": "AUX",
    "VBZ": "AUX",
    "VHB": "AUX",
    "VHD": "AUX",
    "VHG": "AUX",
    "VHI": "AUX",
    "VHN": "AUX",
    "VHZ": "AUX",
    "VM0": "AUX",
    "AT0": "DET",
    "DT0": "DET",
    "AVP": "ADP",  # the split-off part of a verb: pick it UP
    "IN": "ADP",
    "PRF": "ADP",
    "PRP": "ADP",
    "CJC": "CCONJ",
    "CJS": "SCONJ",
    "CJT": "SCONJ",
    "POS": "PART",
    "TO0": "PART",
    "XX0": "PART",
    "ITJ": "INTJ",
    "PUL": "PUNCT",
    "PUN": "PUNCT",
    "PUQ": "PUNCT",
    "PUR": "PUNCT",
}
"""HanTa's English tags (CLAWS 5, of the British National Corpus), converted as in spaCy's English pipelines."""
