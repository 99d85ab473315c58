"""`python -m reseed` is `reseed`."""

from reseed.cli.main import run

if __name__ == "__main__":
    run()
