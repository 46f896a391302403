/* The devices of the traced program, from the driver that it loaded, and their state from NVML. */
#ifndef TRACES_TRACER_DEVICE_H
#define TRACES_TRACER_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Notes of each device and its attributes. False as long as the program has not initialised the
 * driver: try again later. Called by the helper thread alone, as are the others.
 */
bool devices_note(void);

/* A note of the state of each device at TIME (trace clock). */
void devices_sample(uint64_t time_ns);

#endif
