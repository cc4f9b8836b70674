# SPDX-License-Identifier: MIT
# Needs the board image; boots it twice.
.PHONY: bench-board
bench: bench-board
bench-board: image ## the board: the cluster beside two saturating guests, FIFO against priority
	@tests/bench/board/run
