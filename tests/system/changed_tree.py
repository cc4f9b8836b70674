# SPDX-License-Identifier: MIT
"""The same images with a changed device tree: the changes take effect at the next boot."""
from board import Board, expect
from trees import copy_tree, put

# ivi and passenger change places on the screen, and their priorities.
CHANGES = {
    "display@1": {"region": (480, 400, 800, 320), "priority": (7,)},
    "display@2": {"region": (0, 400, 480, 320), "priority": (1,)},
}
NAMES = {"display@1": "ivi", "display@2": "passenger"}
SEEDS = {"ivi": 0x51, "passenger": 0x62}


def changed_tree():
    path = copy_tree("changed")
    for node, properties in CHANGES.items():
        for name, cells in properties.items():
            put(path, node, name, cells)
    return path


def start():
    board = Board("changed-tree", changed_tree())
    board.configure(**{guest: "vgpu-pattern --seed %d" % seed for guest, seed in SEEDS.items()})
    board.boot()
    return board


def a_changed_priority_takes_effect(board):
    for node, properties in CHANGES.items():
        found = board.display(NAMES[node])["priority"]
        expect(found == properties["priority"][0],
               "%s has priority %d, not %d" % (NAMES[node], found, properties["priority"][0]))


def a_changed_region_takes_effect(board):
    for node, properties in CHANGES.items():
        found = board.display(NAMES[node])["region"]
        expect(tuple(found) == properties["region"],
               "%s has region %s, not %s" % (NAMES[node], found, properties["region"]))


def pictures_are_in_the_regions_of_the_tree(board):
    for guest, seed in SEEDS.items():
        board.wait_console(guest, "showing seed=%d" % seed)
        board.compare(guest, seed)
    board.must("driver", "gpumctl screenshot Virtual-1 /host/panel.png")
    for node, properties in CHANGES.items():
        board.verify("panel.png", SEEDS[NAMES[node]], properties["region"])


TESTS = [
    a_changed_priority_takes_effect,
    a_changed_region_takes_effect,
    pictures_are_in_the_regions_of_the_tree,
]
