/* SPDX-License-Identifier: MIT */
#include "tests/unit/mediator/config/tree_source.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char good[] =
	"/dts-v1/;\n"
	"/ {\n"
	"  passthrough {\n"
	"    gpu-mediator {\n"
	"      compatible = \"xen,gpu-mediator-v1\";\n"
	"      policy = \"fixed-priority\";\n"
	"      panel: panel { connector = \"Virtual-1\"; mode = \"1280x720@60\"; };\n"
	"      rear: panel-rear { connector = \"Virtual-2\"; mode = \"1024x600@50\"; };\n"
	"      displays {\n"
	"        #address-cells = <1>; #size-cells = <0>;\n"
	"        d0: display@0 { reg = <0>; label = \"cluster\"; panel = <&panel>;\n"
	"          region = <0 0 1280 400>; priority = <0>; frame-period-us = <16667>;\n"
	"          freeze-timeout-ms = <100>; };\n"
	"        d1: display@1 { reg = <1>; label = \"ivi\"; panel = <&panel>;\n"
	"          region = <0 400 800 320>; priority = <2>; };\n"
	"        d2: display@2 { reg = <2>; panel = <&panel>;\n"
	"          region = <800 400 480 320>; priority = <1>; frame-period-us = <33333>; };\n"
	"        d3: display@a { reg = <10>; panel = <&rear>; priority = <5>; };\n"
	"      };\n"
	"      guests {\n"
	"        g0: cluster { domain-name = \"cluster\"; displays = <&d0>; max-job-us = <4000>;\n"
	"          budget-us = <6000>; budget-period-us = <16667>; memory-mib = <64>;\n"
	"          max-contexts = <8>; max-resources = <512>;\n"
	"          max-granted-mib = <32>; max-command-kib = <512>;\n"
	"          max-events-per-second = <2000>; max-log-lines-per-minute = <30>; };\n"
	"        g1: ivi { domain-name = \"ivi\"; displays = <&d1 &d3>;\n"
	"          budget-us = <10000>; budget-period-us = <40000>; };\n"
	"        g2: passenger { domain-name = \"rear.seat_1\"; displays = <&d2>; };\n"
	"      };\n"
	"    };\n"
	"  };\n"
	"};\n";

char *tree_source(const char *from, const char *to)
{
	const char *at = from ? strstr(good, from) : good;
	size_t before, size;
	char *out;

	if (!at) {
		fprintf(stderr, "not in the good tree: %s\n", from);
		abort();
	}
	if (!from)
		from = to = "";
	before = (size_t)(at - good);
	size = sizeof(good) - strlen(from) + strlen(to);
	out = malloc(size);
	if (!out)
		abort();
	snprintf(out, size, "%.*s%s%s", (int)before, good, to, at + strlen(from));
	return out;
}

static int write_all(int fd, const char *text)
{
	size_t length = strlen(text);

	return write(fd, text, length) == (ssize_t)length;
}

static void *read_blob(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	void *blob = malloc(65536);

	*size = file && blob ? fread(blob, 1, 65536, file) : 0;
	if (file)
		fclose(file);
	if (!*size) {
		free(blob);
		return NULL;
	}
	return blob;
}

void *tree_compile(const char *source, size_t *size)
{
	char dts[] = "/tmp/tree-XXXXXX", dtb[] = "/tmp/blob-XXXXXX", command[128];
	int in = mkstemp(dts), out = mkstemp(dtb);
	void *blob = NULL;

	snprintf(command, sizeof(command), "dtc -q -@ -I dts -O dtb -o %s %s", dtb, dts);
	if (in >= 0 && out >= 0 && write_all(in, source) && system(command) == 0)
		blob = read_blob(dtb, size);
	close(in);
	close(out);
	unlink(dts);
	unlink(dtb);
	return blob;
}
