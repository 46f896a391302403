/*
 * CRC-32 of the log's blocks, the one of zlib and PNG (polynomial 0x04c11db7, reflected).
 *
 * Own code because the traced process may carry a zlib of its own, of another version or with other
 * symbols, and the tracer links nothing that could get into its way. tests/unit/test_tracer_crc.c
 * holds it against zlib's.
 */
#ifndef TRACES_TRACER_CRC_H
#define TRACES_TRACER_CRC_H

#include <stddef.h>
#include <stdint.h>

/* Before the first crc_of(), once; cheap to repeat, but not from two threads at a time. */
void crc_init(void);

uint32_t crc_of(const void *bytes, size_t length);

#endif
