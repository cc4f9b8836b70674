# SPDX-License-Identifier: MIT
# Needs the board image and boots it once. COUNT: number of events. SEED: of the random choices.
.PHONY: chaos
export COUNT SEED
chaos: image ## kill, hang and flood parts of a running board (COUNT=n SEED=s)
	@tests/chaos/run
