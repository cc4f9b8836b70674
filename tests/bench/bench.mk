# SPDX-License-Identifier: MIT
# Measuring: each folder below adds what it measures to `bench`.
.PHONY: bench
bench: ## measure: tables on the terminal, JSON in build/bench
-include $(wildcard tests/bench/*/*.mk)
TEST_SRC += $(call sources,tests/bench)
