// SPDX-License-Identifier: GPL-2.0-only
/* Reference counts of devices: dropping the last reference releases the device. */
#include "tests/fakes/kernel/kernel.h"

#include "tests/fakes/kernel/inner.h"

void device_initialize(struct device *device)
{
	device->refs = 1;
}

void get_device(struct device *device)
{
	if (!device->refs++)
		bug("reference taken to a released device");
}

void put_device(struct device *device)
{
	if (!--device->refs)
		device->release(device);
}

int platform_device_add(struct platform_device *pdev)
{
	get_device(&pdev->dev);
	return 0;
}

void platform_device_del(struct platform_device *pdev)
{
	put_device(&pdev->dev);
}
