"""English function words: articles, pronouns, prepositions, conjunctions, auxiliaries and adverbs that carry no topic.

Our own closed classes. The first How2Sign paper with reduced BLEU (Tarres et al. 2023) published another list with its
code, made from the training text's most frequent words. Scores with different lists are not comparable.
"""

from __future__ import annotations

_DETERMINERS = "a an the this that these those some any each every either neither another other such all both many much"
_PRONOUNS = "i you he she it we they me him her us them my your his its our their mine yours hers ours theirs"
_REFLEXIVE = "myself yourself himself herself itself ourselves yourselves themselves"
_QUESTIONS = "who whom whose which what where when why how whatever whichever wherever whenever"
_PREPOSITIONS = (
    "of to in on at by for with from into onto about over under up down out off through between against around "
    "across along behind below above beside besides near during until since without within toward towards upon"
)
_CONJUNCTIONS = "and or but nor so yet if then than because while although though as whether unless"
_AUXILIARIES = (
    "am is are was were be been being do does did doing done have has had having can could will would shall should "
    "may might must ought"
)
_ADVERBS = "not no here there now just also too very really actually again already only even still well right okay ok"
_SHORTENED = "isn aren wasn weren don doesn didn haven hasn hadn can couldn won wouldn shouldn mustn mightn"
_SHORT_FORMS = ("'s", "'re", "'m", "'ll", "'ve", "'d")

_PLAIN = " ".join(
    (_DETERMINERS, _PRONOUNS, _REFLEXIVE, _QUESTIONS, _PREPOSITIONS, _CONJUNCTIONS, _AUXILIARIES, _ADVERBS)
).split()
FUNCTION_WORDS = frozenset(
    [
        *_PLAIN,
        *(
            f"{word}{short}"
            for word in (*_PRONOUNS.split(), *_QUESTIONS.split(), "that", "there", "here")
            for short in _SHORT_FORMS
        ),
        *(f"{word}'t" for word in _SHORTENED.split()),
        "let's",
    ]
)
