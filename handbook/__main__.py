"""`python -m handbook`: writes the reference pages anew, and names those that changed."""

from pathlib import Path

from handbook.pages import PAGES

TOP = Path(__file__).parents[1]


def main() -> None:
    """Writes below the folder that holds this package."""
    for path, made in PAGES.items():
        target, text = TOP / path, made(TOP)
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            print(f"wrote {path}")


if __name__ == "__main__":
    main()
