"""`python -m hades_mcp` is `hades`."""

from hades_mcp.cli import main

if __name__ == "__main__":
    main()
