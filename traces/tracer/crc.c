/* CRC-32, eight bytes a round: see crc.h. */
#include "traces/tracer/crc.h"

#include <string.h>

#define REFLECTED_POLYNOMIAL UINT32_C(0xedb88320)
enum { SLICES = 8, BYTE_VALUES = 256 };

/* table[k][b]: what byte B does to the remainder when K bytes follow it in the round */
static uint32_t table[SLICES][BYTE_VALUES];

void crc_init(void)
{
	for (uint32_t byte = 0; byte < BYTE_VALUES; byte++) {
		uint32_t crc = byte;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ ((crc & 1) != 0 ? REFLECTED_POLYNOMIAL : 0);
		table[0][byte] = crc;
	}
	for (int slice = 1; slice < SLICES; slice++)
		for (uint32_t byte = 0; byte < BYTE_VALUES; byte++) {
			uint32_t crc = table[slice - 1][byte];
			table[slice][byte] = (crc >> 8) ^ table[0][crc & 0xff];
		}
}

uint32_t crc_of(const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	uint32_t crc = UINT32_MAX;
	for (; length >= 8; at += 8, length -= 8) {
		uint64_t word;
		memcpy(&word, at, sizeof(word));
		word ^= crc;
		crc = 0;
		for (int i = 0; i < SLICES; i++)
			crc ^= table[SLICES - 1 - i][(word >> (8 * i)) & 0xff];
	}
	for (; length > 0; at++, length--)
		crc = (crc >> 8) ^ table[0][(crc ^ *at) & 0xff];
	return ~crc;
}
