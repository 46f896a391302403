/*
 * Digest of a timeline: 64 bits over every kernel's start and end and every step's end, in program
 * order. Multiplications and shifts of values only, so it depends on no address, byte order or
 * compiler; two multiplications are off the critical path, one is on it.
 */
#ifndef SIM_CORE_DIGEST_H
#define SIM_CORE_DIGEST_H

#include <stdint.h>

#define DIGEST_SEED UINT64_C(0x6a09e667f3bcc908)

static inline uint64_t digest_mix(uint64_t digest, uint64_t value)
{
	digest = (digest ^ value) * UINT64_C(0x9fb21c651e98df25);
	return digest ^ (digest >> 32);
}

static inline uint64_t digest_kernel(uint64_t digest, int64_t start_ps, int64_t end_ps)
{
	uint64_t start = (uint64_t)start_ps * UINT64_C(0xd6e8feb86659fd93);
	uint64_t end = (uint64_t)end_ps * UINT64_C(0xa0761d6478bd642f);
	return digest_mix(digest, start ^ (end << 32 | end >> 32));
}

static inline uint64_t digest_step(uint64_t digest, int64_t end_ps)
{
	return digest_mix(digest, (uint64_t)end_ps + UINT64_C(0x3c6ef372fe94f82b));
}

/* The bytes of TEXT and its end. */
static inline uint64_t digest_text(uint64_t digest, const char *text)
{
	do
		digest = digest_mix(digest, (unsigned char)*text);
	while (*text++ != '\0');
	return digest;
}

#endif
