"""`python -m sign2gpt`, for launchers: `accelerate launch -m sign2gpt train RECIPE`."""

from sign2gpt.cli.main import main

if __name__ == "__main__":
    main()
