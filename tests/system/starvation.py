# SPDX-License-Identifier: MIT
"""Guests that compute on all of their CPUs do not starve the cluster. Runs on the boot of policy.py."""
import statistics
import time

from board import expect

# Quiet and busy intervals alternate, and each busy one is compared with its two neighbours, so that other
# work of the host affects both. The median ignores the rounds in which it did not.
ROUNDS = 5
SECONDS = 7
BURN_SECONDS = 10  # how long vgpu-hostile computes for one order
LEAST_RATIO = 0.9


def rate(board):
    begin, first = time.monotonic(), board.frames("cluster")
    time.sleep(SECONDS)
    return (board.frames("cluster") - first) / (time.monotonic() - begin)


def cpu_seconds(board, guest):
    line = [line.split() for line in board.must("dom0", "xl list " + guest).splitlines()][1]
    return float(line[5])


def busy_rate(board):
    for orders in board.orders.values():
        orders.give("burn-cpu")
    time.sleep(1)
    found = rate(board)
    for orders in board.orders.values():
        board.wait("%s to be quiet again" % orders.guest, 60, orders.outcome)
    return found


def guests_that_saturate_their_cpus_do_not_starve_the_cluster(board):
    board.wait_frames("cluster", 60)
    before = {guest: cpu_seconds(board, guest) for guest in board.orders}
    quiet, busy = [rate(board)], []
    for _ in range(ROUNDS):
        busy.append(busy_rate(board))
        quiet.append(rate(board))
    for guest in board.orders:
        spent = cpu_seconds(board, guest) - before[guest]
        print("# %s used %.1f CPU seconds" % (guest, spent))
        # The guests get the CPU time that the cluster leaves, and must have used some.
        expect(spent > ROUNDS * BURN_SECONDS / 20, "%s was not busy: %.1f s" % (guest, spent))
    print("# cluster frames/s: quiet %s, busy %s" % (
        ", ".join("%.1f" % r for r in quiet), ", ".join("%.1f" % r for r in busy)))
    ratio = statistics.median(2 * b / (quiet[i] + quiet[i + 1]) for i, b in enumerate(busy))
    expect(ratio >= LEAST_RATIO, "beside busy guests the cluster draws %.2f of its quiet rate" % ratio)


TESTS = [guests_that_saturate_their_cpus_do_not_starve_the_cluster]
