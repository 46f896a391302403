/*
 * logcheck [-d] [-b KIND=LOW:HIGH]... LOG: see logcheck.h. With -d readable names are printed, too.
 * With -b, which may be given more than once, only the head is printed and the number of records of
 * a kind is held against bounds: for runs whose end comes at no known moment. Exit 0: whole, or whole but for a torn tail; 1: not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "tests/tracer/logcheck.h"

_Noreturn void check_fail(const struct check *check, size_t at, const char *what)
{
	fflush(stdout);
	fprintf(stderr, "%s: byte %zu: %s\n", check->path, at, what);
	exit(EXIT_FAILURE);
}

static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = NULL;
	size_t room = 0, got = 0;
	*size = 0;
	if (file == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	do {
		*size += got;
		if (*size == room) {
			room = room > 0 ? 2 * room : 1 << 20;
			bytes = realloc(bytes, room);
			if (bytes == NULL)
				abort();
		}
	} while ((got = fread(bytes + *size, 1, room - *size, file)) > 0);
	fclose(file);
	return bytes;
}

static uint32_t crc_of(const void *bytes, size_t size)
{
	return (uint32_t)crc32(0, bytes, (uInt)size);
}

static size_t check_header(struct check *check)
{
	struct log_header header;
	if (check->size == 0)
		check_fail(check, 0, "an empty file");
	if (check->size < sizeof(header))
		check_fail(check, 0, "shorter than a header");
	memcpy(&header, check->bytes, sizeof(header));
	if (memcmp(header.magic, LOG_MAGIC, LOG_MAGIC_BYTES) != 0)
		check_fail(check, 0, "no log");
	if (header.crc != crc_of(&header, offsetof(struct log_header, crc)))
		check_fail(check, 0, "header: wrong CRC");
	if (header.major != LOG_MAJOR || header.minor != LOG_MINOR || header.required != 0)
		check_fail(check, 0, "header: not this version");
	if (header.header_bytes < sizeof(header) || header.header_bytes % 8 != 0)
		check_fail(check, 0, "header: wrong size");
	if (header.start_ns <= 0 || header.process == 0)
		check_fail(check, 0, "header: no start or process");
	for (size_t i = 0; i < sizeof(header.reserved) / sizeof(header.reserved[0]); i++)
		if (header.reserved[i] != 0)
			check_fail(check, 0, "header: reserved bytes are not 0");
	check->features = header.features;
	return header.header_bytes;
}

/* whole and with the right checksums */
static bool block_at(const struct check *check, size_t at, struct log_block *block)
{
	if (check->size - at < sizeof(*block))
		return false;
	memcpy(block, check->bytes + at, sizeof(*block));
	return block->magic == LOG_BLOCK_MAGIC &&
	       block->header_crc == crc_of(block, offsetof(struct log_block, header_crc)) &&
	       block->payload_bytes <= check->size - at - sizeof(*block) &&
	       block->payload_crc ==
		       crc_of(check->bytes + at + sizeof(*block), block->payload_bytes);
}

static void check_strings(struct check *check, const struct log_block *block, size_t at)
{
	size_t end = at + block->payload_bytes;
	for (uint32_t i = 0; i < block->record_count; i++) {
		struct log_string string;
		if (end - at < sizeof(string))
			check_fail(check, at, "string past its block");
		memcpy(&string, check->bytes + at, sizeof(string));
		at += sizeof(string);
		size_t padded = ((size_t)string.length + 7) / 8 * 8;
		if (string.length > LOG_LONGEST_STRING || padded > end - at)
			check_fail(check, at, "string too long");
		for (size_t j = string.length; j < padded; j++)
			if (check->bytes[at + j] != 0)
				check_fail(check, at, "string not padded with zeros");
		check_take_string(check, &string, (const char *)check->bytes + at, at);
		at += padded;
	}
	if (at != end)
		check_fail(check, at, "bytes after the last string");
}

static size_t record_size(uint16_t kind)
{
	switch (kind) {
#define X(number, name, type)                                                                      \
	case number:                                                                               \
		return sizeof(struct type);
		LOG_KIND_LIST(X)
#undef X
	default:
		return 0;
	}
}

static void check_block(struct check *check, const struct log_block *block, size_t at)
{
	if (block->payload_bytes % 8 != 0 || block->payload_bytes > LOG_MOST_PAYLOAD)
		check_fail(check, at, "block: wrong payload size");
	if (block->record_count == 0)
		check_fail(check, at, "block: no records");
	if (block->kind == LOG_STRING) {
		if (block->record_bytes != 0)
			check_fail(check, at, "strings of one size");
		check_strings(check, block, at + sizeof(*block));
		return;
	}
	if (block->record_bytes != record_size(block->kind))
		check_fail(check, at, "block: unknown kind or wrong record size");
	if ((uint64_t)block->record_bytes * block->record_count != block->payload_bytes)
		check_fail(check, at, "block: payload is not its records");
	at += sizeof(*block);
	for (uint32_t i = 0; i < block->record_count; i++, at += block->record_bytes) {
		if (check->has_end)
			check_fail(check, at, "record after the end");
		check_take(check, block->kind, check->bytes + at, at);
	}
}

static void check_blocks(struct check *check, size_t at)
{
	struct log_block block;
	uint64_t sequence = 0;
	while (at < check->size && block_at(check, at, &block)) {
		if (block.sequence != sequence++)
			check_fail(check, at, "block: out of sequence");
		check_block(check, &block, at);
		at += sizeof(block) + block.payload_bytes;
	}
	check->torn = check->size - at;
	for (size_t i = at; i + sizeof(block) <= check->size; i += 8)
		if (block_at(check, i, &block))
			check_fail(check, at, "damaged, and not at the end");
}

/* -b KIND=LOW:HIGH */
static void check_bounds(const struct check *check, const char *bounds)
{
	char name[32];
	unsigned long long low = 0, high = 0, total;
	if (sscanf(bounds, "%31[a-z_]=%llu:%llu", name, &low, &high) != 3) {
		fprintf(stderr, "not KIND=LOW:HIGH: '%s'\n", bounds);
		exit(2);
	}
	total = check_total(check, name);
	if (total < low || total > high) {
		fprintf(stderr, "%s: %s: %llu, not %llu to %llu\n", check->path, name, total, low,
			high);
		exit(EXIT_FAILURE);
	}
	printf("%s within bounds\n", name);
}

int main(int argc, char **argv)
{
	struct check *check = calloc(1, sizeof(*check));
	bool has_bounds = false;
	int option;
	if (check == NULL)
		return 2;
	check->path = argc > 1 ? argv[argc - 1] : "";
	uint8_t *bytes = read_file(check->path, &check->size);
	check->bytes = bytes;
	check_blocks(check, check_header(check));
	while ((option = getopt(argc, argv, "db:")) != -1)
		if (option == 'd') {
			check->tells_demangled = true;
		} else if (option == 'b') {
			if (!has_bounds)
				check_print_head(check);
			has_bounds = true;
			check_bounds(check, optarg);
		} else {
			return 2;
		}
	if (!has_bounds)
		check_print(check);
	for (size_t i = 0; i < check->line_count; i++)
		free(check->lines[i].text);
	free(check->kernels);
	free(check->nodes);
	free(check->ranges);
	free(bytes);
	free(check);
	return EXIT_SUCCESS;
}
