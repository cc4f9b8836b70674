# SPDX-License-Identifier: MIT
"""Gives orders through xenstore to a guest that runs vgpu-hostile."""
from board import Failure

# Removes the kernel's frontend for vgpu-hostile, and loads it again afterwards.
COMMAND = """
echo vgpu-0 >/sys/bus/xen/drivers/vgpu_front/unbind; rmmod vgpu_front
vgpu-hostile
insmod /lib/modules/$(uname -r)/updates/vgpu_front.ko
until vgpu-pattern --seed %d; do sleep 1; done
"""


class Orders:
    def __init__(self, board, guest):
        self.board, self.guest, self.number = board, guest, 0

    def wait_ready(self):
        self.board.wait_console(self.guest, "hostile: 0 ready")
        self.domid = self.board.must("dom0", "xl domid " + self.guest).strip()
        self.folder = "/local/domain/%s/data/hostile" % self.domid

    def write(self, key, value):
        self.board.must("dom0", "xenstore-write %s/%s '%s'" % (self.folder, key, value))

    def read(self, key):
        return self.board.run("dom0", "xenstore-read %s/%s" % (self.folder, key))[1].strip()

    def give(self, name):
        self.number += 1
        self.write("order", "%d %s" % (self.number, name))

    def outcome(self):
        """The outcome of the last order as the guest wrote it; None until it is written."""
        number, text = (self.read("result") + " ").split(" ", 1)
        return text.strip() if number == str(self.number) else None

    def carry_out(self, name, seconds=60):
        self.give(name)
        try:
            return self.board.wait("the result of " + name, seconds, self.outcome)
        except Failure as error:
            return str(error)
