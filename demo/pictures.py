"""`make pictures`: pages of the served demo, as Chromium shows them -> docs/pictures."""

import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from demo.chromium import ARGUMENTS, NoChromium, chromium
from demo.serve import seeded
from demo.server import served
from demo.stage import CHECKOUT, StoryError

_FOLDER = CHECKOUT / "docs" / "pictures"
# Page, who looks at it, name of the picture, height in pixels.
_SUBJECTS = (
    ("/", "publisher-admin", "packs-page", 560),
    ("/accounts/initech", "account", "account-page", 640),
)
_WIDTH = 1120


def main() -> int:
    """Writes each picture for light and for dark; 1 when that can't be done."""
    try:
        program = chromium()
        with (
            tempfile.TemporaryDirectory(prefix="larkfield-") as folder,
            sync_playwright() as playwright,
        ):
            install_base = seeded(Path(folder))
            browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
            with served(install_base.stage, sys.stderr) as (_, address):
                for path, role, name, height in _SUBJECTS:
                    token = install_base.tokens[role]
                    _picture(browser, address + path, token, _FOLDER / f"{name}.png", height)
                    dark = _FOLDER / f"{name}-dark.png"
                    _picture(browser, address + path, token, dark, height, "dark")
            browser.close()
    except (NoChromium, StoryError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _picture(
    browser: Browser,
    address: str,
    token: str,
    target: Path,
    height: int,
    scheme: Literal["light", "dark"] = "light",
) -> None:
    page = browser.new_page(
        viewport={"width": _WIDTH, "height": height},
        color_scheme=scheme,
        timezone_id="Europe/Paris",
    )
    page.goto(address)
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(address)
    page.screenshot(path=target)
    page.close()
    print(f"{target.relative_to(CHECKOUT)}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    sys.exit(main())
