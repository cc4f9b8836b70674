# SPDX-License-Identifier: MIT
"""The display shows the cluster's picture while it is true, else the safe picture. The tests run in this
order on one boot."""
import os
import subprocess

from board import CLUSTER, TOP, Board, expect

SAFE = TOP + "/board/rootfs/driver/usr/share/gpu-mediator/safe-cluster.png"
STRIP = TOP + "/tests/system/strip.py"
SECONDS = 60  # duration of a fault, long enough to look at the screen meanwhile


def start():
    board = Board("truth")
    board.configure(cluster="cluster-demo --announce --fps-log",
                    ivi="glmark2-es2-drm --run-forever "
                        "--visual-config red=1:green=1:blue=1:alpha=0:depth=1")
    board.boot()
    return board


def picture(board):
    return board.display("cluster")["picture"]


def wait_state(board, state, seconds=120):
    board.wait("the cluster's picture to be " + state, seconds,
               lambda: picture(board)["state"] == state)
    return picture(board)


def cluster_with(board, fault):
    """Restarts the cluster with a fault in its program."""
    board.configure(cluster="cluster-demo --announce --fault %s" % fault)
    board.restart("cluster")


def screenshot(board, name):
    board.must("driver", "gpumctl screenshot cluster /host/%s.png" % name)
    return os.path.join(board.out, name + ".png")


def pixels(path):
    return subprocess.run([STRIP, "--pixels", path], check=True, stdout=subprocess.PIPE).stdout


def is_safe_picture(board, name):
    expect(pixels(screenshot(board, name)) == pixels(SAFE), name + ".png is not the safe picture")


def strip_on_the_screen_matches_the_picture(board):
    board.wait("an announcement of the cluster", 300, lambda: picture(board)["announced"])
    layout = os.path.join(board.out, "layout")
    with open(layout, "w") as file:
        subprocess.run([CLUSTER, "--layout", "--size", "1280x400"], stdout=file, check=True)
    done = subprocess.run([STRIP, screenshot(board, "true"), "0", "399", layout],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    expect(done.returncode == 0, done.stdout.decode().strip())
    found = wait_state(board, "good")
    expect(found["mismatches"] == 0, "%d mismatches" % found["mismatches"])


def a_wrong_telltale_brings_the_safe_picture(board):
    cluster_with(board, "wrong-telltale@100+%d" % SECONDS)
    board.wait("the wrong telltale to be found", 200, lambda: picture(board)["mismatches"] > 0)
    wait_state(board, "safe", 10)
    board.wait("the safe picture", 10, lambda: picture(board)["shown"] == "safe")
    is_safe_picture(board, "wrong-telltale")


def other_guests_draw_on_beside_the_safe_picture(board):
    board.wait_frames("ivi", 20, 60)


def cluster_returns_with_good_frames(board):
    returns = picture(board)["returns"]
    board.wait("the cluster to return", SECONDS + 60, lambda: picture(board)["returns"] > returns)
    wait_state(board, "good", 30)


def frozen_guest_brings_the_safe_picture(board):
    freezes = picture(board)["freezes"]
    board.must("dom0", "xl pause cluster")
    board.wait("the freeze to be found", 30, lambda: picture(board)["freezes"] > freezes)
    board.wait("the safe picture", 10, lambda: picture(board)["shown"] == "safe")
    is_safe_picture(board, "frozen")
    board.must("dom0", "xl unpause cluster")
    wait_state(board, "good", 60)


def safe_picture_is_shown_without_a_compositor(board):
    """The compositor is stopped and can compose nothing, so the display must flip to the framebuffer that
    the CPU has painted."""
    pid = board.status()["panels"][0]["compositor"]["pid"]
    board.must("driver", "kill -STOP %d" % pid)
    board.wait("the safe picture", 20, lambda: picture(board)["shown"] == "safe")
    found = picture(board)
    expect(found["reason"] == "no frame from its guest", found["reason"])
    board.run("driver", "kill -KILL %d" % pid)
    wait_state(board, "good", 120)


TESTS = [
    strip_on_the_screen_matches_the_picture,
    a_wrong_telltale_brings_the_safe_picture,
    other_guests_draw_on_beside_the_safe_picture,
    cluster_returns_with_good_frames,
    frozen_guest_brings_the_safe_picture,
    safe_picture_is_shown_without_a_compositor,
]
