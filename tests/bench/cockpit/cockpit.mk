# SPDX-License-Identifier: MIT
# Boots the board image once.
.PHONY: bench-cockpit
bench: bench-cockpit
bench-cockpit: image ## the board: a guest against the driver domain itself, costs of a frame
	@tests/bench/cockpit/run
