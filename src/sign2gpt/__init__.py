"""sign2gpt: signed video to spoken-language text, without gloss annotations."""

__version__ = "0.1.0"
