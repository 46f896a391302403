/* Checksums and numbers of a log that something changed: see log_seal.h. */
#include "tests/fuzz/log_seal.h"

#include <string.h>
#include <zlib.h>

static uint32_t crc_of(const void *bytes, size_t length)
{
	return (uint32_t)crc32_z(0, bytes, length);
}

int log_walk_begin(struct log_walk *walk, uint8_t *data, size_t size)
{
	struct log_header header;
	*walk = (struct log_walk){.data = data, .size = size};
	if (size < sizeof(header))
		return 0;
	memcpy(&header, data, sizeof(header));
	walk->next = header.header_bytes < size ? header.header_bytes : size;
	return 1;
}

int log_walk_next(struct log_walk *walk)
{
	walk->at = walk->next;
	if (walk->size - walk->at < sizeof(walk->block))
		return 0;
	memcpy(&walk->block, walk->data + walk->at, sizeof(walk->block));
	walk->next = walk->at + sizeof(walk->block);
	if (walk->size - walk->next < walk->block.payload_bytes)
		return 0;
	walk->next += walk->block.payload_bytes;
	return 1;
}

/* Ids of a block of strings go on from *LAST. */
static void number_strings(uint8_t *payload, size_t length, uint32_t count, uint32_t *last)
{
	size_t at = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct log_string head;
		if (length - at < sizeof(head))
			return;
		memcpy(&head, payload + at, sizeof(head));
		head.id = ++*last;
		memcpy(payload + at, &head, sizeof(head));
		at += sizeof(head);
		size_t padded = ((size_t)head.length + 7) / 8 * 8;
		if (length - at < padded)
			return;
		at += padded;
	}
}

static void number_sites(uint8_t *payload, const struct log_block *block, uint32_t *last)
{
	if (block->record_bytes < sizeof(struct log_site))
		return;
	for (size_t at = 0; block->payload_bytes - at >= block->record_bytes;
	     at += block->record_bytes) {
		uint32_t id = ++*last;
		memcpy(payload + at + offsetof(struct log_site, id), &id, sizeof(id));
	}
}

void log_seal(uint8_t *data, size_t size)
{
	struct log_header header;
	struct log_walk walk;
	uint32_t strings = 0, sites = 0;
	uint64_t sequence = 0;
	if (!log_walk_begin(&walk, data, size))
		return;
	memcpy(&header, data, sizeof(header));
	if (header.reserved[0] & LOG_UNSEALED)
		return;
	memcpy(header.magic, LOG_MAGIC, LOG_MAGIC_BYTES);
	header.crc = crc_of(&header, offsetof(struct log_header, crc));
	memcpy(data, &header, sizeof(header));
	while (log_walk_next(&walk)) {
		struct log_block *block = &walk.block;
		uint8_t *payload = data + walk.at + sizeof(*block);
		if (!(header.reserved[0] & LOG_UNNUMBERED) && block->kind == LOG_STRING)
			number_strings(payload, block->payload_bytes, block->record_count,
				       &strings);
		if (!(header.reserved[0] & LOG_UNNUMBERED) && block->kind == LOG_SITE)
			number_sites(payload, block, &sites);
		block->magic = LOG_BLOCK_MAGIC;
		block->sequence = sequence++;
		block->payload_crc = crc_of(payload, block->payload_bytes);
		block->header_crc = crc_of(block, offsetof(struct log_block, header_crc));
		memcpy(data + walk.at, block, sizeof(*block));
	}
}
