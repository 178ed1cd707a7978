"""Examples that the help of each command ends with, by the words of the command."""

EXAMPLES = {
    "translate": ("sign2gpt translate demo", "sign2gpt translate runs/translate clip.mp4 --json"),
    "caption": ("sign2gpt caption demo lecture.mp4 -o lecture.vtt", "sign2gpt caption RUN talk.mp4 -o captioned.mp4"),
    "localize": ("sign2gpt localize runs/pretrain clip.mp4 -o places.png",),
    "app": ("sign2gpt app demo", "sign2gpt app runs/translate --port 8080"),
    "bulk": ("sign2gpt bulk runs/translate videos/ translations/ --workers 4",),
    "features": ("sign2gpt features runs/pretrain mycorpus features/",),
    "prepare folder": ("sign2gpt prepare folder src/ mycorpus --language de",),
    "prepare how2sign": ("sign2gpt prepare how2sign How2Sign/ corpora/how2sign --size 224",),
    "prepare phoenix14t": ("sign2gpt prepare phoenix14t phoenix-2014-T.v3.tar.gz corpora/phoenix14t",),
    "prepare csl-daily": ("sign2gpt prepare csl-daily CSL-Daily/ corpora/csl-daily",),
    "prepare gfslt": ("sign2gpt prepare gfslt labels/ videos/ corpora/mine --language de",),
    "check": ("sign2gpt check mycorpus",),
    "corpus export": ("sign2gpt corpus export mycorpus tables/",),
    "corpus remove": (
        "sign2gpt corpus remove mycorpus --signer Signer03",
        "sign2gpt corpus remove mycorpus --id clip7",
    ),
    "shards": ("sign2gpt shards mycorpus shards/ --mb 512",),
    "glosses": ("sign2gpt glosses mycorpus", "sign2gpt glosses mycorpus --tagger hanta --report glosses.html"),
    "synth": ("sign2gpt synth demo corpus/",),
    "sign": ('sign2gpt sign "REGEN MORGEN NORDEN" out.mp4',),
    "recipes list": ("sign2gpt recipes list",),
    "recipes copy": ("sign2gpt recipes copy phoenix14t_translate mine.yaml",),
    "validate": ("sign2gpt validate mine.yaml", "sign2gpt validate mine.yaml --stage train --set train.batch=4"),
    "profile": ("sign2gpt profile phoenix14t_translate --random",),
    "lm": ("sign2gpt lm mine.yaml",),
    "pretrain": ("sign2gpt pretrain mine.yaml", "sign2gpt pretrain mine.yaml --set pretrain.batch=4"),
    "train": ("sign2gpt train mine.yaml", "sign2gpt train mine.yaml --init runs/pretrain"),
    "params": ("sign2gpt params phoenix14t_translate",),
    "convert": ("sign2gpt convert checkpoint.pth runs/official --vocabulary glosses.txt",),
    "evaluate": ("sign2gpt evaluate runs/translate -o runs/translate/test.json",),
    "calibrate": ("sign2gpt calibrate runs/translate",),
    "score": (
        "sign2gpt score hypotheses.txt references.txt --protocol phoenix14t",
        "cat hypotheses.txt | sign2gpt score - references.txt --protocol plain --json",
    ),
    "compare": ("sign2gpt compare theirs.json ours=seed0.json,seed1.json --format markdown",),
    "report": ("sign2gpt report runs/translate -o report.html",),
    "runs list": ("sign2gpt runs list runs/",),
    "runs using": ("sign2gpt runs using mycorpus --signer Signer03 --in runs",),
    "push": ("sign2gpt push runs/translate OWNER/NAME --card-only",),
    "demo": ("sign2gpt demo", "sign2gpt demo --folder elsewhere --full"),
    "doctor": ("sign2gpt doctor",),
}


def examples(command: str) -> str:
    """The end of a command's help, each example on a line."""
    return "\n\n".join(["[bold]Examples[/bold]", *(f"  {line}" for line in EXAMPLES[command])])
