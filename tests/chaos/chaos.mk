# SPDX-License-Identifier: MIT
# Needs the board image; one boot. COUNT=events SEED=number
.PHONY: chaos
export COUNT SEED
chaos: image ## the board, while its parts are killed, hung and flooded (COUNT=n SEED=s)
	@tests/chaos/run
