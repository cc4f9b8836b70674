# SPDX-License-Identifier: MIT
"""The driver domain's device tree as a test wants it."""
import os
import shutil
import subprocess

from board import BUILD, MACHINE

DISPLAYS = "/passthrough/gpu-mediator/displays"
# What is said of a display whose picture is to be fresh and true.
WATCHED = ("freeze-timeout-ms", "safe-picture", "announce", "telltales", "check-interval-ms")


def copy_tree(name):
    """The path of a copy of the image's own."""
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
    """The image's tree without what cuts command streams into slices."""
    path, guests = copy_tree(name), "/passthrough/gpu-mediator/guests"
    listed = subprocess.run(["fdtget", "-l", path, guests], check=True, text=True,
                            stdout=subprocess.PIPE).stdout.split()
    for guest in listed:
        subprocess.run(["fdtput", "-d", path, "%s/%s" % (guests, guest), "max-job-draws"],
                       check=False, stderr=subprocess.DEVNULL)
    return path
