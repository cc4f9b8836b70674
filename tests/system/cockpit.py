# SPDX-License-Identifier: MIT
"""`make run DURATION=10`: its exit status, its report and its pictures."""
import json
import os
import shutil
import subprocess

from board import BOOT_SECONDS, BUILD, TOP, expect

OUT = os.path.join(BUILD, "check/system/cockpit")
DISPLAYS = ("cluster", "ivi", "passenger")


class Run:
    """A finished run; the tests look at its output folder."""

    def __init__(self):
        shutil.rmtree(OUT, ignore_errors=True)
        os.makedirs(OUT)
        self.done = subprocess.run(
            [TOP + "/board/run"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=2 * BOOT_SECONDS,
            env=dict(os.environ, HEADLESS="1", DURATION="10", OUT=OUT,
                     BOOT_LIMIT_S=str(BOOT_SECONDS)))
        expect(os.path.exists(OUT + "/report.json"), "no report.json; output: %s" % (
            self.done.stdout.decode(errors="replace")[-400:]))
        with open(OUT + "/report.json") as file:
            self.report = json.load(file)

    def stop(self):
        pass


def start():
    return Run()


def make_run_ends_with_status_0(run):
    expect(run.done.returncode == 0, "make run ended with %d: %s" % (
        run.done.returncode, run.done.stdout.decode(errors="replace")[-400:]))


def three_guests_show_frames(run):
    found = {d["name"]: d for d in run.report["displays"]}
    expect(set(found) == set(DISPLAYS), "the displays are %s" % sorted(found))
    for display in DISPLAYS:
        expect(found[display]["frames"] > 0, display + " has no frame")
    expect(len({d["domid"] for d in found.values()}) == 3, "not three domains")


def report_names_a_driver_domain_other_than_dom0(run):
    expect(run.report["driver_domain"]["is_dom0"] is False,
           "driver domain: %s" % run.report["driver_domain"])
    expect("virgl" in run.report["gpu"]["renderer"], "GPU: %s" % run.report["gpu"])


def run_leaves_a_picture_of_the_screen_and_of_each_display(run):
    for name in ("cockpit",) + DISPLAYS:
        path = "%s/%s.png" % (OUT, name)
        expect(os.path.exists(path), "there is no " + path)
        expect(os.path.getsize(path) > 2000, "no picture in " + path)


TESTS = [
    make_run_ends_with_status_0,
    three_guests_show_frames,
    report_names_a_driver_domain_other_than_dom0,
    run_leaves_a_picture_of_the_screen_and_of_each_display,
]
