"""`python -m sign2gpt`, for launchers: `torchrun --nproc-per-node 8 -m sign2gpt train RECIPE`."""

from sign2gpt.cli.main import main

if __name__ == "__main__":
    main()
