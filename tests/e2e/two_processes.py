"""Pretrains by a recipe, then trains: one of the processes of a run, or all of it."""

from __future__ import annotations

import sys

import torch

from sign2gpt.cli.jobs import job_of
from sign2gpt.recipe import load
from sign2gpt.training import stages

torch.set_num_threads(1)
recipe = load(sys.argv[1], sys.argv[2:])
stages.pretrain(job_of(recipe), recipe.pretrain)
stages.train(job_of(recipe), recipe.train)
