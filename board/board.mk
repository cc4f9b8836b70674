# SPDX-License-Identifier: MIT
# The board's targets, included by the top-level Makefile.

.PHONY: image run shell

# Variables that users may set; board/run reads them from the environment.
export DURATION OUT CLUSTER IVI PASSENGER POLICY DRIVER_TREE IMAGES HEADLESS MACHINE STRICT_PINS

image: ## build the board image: hypervisor, kernels, root images, device trees
	@board/setup
	@board/bake

run: image ## boot the cockpit (DURATION=s OUT=dir CLUSTER= IVI= PASSENGER="command line")
	@board/run

shell: ## open a console in the running board: GUEST=dom0, driver, xen, cluster, ivi, passenger
	@board/shell $(or $(GUEST),dom0)
