# SPDX-License-Identifier: Apache-2.0
"""Opens every page in Chromium and tells of every complaint: `check.py FOLDER EMPTY SOME`, two addresses of servers.

Also measures, without judging, how long the server takes for a page.
"""

import pathlib
import statistics
import subprocess
import sys
import time
import urllib.request

import html5lib
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

PAGES = [
    ("campaigns", "/"),
    ("campaigns-open", "/d/tidemark-campaigns?from=now-24h&row=17&row=22"),
    ("models", "/d/tidemark-models?from=now-24h"),
    ("quality", "/d/tidemark-quality?from=now-24h"),
    ("self", "/d/tidemark-self?from=now-6h"),
    ("query", "/query?query=sum+by+%28campaign%29+%28campaign_window%3Aclicks%3Aincrease%7Bwindow%3D%2224h%22%7D%29"),
    ("query-wrong", "/query?query=sum%28"),
]
SIZES = {"phone": (390, 844), "desk": (1440, 900)}
# Milliseconds; an unoptimised server on a busy machine is slow.
TIMEOUT = 300_000
complaints = []


def complain(where, what):
    complaints.append(f"{where}: {what}")
    print(complaints[-1])


def validate(name, address):
    """The HTML, by a parser that follows the standard and by one that was written from scratch."""
    request = urllib.request.Request(address, headers={"Accept": "text/html"})
    with urllib.request.urlopen(request) as answer:
        text = answer.read().decode("utf-8")
    parser = html5lib.HTMLParser()
    parser.parse(text)
    for place, code, details in parser.errors:
        complain(name, f"html5lib at {place}: {code} {details}")
    # It knows no <main> in SVG's namespace and warns of what HTML 5 permits; errors count.
    tidied = subprocess.run(["tidy", "-q", "-e", "-utf8", "--drop-empty-elements", "no"], input=text, capture_output=True, text=True)
    for line in tidied.stderr.splitlines():
        if "Error:" in line:
            complain(name, f"tidy {line}")
    return len(text)


def look(browser, folder, name, address):
    """On every size and in both colours: axe, the console, whether something is wider than the screen, and a screenshot."""
    for size, (width, height) in SIZES.items():
        for scheme in ("light", "dark"):
            where = f"{name}-{size}-{scheme}"
            # axe itself is a script, and the page lets none run.
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, bypass_csp=True)
            page = context.new_page()
            page.on("console", lambda message: complain(where, f"console: {message.text}"))
            page.on("dialog", lambda dialog: (complain(where, "a script ran"), dialog.dismiss()))
            page.goto(address, timeout=TIMEOUT)
            found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
            for violation in found.response["violations"]:
                nodes = [node["html"][:160] for node in violation["nodes"][:3]]
                complain(where, f"axe {violation['id']} ({len(violation['nodes'])}): {violation['help']}: {nodes}")
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if overflow > 0:
                complain(where, f"{overflow} pixels too wide")
            page.screenshot(path=folder / f"{where}.png", full_page=True)
            context.close()


def walk(browser, address):
    """Without a mouse and without scripts: the first stop skips the menu, and a choice can be made and sent."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address, timeout=TIMEOUT)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    if not page.url.endswith("#content"):
        complain("keyboard", f"the first stop led to {page.url}")
    page.select_option("select[name=from]", "now-6h")
    page.locator("button").first.focus()
    with page.expect_navigation(url="**/d/**", timeout=TIMEOUT):
        page.keyboard.press("Enter")
    if "from=now-6h" not in page.url:
        complain("keyboard", f"the form led to {page.url}")
    context.close()


def measure(name, address):
    """Milliseconds from the request to the last byte, on one connection after the other."""
    times = []
    request = urllib.request.Request(address, headers={"Accept": "text/html"})
    for _ in range(15):
        begun = time.perf_counter()
        with urllib.request.urlopen(request) as answer:
            answer.read()
        times.append((time.perf_counter() - begun) * 1000)
    print(f"{name}: {min(times):.0f} ms at best, {statistics.median(times):.0f} ms median, {max(times):.0f} ms at worst")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for kind, base in (("empty", sys.argv[2]), ("some", sys.argv[3])):
            for name, path in PAGES:
                size = validate(f"{kind}-{name}", base + path)
                look(browser, folder, f"{kind}-{name}", base + path)
                print(f"{kind}-{name}: {size} bytes")
        walk(browser, sys.argv[3])
        # The checker has to notice.
        page = browser.new_context(bypass_csp=True).new_page()
        page.set_content("<html><body><img src='data:,'><button></button></body></html>")
        noticed = {violation["id"] for violation in Axe().run(page).response["violations"]}
        if not {"image-alt", "button-name"} <= noticed:
            complain("axe", f"noticed only {noticed}")
        browser.close()
    for name, path in PAGES:
        measure(f"some-{name}", sys.argv[3] + path)
    if complaints:
        sys.exit(f"{len(complaints)} complaints")
    print(f"No complaint about {2 * len(PAGES)} pages.")


if __name__ == "__main__":
    main()
