# SPDX-License-Identifier: MIT
"""Guests, devices and services end at any moment, and come back."""
import re
import time

from board import Board, expect
from orders import Orders

SEEDS = {"ivi": 0x1c1c1c, "passenger": 0x2d2d2d}
PATTERN = "vgpu-pattern --seed %d"
DRIVER_DOMID = 1
# An entry of Xen's dump of the grant tables: [reference], domain that maps it, ...
ENTRY = re.compile(r"\[0x[0-9a-f]+\] +(\d+) +0x[0-9a-f]+ +0x[0-9a-f]+ ")
TABLE = re.compile(r"grant-table for remote d(\d+)")


def start():
    board = Board("lifecycle")
    # The passenger draws with the kernel's frontend, and vgpu-hostile waits for the order to panic.
    board.configure(cluster="cluster-demo", ivi=PATTERN % SEEDS["ivi"],
                    passenger=PATTERN % SEEDS["passenger"] + " & vgpu-hostile")
    board.boot()
    return board


def cluster_draws_on(board, action):
    """Expects the cluster to show at least one frame per second while `action` runs."""
    begin, frames = time.monotonic(), board.frames("cluster")
    action()
    seconds = time.monotonic() - begin
    shown = board.frames("cluster") - frames
    expect(shown >= seconds, "the cluster drew %d frames in %d s" % (shown, seconds))


def shows(board, guest):
    board.wait_console(guest, "showing seed=%d" % SEEDS[guest])
    board.compare(guest, SEEDS[guest])


def all_guests_draw(board):
    board.wait_frames("cluster", 60)
    for guest in SEEDS:
        shows(board, guest)


def panicking_guest_affects_no_other_guest(board):
    orders = Orders(board, "passenger")
    orders.wait_ready()

    def panic():
        orders.give("panic")
        board.wait("the passenger's backend to end", 90,
                   lambda: board.guest("passenger")["pid"] is None)
    cluster_draws_on(board, panic)
    expect("sysrq" in board.console("passenger"), "the passenger has not panicked")
    board.compare("ivi", SEEDS["ivi"])


def guest_can_be_started_again_after_a_panic(board):
    board.must("dom0", "xl destroy passenger 2>/dev/null; rm -f /host/console/guest-passenger.log; "
               "/usr/lib/board/guests start passenger", 90)
    board.wait("a frame of the passenger", 180, lambda: board.guest("passenger")["pid"] and
               board.frames("passenger") > 0)
    shows(board, "passenger")


def detach_takes_the_gpu_away_and_attach_gives_it_back(board):
    expect(board.guest("ivi")["pid"], "ivi has no backend")
    cluster_draws_on(board, lambda: board.must("dom0", "gpumctl detach ivi", 40))
    board.wait("ivi's backend to end", 30, lambda: board.guest("ivi")["pid"] is None)
    expect(board.run("dom0", "xenstore-exists /local/domain/$(xl domid ivi)/device/vgpu/0")[0],
           "ivi's device is still in xenstore")
    board.must("dom0", "gpumctl attach ivi")
    # ivi's program still holds the picture of the old device and draws no frame, so test only whether
    # the new device is connected.
    board.wait("ivi to connect again", 120, lambda: board.guest("ivi")["pid"] and
               board.guest("ivi")["counters"]["granted_pages"] > 0)


def mapped_by_the_driver_domain(board):
    """The number of pages of each domain that the driver domain maps, from Xen's grant tables."""
    path = board.out + "/log/xen.log"
    with open(path, errors="replace") as log:
        before = len(log.read())
    board.must("dom0", "xl debug-keys g", 60)

    def dump():
        with open(path, errors="replace") as log:
            text = log.read()[before:]
        return text if "gnttab_usage_print_all ] done" in text else None
    tables, domid = {}, None
    for line in board.wait("Xen's dump of the grant tables", 120, dump).splitlines():
        table, entry = TABLE.search(line), ENTRY.search(line)
        if table:
            domid = int(table.group(1))
        if entry and int(entry.group(1)) == DRIVER_DOMID:
            tables[domid] = tables.get(domid, 0) + 1
    return tables


def detached_and_destroyed_guests_have_no_page_mapped(board):
    ivi = int(board.must("dom0", "xl domid ivi"))
    for guest in ("cluster", "passenger"):
        board.must("dom0", "/usr/lib/board/guests stop " + guest, 60)
    before = mapped_by_the_driver_domain(board)
    expect(before.get(ivi, 0) > 0, "the dump shows no page of ivi, which draws: %s" % before)
    board.must("dom0", "gpumctl detach ivi", 40)
    after = mapped_by_the_driver_domain(board)
    expect(not after, "pages that the driver domain still maps, by domain: %s" % after)
    listed = board.must("dom0", "xl list")
    expect("(null)" not in listed and "cluster" not in listed and "passenger" not in listed,
           "a destroyed domain is still there:\n" + listed)


def frames_go_on_without_xenstored(board):
    board.must("dom0", "/usr/lib/board/guests start cluster", 90)
    board.wait("the cluster to draw", 180, lambda: board.guest("cluster")["pid"] and
               board.frames("cluster") > 0)
    board.wait_frames("cluster", 30)
    board.must("dom0", "kill -9 $(pidof xenstored)")
    cluster_draws_on(board, lambda: time.sleep(10))


TESTS = [
    all_guests_draw,
    panicking_guest_affects_no_other_guest,
    guest_can_be_started_again_after_a_panic,
    detach_takes_the_gpu_away_and_attach_gives_it_back,
    detached_and_destroyed_guests_have_no_page_mapped,
    frames_go_on_without_xenstored,
]
