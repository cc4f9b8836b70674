# SPDX-License-Identifier: MIT
"""Xen's policy: guests reach the driver domain and dom0's services, but not each other."""
import re

import starvation
from board import Board, expect
from orders import COMMAND, Orders

GUESTS = ("ivi", "passenger")
LABELS = {"Domain-0": "dom0_t", "driver": "driver_t", "cluster": "guest_t", "ivi": "guest_t",
          "passenger": "guest_t"}
GPU_PAGE = 0xa003


def start():
    board = Board("policy")
    board.configure(cluster="cluster-demo", **{guest: COMMAND % 0x5151 for guest in GUESTS})
    board.boot()
    board.orders = {guest: Orders(board, guest) for guest in GUESTS}
    return board


def denials(board):
    """The lines that Xen has logged for refused accesses."""
    with open(board.out + "/log/xen.log", errors="replace") as log:
        return re.findall(r"avc: +denied.*", log.read())


def xen_enforces_a_policy(board):
    # xl getenforce ends with status 1 if Xen enforces a policy, so use run() instead of must().
    expect(board.run("dom0", "xl getenforce")[1].strip() == "Enforcing", "Xen enforces no policy")


def each_domain_has_the_label_of_its_kind(board):
    for orders in board.orders.values():
        orders.wait_ready()
    listed = board.must("dom0", "xl list -Z")
    for name, label in LABELS.items():
        line = re.search(r"^%s\s.*$" % name, listed, re.M)
        expect(line and (":%s" % label) in line.group(0),
               "%s has not the label %s:\n%s" % (name, label, listed))


def guests_reach_the_driver_domain_and_dom0(board):
    board.wait_frames("cluster", 60)
    outcome = board.orders["ivi"].carry_out("driver-events")
    expect(outcome == "survived", "an event channel to the driver domain: " + outcome)


def xen_denies_nothing_that_the_board_needs(board):
    found = denials(board)
    expect(not found, "%d refusals, the first: %s" % (len(found), found[:1]))


def refused_and_logged(board, order, kind):
    ivi, passenger = board.orders["ivi"], board.orders["passenger"]
    ivi.write("neighbour", passenger.domid)
    before = len(denials(board))
    outcome = ivi.carry_out(order)
    expect(outcome == "refused", "the guest saw: " + outcome)
    logged = [line for line in denials(board)[before:] if "tclass=" + kind in line]
    expect(logged, "no refusal of class %s in Xen's log" % kind)
    expect("guest_t" in logged[0], "logged: " + logged[0])


def a_guest_gets_no_event_channel_to_another_guest(board):
    refused_and_logged(board, "neighbour-events", "event")


def guest_cannot_map_a_page_that_another_guest_grants(board):
    ivi, passenger = board.orders["ivi"], board.orders["passenger"]
    passenger.write("neighbour", ivi.domid)
    expect(passenger.carry_out("neighbour-grant") == "survived", "the passenger could not grant")
    ivi.write("reference", passenger.read("granted"))
    refused_and_logged(board, "neighbour-map", "grant")


def refused_domain(board, change):
    """Expects xl to fail to create a domain with ivi's configuration, changed by sed."""
    config = "/run/xen/other.cfg"
    board.must("dom0", "sed -e 's/^name = .*/name = \"other\"/' -e '%s' /run/xen/ivi.cfg >%s"
               % (change, config))
    status, output = board.run("dom0", "xl create -p " + config, 90)
    if status == 0:
        board.run("dom0", "xl destroy other")
    expect(status != 0, "the domain was created")
    return output


def a_domain_without_a_label_is_refused(board):
    before = len(denials(board))
    refused_domain(board, "/^seclabel/d")
    expect(any("create" in line for line in denials(board)[before:]), "Xen has not logged it")


def no_other_domain_gets_the_gpu(board):
    output = refused_domain(board, '$a iomem = [ "%x,1" ]' % GPU_PAGE)
    expect("iomem" in output, "refused for another reason: " + output[-300:])


TESTS = [
    xen_enforces_a_policy,
    each_domain_has_the_label_of_its_kind,
    guests_reach_the_driver_domain_and_dom0,
    xen_denies_nothing_that_the_board_needs,
    a_guest_gets_no_event_channel_to_another_guest,
    guest_cannot_map_a_page_that_another_guest_grants,
    a_domain_without_a_label_is_refused,
    no_other_domain_gets_the_gpu,
] + starvation.TESTS
