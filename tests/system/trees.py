# SPDX-License-Identifier: MIT
"""Changed copies of the driver domain's device tree."""
import os
import shutil
import subprocess

from board import BUILD, MACHINE

DISPLAYS = "/passthrough/gpu-mediator/displays"
# The properties of a display whose picture the mediator monitors.
MONITORED = ("freeze-timeout-ms", "safe-picture", "announce", "telltales", "check-interval-ms")


def copy_tree(name):
    """Copies the image's tree and returns the copy's path."""
    path = os.path.join(BUILD, "check/system", name + ".dtb")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    images = os.environ.get("IMAGES") or os.path.join(BUILD, "deploy", MACHINE)
    shutil.copy(os.path.join(images, "driver.dtb"), path)
    return path


def put(path, node, name, cells):
    subprocess.run(["fdtput", "-t", "i", path, "%s/%s" % (DISPLAYS, node), name]
                   + [str(cell) for cell in cells], check=True)


def remove(path, node, names):
    for name in names:
        subprocess.run(["fdtput", "-d", path, "%s/%s" % (DISPLAYS, node), name], check=True)


def whole_streams_tree(name):
    """Copies the image's tree without the properties that cut command streams into slices."""
    path, guests = copy_tree(name), "/passthrough/gpu-mediator/guests"
    listed = subprocess.run(["fdtget", "-l", path, guests], check=True, text=True,
                            stdout=subprocess.PIPE).stdout.split()
    for guest in listed:
        subprocess.run(["fdtput", "-d", path, "%s/%s" % (guests, guest), "max-job-draws"],
                       check=False, stderr=subprocess.DEVNULL)
    return path
