# SPDX-License-Identifier: MIT
# Boots the board image twice.
.PHONY: bench-board
bench: bench-board
bench-board: image ## the board: the cluster beside two saturating guests, FIFO against priority
	@tests/bench/board/run
