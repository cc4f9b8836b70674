# SPDX-License-Identifier: MIT
# Drawing is tested with the build host's GL.
TEST_LDFLAGS_test_draw := -Wl,--no-as-needed -lEGL -lGLESv2 -Wl,--as-needed
# It runs the program.
$(BUILD)/host/san/tests/unit/mediator/sim/test_sim_tool: | $(BUILD)/host/san/bin/gpumsim
