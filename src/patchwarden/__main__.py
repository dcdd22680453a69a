"""Lets `python -m patchwarden` do what `patchwarden` does."""

from patchwarden.cli.main import main

if __name__ == "__main__":
    main()
