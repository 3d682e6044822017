"""How soon the page of `python -m minicnn demo` answers, in a real browser:

    python -m benchmarks.demo     needs chromium, chromium-driver, and pip install -e '.[browser]'

    pen to maps            from the move of the pen until every map is painted        under  50 ms
    click to arithmetic    from the click on a cell until its arithmetic stands       under 100 ms
    start to training      from the click on Start until the first step is shown      under 500 ms

The page measures itself, from the time stamp of the event to the frame that shows the answer, and
this takes the medians.  Frames are dropped, never queued: of two moves of the pen that come while
an answer is awaited the newer one is answered.  The limits are for two quiet cores.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.machine import machine
from minicnn.cli.arguments import whole

LIMITS = {"pen to maps": 50, "click to arithmetic": 100, "start to training": 500}    # ms
WAYS = [(-90, -90), (90, -90), (40, 0), (0, 100)]      # of the pen, from the middle of the pad


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m benchmarks.demo", description=__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=whole, default=5, help="digits that are drawn (5)")
    return options


def main() -> int:
    args = parser().parse_args()
    paths = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in paths:
        print("chromium or chromium-driver is missing: apt-get install chromium chromium-driver",
              file=sys.stderr)
        return 2
    server = subprocess.Popen([sys.executable, "-m", "minicnn", "demo", "--no-browser", "--port",
                               "18090"], stdout=subprocess.PIPE, text=True)
    try:
        address = next(line.strip() for line in server.stdout or () if line.startswith("http"))
        driver = browser(*paths)
        try:
            found = measured(driver, address, args.rounds)
        finally:
            driver.quit()
    finally:
        server.terminate()
        server.wait()
    own = machine()
    print(f"{own['date']}, {own['processor']}, {own['cores']} cores")
    for name, limit in LIMITS.items():
        times = found[name]
        print(f"{name:22} {statistics.median(times):7.1f} ms   of {len(times)}, the longest "
              f"{max(times):.1f}   (limit {limit})")
    return 0


def browser(chromium: str, driver: str) -> Any:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for option in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,1000"):
        options.add_argument(option)
    return webdriver.Chrome(options=options, service=Service(driver))


def measured(driver: Any, address: str, rounds: int) -> dict[str, list[float]]:
    """{name: milliseconds} of what a person does on the page."""
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By

    def element(name: str) -> Any:
        return driver.find_element(By.ID, name)

    driver.get(address)
    for _ in range(rounds):
        pen = ActionChains(driver, duration=20)
        pen.move_to_element_with_offset(element("pad"), *WAYS[0]).click_and_hold()
        for way in WAYS[1:]:
            for share in (0.5, 1.0):
                pen.move_to_element_with_offset(element("pad"), *(int(q * share) for q in way))
                pen.pause(0.1)
        pen.release().perform()
        until(lambda: "It reads" in element("says").text)
        for map_ in range(5):
            before = len(times(driver)["click to arithmetic"])
            canvas = driver.find_elements(By.CSS_SELECTOR, "#maps canvas[aria-label^='CONV2 ']")
            canvas[map_].click()
            until(lambda count=before: len(times(driver)["click to arithmetic"]) > count)
        element("clear").click()
    element("tab-lesson").click()
    until(lambda: "learns from" in element("lessonwords").text)
    for number in range(1, rounds + 1):
        element("run").click()
        until(lambda count=number: len(times(driver)["start to training"]) >= count)
        element("run").click()
    return times(driver)


def times(driver: Any) -> dict[str, list[float]]:
    entries = driver.execute_script("return performance.getEntriesByType('measure')"
                                    ".map(entry => [entry.name, entry.duration])")
    return {name: [duration for other, duration in entries if other == name] for name in LIMITS}


def until(what: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise TimeoutError("the page does not answer")
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main())
