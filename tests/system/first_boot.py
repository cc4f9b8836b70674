# SPDX-License-Identifier: MIT
"""The board as it is shipped, but without the cluster's freeze detection. The tests run in this order on
one boot."""
import re
import time

from board import Board, expect
from trees import MONITORED, copy_tree, remove

SEEDS = {"cluster": 0x11, "ivi": 0x2200, "passenger": 0x330000}
# Shows a pattern and keeps it on the screen.
HOLD = "vgpu-pattern --seed %d"
HOLD_DUMB = HOLD + " --dumb"  # the guest's CPU draws it, with 2D commands


def start():
    # A pattern stands still, which the monitor of the cluster's display would take for a freeze.
    tree = copy_tree("first-boot")
    remove(tree, "display@0", MONITORED)
    board = Board("first-boot", tree)
    board.configure(**{guest: HOLD % seed for guest, seed in SEEDS.items()})
    board.boot()
    return board


def the_driver_domain_is_not_dom0(board):
    board.wait("the mediator to have read its domain's id", 60,
               lambda: board.status()["driver_domain"]["domid"] is not None)
    driver = board.status()["driver_domain"]
    expect(driver["is_dom0"] is False, "gpumctl status shows is_dom0: %s" % driver["is_dom0"])
    expect(driver["domid"] > 0, "the driver domain's id is %s" % driver["domid"])
    listed = board.must("dom0", "xl list")
    expect(re.search(r"^\S+\s+%d\s" % driver["domid"], listed, re.M),
           "xl list does not show domain %d:\n%s" % (driver["domid"], listed))


def dom0_has_no_gpu(board):
    status, output = board.run("dom0", "ls /dev/dri /sys/class/drm/card* 2>/dev/null")
    expect(output.strip() == "", "dom0 sees " + output)


def three_guests_render_through_mesas_virgl(board):
    for guest, seed in SEEDS.items():
        board.wait_console(guest, "showing seed=%d" % seed)
        renderer = re.search(r"renderer: (.*)", board.console(guest))
        expect(renderer, "%s has not named its renderer" % guest)
        expect(renderer.group(1).startswith("virgl"),
               "%s renders with %s" % (guest, renderer.group(1)))
    expect("virgl" in board.status()["gpu"]["renderer"],
           "the backends' GPU is " + board.status()["gpu"]["renderer"])


def each_display_shows_the_picture_of_its_guest(board):
    for guest, seed in SEEDS.items():
        board.compare(guest, seed)


def each_display_belongs_to_the_domain_of_its_guest(board):
    for guest in SEEDS:
        domid = board.must("dom0", "xl domid " + guest).strip()
        expect(str(board.display(guest)["domid"]) == domid,
               "%s's display belongs to %s, not %s" % (guest, board.display(guest)["domid"],
                                                      domid))


def an_unconfigured_domain_gets_no_gpu(board):
    board.configure(stranger=HOLD % 1)
    board.must("dom0", "/usr/lib/board/guests start stranger", 90)
    try:
        board.wait_console("stranger", "no display after")
        expect("showing" not in board.console("stranger"), "the stranger shows a picture")
        expect(board.guest("stranger") is None, "the mediator serves the stranger")
        state = board.run("dom0", "xenstore-read /local/domain/$(xl domid stranger)"
                          "/device/vgpu/0/state")[1].strip()
        expect(state != "4", "the stranger's vgpu is connected")
        for guest, seed in SEEDS.items():
            board.compare(guest, seed)
    finally:
        board.run("dom0", "/usr/lib/board/guests stop stranger", 60)


def guest_can_be_destroyed_and_created_again_while_others_draw(board):
    board.configure(cluster="cluster-demo")
    board.restart("cluster")
    board.wait("the cluster to draw", 180, lambda: board.frames("cluster") > 20)
    before = board.must("dom0", "xl domid ivi").strip()
    board.must("dom0", "xl destroy ivi")
    board.wait_frames("cluster", 20)
    board.wait("ivi's backend to end", 60, lambda: board.guest("ivi")["pid"] is None)
    board.configure(ivi=HOLD_DUMB % 0x4400)
    board.must("dom0", "/usr/lib/board/guests start ivi", 90)
    begin = time.monotonic()
    frames = board.frames("cluster")
    board.wait_console("ivi", "showing seed=%d" % 0x4400)
    seconds = time.monotonic() - begin
    expect(board.frames("cluster") >= frames + seconds,
           "the cluster drew only %d frames in the %d s that ivi took to boot"
           % (board.frames("cluster") - frames, seconds))
    expect(board.must("dom0", "xl domid ivi").strip() != before, "ivi has the same domid as before")
    board.compare("ivi", 0x4400)
    board.compare("passenger", SEEDS["passenger"])


def guests_keep_their_gpu_and_their_pictures_when_the_mediator_dies(board):
    before = board.status()
    board.must("driver", "kill -9 %d" % before["pid"])
    board.wait("another mediator", 30,
               lambda: (board.status() or before)["pid"] != before["pid"])
    board.wait_frames("cluster", 20, 30)
    for guest in before["guests"]:
        expect(board.guest(guest["name"])["pid"] == guest["pid"],
               "%s has another backend" % guest["name"])
    # These guests draw nothing new, so their backends must send the last frames again.
    for guest, seed in (("ivi", 0x4400), ("passenger", SEEDS["passenger"])):
        board.wait("%s's picture" % guest, 30, lambda: board.frames(guest) > 0)
        board.compare(guest, seed)


def killed_backend_does_not_stop_the_cluster(board):
    pid = board.guest("ivi")["pid"]
    frames = board.frames("cluster")
    board.must("driver", "kill -9 %d" % pid)
    board.wait("the cluster to draw on", 60, lambda: board.frames("cluster") > frames + 20)
    expect("signal 9" in (board.guest("ivi")["last_fault"] or "") or
           "Killed" in (board.guest("ivi")["last_fault"] or ""),
           "last fault of ivi: %s" % board.guest("ivi")["last_fault"])
    expect(board.guest("cluster")["strikes"] == 0, "the cluster has a strike")


TESTS = [
    the_driver_domain_is_not_dom0,
    dom0_has_no_gpu,
    three_guests_render_through_mesas_virgl,
    each_display_shows_the_picture_of_its_guest,
    each_display_belongs_to_the_domain_of_its_guest,
    an_unconfigured_domain_gets_no_gpu,
    guest_can_be_destroyed_and_created_again_while_others_draw,
    guests_keep_their_gpu_and_their_pictures_when_the_mediator_dies,
    killed_backend_does_not_stop_the_cluster,
]
