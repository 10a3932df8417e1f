"""`python -m training.cli` is `ekiben`."""

from training.cli.app import main

main()
