/* Texts of the kernel record's enumerations, made from the same lists as the enumerations. */
#include "sim/core/kernel.h"

#include <string.h>

#include "sim/core/machine.h"
#include "sim/core/program.h"

#define TEXT_ONE(name, text) text,
#define TEXT_TWO(name, text, what) text,
#define WHAT_TWO(name, text, what) what,
#define BITS(name, text, bits) bits,

static const char *const op_texts[] = {SIM_OP_LIST(TEXT_ONE)};
static const char *const family_texts[] = {SIM_FAMILY_LIST(TEXT_TWO)};
static const char *const family_whats[] = {SIM_FAMILY_LIST(WHAT_TWO)};
static const char *const dtype_texts[] = {SIM_DTYPE_LIST(TEXT_TWO)};
static const unsigned char dtype_bits[] = {SIM_DTYPE_LIST(BITS)};
static const char *const launch_texts[] = {SIM_LAUNCH_LIST(TEXT_TWO)};
static const char *const part_texts[] = {SIM_PART_LIST(TEXT_TWO)};

static const char *text_at(const char *const *texts, size_t count, unsigned index)
{
	return index < count ? texts[index] : "?";
}

static int index_of(const char *const *texts, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(texts[i], text) == 0)
			return (int)i;
	return -1;
}

const char *sim_op_text(unsigned op)
{
	return text_at(op_texts, SIM_OP_COUNT, op);
}

const char *sim_family_text(unsigned family)
{
	return text_at(family_texts, SIM_FAMILY_COUNT, family);
}

const char *sim_family_what(unsigned family)
{
	return text_at(family_whats, SIM_FAMILY_COUNT, family);
}

const char *sim_dtype_text(unsigned dtype)
{
	return text_at(dtype_texts, SIM_DTYPE_COUNT, dtype);
}

unsigned sim_dtype_bits(unsigned dtype)
{
	return dtype < SIM_DTYPE_COUNT ? dtype_bits[dtype] : 0;
}

const char *sim_launch_text(unsigned launch)
{
	return text_at(launch_texts, SIM_LAUNCH_COUNT, launch);
}

const char *sim_part_text(unsigned part)
{
	return text_at(part_texts, SIM_PART_COUNT, part);
}

int sim_op_from_text(const char *text)
{
	return index_of(op_texts, SIM_OP_COUNT, text);
}

int sim_family_from_text(const char *text)
{
	return index_of(family_texts, SIM_FAMILY_COUNT, text);
}

int sim_dtype_from_text(const char *text)
{
	return index_of(dtype_texts, SIM_DTYPE_COUNT, text);
}

int sim_launch_from_text(const char *text)
{
	return index_of(launch_texts, SIM_LAUNCH_COUNT, text);
}
