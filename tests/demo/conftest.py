"""The page in a real browser: Debian's chromium and chromium-driver, driven by selenium.

What needs the fixture `hand` is skipped, with a reason, where one of the three is missing.
"""

import re
import shutil
import threading
import time

import pytest

from minicnn.cli.demo import pocket_reader, pocket_scene
from minicnn.demo.addresses import Site
from minicnn.demo.lesson import Lesson
from minicnn.demo.server import Server
from tests.demo.test_lesson import few


@pytest.fixture(scope="package")
def whole_site():
    return Site(pocket_reader(), Lesson(few),
                pocket_scene())


@pytest.fixture(scope="package")
def address(whole_site):
    server = Server(whole_site.routes, 0)
    threading.Thread(target=server.run, daemon=True).start()
    yield server.address
    server.shutdown()


@pytest.fixture(scope="package")
def chromium():
    paths = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in paths:
        pytest.skip("chromium or chromium-driver is not installed: apt-get install both")
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: pip "
                                    "install -e '.[browser]'")
    options = webdriver.ChromeOptions()
    options.binary_location = paths[0]
    for option in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(paths[1]))
    yield driver
    driver.quit()


class Hand:
    """A person at the browser."""

    def __init__(self, driver, address):
        self.driver, self.address = driver, address

    def open(self, width=1280, dark=False, more="", calm=False):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if calm else "no-preference"}]})
        self.driver.get(self.address + more)
        return self

    def __call__(self, name):
        return self.driver.find_element("id", name)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def do(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def wait(self, what):
        end = time.monotonic() + 60
        while not what():
            assert time.monotonic() < end, "the page does not come to that"
            time.sleep(0.03)

    def text(self, name):
        return self.do("return document.getElementById(arguments[0]).textContent", name)

    def take(self, digit):
        """One of the ten digits, read."""
        self.all("#digits button")[digit].click()
        self.wait(lambda: f"It reads {digit}" in self.text("says"))

    def map(self, name):
        """The canvas whose label begins so."""
        return next(one for one in self.all("#maps canvas")
                    if (one.get_attribute("aria-label") or "").startswith(name))

    def click_cell(self, name, row, column, size):
        canvas = self.map(name)
        self.do("""const canvas = arguments[0];
                   canvas.scrollIntoView({block: "center"});
                   const box = canvas.getBoundingClientRect(), [row, column, size] = arguments[1];
                   canvas.dispatchEvent(new MouseEvent("click", {
                     clientX: box.left + (column + 0.5) / size * box.width,
                     clientY: box.top + (row + 0.5) / size * box.height}));""",
                canvas, [row, column, size])

    def keys(self, *keys):
        self.hand().send_keys(*keys).perform()

    def hand(self):
        """Moves and keys, a fiftieth of a second each."""
        from selenium.webdriver.common.action_chains import ActionChains
        return ActionChains(self.driver, duration=20)

    def focused(self):
        return self.driver.switch_to.active_element


@pytest.fixture
def hand(chromium, address):
    """Whatever a test does: no complaint in the console, and no request leaves the machine."""
    chromium.get_log("browser")
    chromium.get_log("performance")
    yield Hand(chromium, address)
    assert chromium.get_log("browser") == []
    own = address.partition("?")[0]
    asked = re.findall(r'"method":"Network.requestWillBeSent".*?"url":"([^"]*)"',
                       "\n".join(entry["message"] for entry in chromium.get_log("performance")))
    assert [url for url in asked if not url.startswith((own, "data:", "blob:", "chrome"))] == []
