# SPDX-License-Identifier: MIT
"""A guest on Xen plays the frontend itself and breaks its rules, one by one, while the cluster draws."""
import time

from board import Board, expect
from orders import COMMAND, Orders

HONEST_SEED = 0x7777
QUARANTINED, REFUSED, SURVIVED = "quarantined", "refused", "survived"
# Attack: (outcome that the guest must see, text of the last fault in `gpumctl status`).
ATTACKS = {
    "index-too-far": (QUARANTINED, "the available index"),
    "index-backwards": (QUARANTINED, "the available index"),
    "entry-beyond": (QUARANTINED, "not below the queue's size"),
    "chain-loop": (QUARANTINED, "longer than the queue"),
    "chain-outside": (QUARANTINED, "outside the pool"),
    "chain-wraps": (QUARANTINED, "outside the pool"),
    "chain-indirect": (QUARANTINED, "not negotiated"),
    "ring-outside": (QUARANTINED, "a ring lies outside the pool"),
    "no-magic": (QUARANTINED, "no magic number"),
    "giant-pool": (QUARANTINED, "the pool's size"),
    "foreign-grant": (QUARANTINED, "cannot be mapped"),
    "foreign-backing": (REFUSED, None),
    "end-while-mapped": (SURVIVED, None),
    # Events are delayed at once, but the guest is quarantined only if the storm lasts longer.
    "event-storm": ((QUARANTINED, SURVIVED), None),
    "command-flood": (SURVIVED, None),
    "giant-resources": (REFUSED, None),
    "unknown-commands": (REFUSED, None),
    "racing-rewrites": ((QUARANTINED, SURVIVED), None),
    "state-flapping": (SURVIVED, None),
    "key-garbage": (QUARANTINED, "frontend key"),
    "key-flood": ((QUARANTINED, SURVIVED), None),
    "nodes-of-others": (REFUSED, None),
}
# The cluster's rate during an attack is compared with its rate in the quiet interval just before, and the
# rate in all attacks with the rate in all quiet intervals. In a short interval other work of the host,
# and the start of a new backend, may cost more frames than in the sum.
QUIET_SECONDS = 4
SAMPLE_SECONDS = 1.0
ATTACK_SECONDS = 120
LEAST_RATE = 0.4
LEAST_RATE_IN_ALL = 0.8


class Interval:
    """Counts the cluster's frames in an interval, with samples that show a standstill."""

    def __init__(self, board):
        self.board = board
        self.first = self.last = self.read()
        self.standstill = 0.0

    def read(self):
        return time.monotonic(), self.board.frames("cluster")

    def sample(self):
        time.sleep(SAMPLE_SECONDS)
        now = self.read()
        if now[1] == self.last[1]:
            self.standstill = max(self.standstill, now[0] - self.last[0])
        self.last = now

    def until(self, seconds):
        while self.seconds() < seconds:
            self.sample()
        return self

    def seconds(self):
        return self.last[0] - self.first[0]

    def frames(self):
        return self.last[1] - self.first[1]

    def rate(self):
        return self.frames() / self.seconds()


class Sum:
    """Frames and seconds of many intervals."""

    def __init__(self):
        self.frames = self.seconds = 0

    def add(self, interval):
        self.frames += interval.frames()
        self.seconds += interval.seconds()

    def rate(self):
        return self.frames / self.seconds


def start():
    board = Board("hostile")
    board.configure(cluster="cluster-demo", ivi=COMMAND % HONEST_SEED)
    board.boot()
    board.ivi = Orders(board, "ivi")
    board.quiet, board.attacked = Sum(), Sum()
    return board


def the_hostile_guest_is_ready(board):
    board.ivi.wait_ready()
    board.wait("the cluster to draw", 180, lambda: board.frames("cluster") > 60)
    board.mediator = board.must("driver", "pidof gpu-mediatord").strip()
    board.cluster = board.guest("cluster")["pid"]


def forgive(board):
    """Lifts ivi's ban, if there is one: dom0 detaches the device and attaches it again."""
    if board.guest("ivi")["state"] == "banned":
        board.must("dom0", "gpumctl detach ivi && gpumctl attach ivi", 40)


def attack(board, name):
    """Returns the outcome that the guest saw, the quiet interval before, and that of the attack."""
    quiet = Interval(board).until(QUIET_SECONDS)
    board.ivi.give(name)
    attacked = Interval(board)
    until = time.monotonic() + ATTACK_SECONDS
    while True:
        attacked.sample()
        outcome = board.ivi.outcome()
        if outcome:
            return outcome, quiet, attacked.until(QUIET_SECONDS)
        expect(time.monotonic() < until, "no result after %d s" % ATTACK_SECONDS)


def expect_cluster_is_unharmed(board, quiet, attacked):
    board.quiet.add(quiet)
    board.attacked.add(attacked)
    expect(attacked.standstill == 0, "the cluster stood still for %.1f s" % attacked.standstill)
    expect(attacked.rate() >= LEAST_RATE * quiet.rate(),
           "the cluster drew %.1f frames/s, %.1f before the attack" % (attacked.rate(),
                                                                      quiet.rate()))
    expect(board.must("driver", "pidof gpu-mediatord").strip() == board.mediator,
           "the mediator has died")
    cluster = board.guest("cluster")
    expect(cluster["pid"] == board.cluster, "the cluster has another backend")
    expect(cluster["strikes"] == 0, "the cluster has a strike: %s" % cluster["last_fault"])


def test_of(name, outcomes, reason):
    def test(board):
        forgive(board)
        strikes = board.guest("ivi")["strikes"]
        outcome, quiet, attacked = attack(board, name)
        guest = board.guest("ivi")
        expect(outcome in outcomes, "the guest saw: %s (last fault: %s)" % (
            outcome, guest["last_fault"]))
        expect_cluster_is_unharmed(board, quiet, attacked)
        if reason:
            expect(guest["strikes"] != strikes, "ivi has no strike")
            expect(reason in (guest["last_fault"] or ""),
                   "last fault of ivi: %s" % guest["last_fault"])

    test.__name__ = "attack_is_contained_while_the_cluster_draws_" + name.replace("-", "_")
    return test


def attacks_do_not_slow_the_cluster_down(board):
    expect(board.attacked.rate() >= LEAST_RATE_IN_ALL * board.quiet.rate(),
           "%.1f frames/s in %d s of attacks, %.1f in %d s without"
           % (board.attacked.rate(), board.attacked.seconds, board.quiet.rate(),
              board.quiet.seconds))


def hostile_guest_can_be_honest_again(board):
    forgive(board)
    board.ivi.give("leave")
    board.wait_console("ivi", "showing seed=%d" % HONEST_SEED, 180)
    board.compare("ivi", HONEST_SEED)


TESTS = [the_hostile_guest_is_ready] + [
    test_of(name, (outcomes,) if isinstance(outcomes, str) else outcomes, reason)
    for name, (outcomes, reason) in ATTACKS.items()
] + [attacks_do_not_slow_the_cluster_down, hostile_guest_can_be_honest_again]
