# SPDX-License-Identifier: MIT
"""The board under test: boots it, runs commands in its domains, reads its consoles."""
import base64
import json
import os
import shutil
import signal
import subprocess
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("BUILD") or os.path.join(TOP, "build"))
PATTERN = os.path.join(BUILD, "host/plain/bin/vgpu-pattern")
CLUSTER = os.path.join(BUILD, "host/plain/bin/cluster-demo")
MACHINE = os.environ.get("MACHINE") or "qemu-aarch64"
# Generous, as a board boots slowly on a busy host.
BOOT_SECONDS = int(os.environ.get("BOOT_LIMIT_S") or 400)
MEMORY_MIB = {"cluster": 384, "ivi": 512}


class Failure(Exception):
    """A test failed; the text says why."""


def expect(condition, text):
    if not condition:
        raise Failure(text)


class Board:
    def __init__(self, name, tree=None):
        self.out = os.path.join(BUILD, "check/system", name)
        self.tree = tree
        self.process = None
        self.programs = {}
        shutil.rmtree(self.out, ignore_errors=True)
        os.makedirs(self.out + "/config")

    def configure(self, **programs):
        """Sets guests and the command line of each. Takes effect when a guest is started (again)."""
        self.programs.update(programs)
        with open(self.out + "/config/guests", "w") as file:
            for guest, command in self.programs.items():
                file.write("%s %d 1 %s\n" % (guest, MEMORY_MIB.get(guest, 384),
                                             base64.b64encode(command.encode()).decode()))

    def boot(self):
        environment = dict(os.environ, HEADLESS="1", MACHINE=MACHINE)
        if self.tree:
            environment["DRIVER_TREE"] = self.tree
        log = open(self.out + "/boot.log", "w")
        self.process = subprocess.Popen([TOP + "/board/boot", self.out], env=environment,
                                        stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                        start_new_session=True)
        try:
            self.wait("the mediator to answer", BOOT_SECONDS, lambda: self.status() is not None)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        """Ends the board: on SIGTERM board/boot ends its QEMU and X server."""
        if not self.process:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process = None

    def run(self, domain, command, seconds=60):
        """Runs a shell command in dom0 or the driver domain. Returns exit status and output."""
        try:
            done = subprocess.run(
                [TOP + "/board/ctl", "-o", self.out, "-t", str(seconds), domain, command],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                timeout=seconds + 30)
        except subprocess.TimeoutExpired:
            return 124, "no answer from %s in %d s" % (domain, seconds)
        return done.returncode, done.stdout.decode(errors="replace")

    def must(self, domain, command, seconds=60):
        status, output = self.run(domain, command, seconds)
        expect(status == 0, "%s: `%s` ended with %d: %s" % (domain, command, status,
                                                          output.strip()[-300:]))
        return output

    def wait(self, what, seconds, condition):
        until = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if self.process and self.process.poll() is not None:
                raise Failure("the board ended while waiting for " + what)
            expect(time.monotonic() < until, "waited %d s for %s" % (seconds, what))
            time.sleep(0.5)

    def status(self):
        status, output = self.run("driver", "gpumctl --json status", 20)
        if status != 0:
            return None
        try:
            return json.loads(output)
        except ValueError:
            return None

    def _of(self, kind, name):
        status = self.status()
        expect(status is not None, "gpumctl status failed")
        for one in status[kind]:
            if one["name"] == name:
                return one
        return None

    def display(self, name):
        return self._of("displays", name)

    def guest(self, name):
        return self._of("guests", name)

    def console(self, guest):
        try:
            with open("%s/console/guest-%s.log" % (self.out, guest), errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def restart(self, guest):
        self.must("dom0", "/usr/lib/board/guests restart " + guest, 90)

    def wait_console(self, guest, text, seconds=400):
        self.wait("`%s` on %s's console" % (text, guest), seconds,
                  lambda: text in self.console(guest))

    def frames(self, display):
        return self.display(display)["frames"]

    def wait_frames(self, display, count, seconds=400):
        """Waits until the display has shown `count` more frames."""
        begin = self.frames(display)
        self.wait("%d more frames on %s" % (count, display), seconds,
                  lambda: self.frames(display) >= begin + count)

    def compare(self, display, seed):
        """Expects the display to show the test pattern of this seed, pixel by pixel."""
        png = "%s-%d.png" % (display, seed)
        self.must("driver", "gpumctl screenshot %s /host/%s" % (display, png))
        width, height = self.display(display)["region"][2:]
        self.verify(png, seed, (0, 0, width, height))

    def verify(self, png, seed, rect):
        """Expects a part of a picture to be the test pattern of this seed."""
        x, y, width, height = rect
        done = subprocess.run([PATTERN, "--verify", os.path.join(self.out, png), "--seed",
                               str(seed), "--size", "%dx%d" % (width, height), "--at",
                               "%d,%d" % (x, y)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        expect(done.returncode == 0, "%s: %s" % (png, done.stdout.decode().strip()))
