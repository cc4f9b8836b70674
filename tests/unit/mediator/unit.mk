# SPDX-License-Identifier: MIT
# test_draw needs the build host's GL.
TEST_LDFLAGS_test_draw := -Wl,--no-as-needed -lEGL -lGLESv2 -Wl,--as-needed
# test_sim_tool runs the program gpumsim.
$(BUILD)/host/san/tests/unit/mediator/test_sim_tool: | $(BUILD)/host/san/bin/gpumsim
