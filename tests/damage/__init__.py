"""Damaged inputs, drawn from a seed, and the one process with limits that feeds them to the commands."""
