# SPDX-License-Identifier: MIT
# Benchmarks: each folder below adds its targets to `bench`.
.PHONY: bench
bench: ## measure: tables on the terminal, JSON in build/bench
-include $(wildcard tests/bench/*/*.mk)
TEST_SRC += $(call sources,tests/bench)
