/*
 * Mutations that keep a log's frame: of fields, records and blocks instead of bytes. libFuzzer calls
 * this in place of its own mutations, which it offers as LLVMFuzzerMutate.
 */
#include "tests/fuzz/log_seal.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { MOST_BLOCKS = 256, KINDS = 25 };

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room) __attribute__((weak));
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);

struct mutation {
	uint8_t *data;
	size_t size, room;
	uint64_t random;
	size_t starts[MOST_BLOCKS + 1]; /* and where the last block ends */
	size_t blocks;
};

static size_t below(struct mutation *it, size_t limit)
{
	it->random = it->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return limit > 0 ? (size_t)(it->random >> 33) % limit : 0;
}

static struct log_block head_of(const struct mutation *it, size_t block)
{
	struct log_block head;
	memcpy(&head, it->data + it->starts[block], sizeof(head));
	return head;
}

static void put_head(struct mutation *it, size_t block, const struct log_block *head)
{
	memcpy(it->data + it->starts[block], head, sizeof(*head));
}

static uint8_t *payload_of(const struct mutation *it, size_t block)
{
	return it->data + it->starts[block] + sizeof(struct log_block);
}

static bool find_blocks(struct mutation *it)
{
	struct log_walk walk;
	if (!log_walk_begin(&walk, it->data, it->size))
		return false;
	for (; it->blocks < MOST_BLOCKS && log_walk_next(&walk); it->blocks++) {
		it->starts[it->blocks] = walk.at;
		it->starts[it->blocks + 1] = walk.next;
	}
	return it->blocks > 0;
}

/* Make room for LENGTH bytes at AT, or take them out. */
static bool insert(struct mutation *it, size_t at, size_t length)
{
	if (length > it->room - it->size)
		return false;
	memmove(it->data + at + length, it->data + at, it->size - at);
	it->size += length;
	return true;
}

static void erase(struct mutation *it, size_t at, size_t length)
{
	memmove(it->data + at, it->data + at + length, it->size - at - length);
	it->size -= length;
}

/* Values that ids, counts and times go wrong with. */
static uint64_t interesting(struct mutation *it, uint64_t old)
{
	static const uint64_t values[] = {0,
					  1,
					  2,
					  3,
					  UINT32_MAX,
					  UINT64_C(1) << 32,
					  UINT64_C(3600000000000),
					  UINT64_C(3600000000001),
					  INT64_MAX / 2,
					  INT64_MAX,
					  UINT64_MAX};
	switch (below(it, 4)) {
	case 0:
		return values[below(it, sizeof(values) / sizeof(values[0]))];
	case 1:
		return old + below(it, 16) - 8;
	case 2:
		return below(it, 8);
	default:
		return old ^ UINT64_C(1) << below(it, 64);
	}
}

static void change_field(struct mutation *it, size_t block)
{
	struct log_block head = head_of(it, block);
	size_t width = (size_t)2 << below(it, 3); /* 2, 4, 8 */
	uint64_t value = 0;
	if (head.payload_bytes < width)
		return;
	uint8_t *at = payload_of(it, block) + below(it, head.payload_bytes / width) * width;
	memcpy(&value, at, width);
	value = interesting(it, value);
	memcpy(at, &value, width);
}

/* A field takes the value that a field at the same place of another record has. */
static void copy_field(struct mutation *it, size_t block)
{
	struct log_block head = head_of(it, block), other;
	size_t from = below(it, it->blocks), width = (size_t)4 << below(it, 2);
	other = head_of(it, from);
	if (head.payload_bytes < width || other.payload_bytes < width)
		return;
	memmove(payload_of(it, block) + below(it, head.payload_bytes / width) * width,
		payload_of(it, from) + below(it, other.payload_bytes / width) * width, width);
}

static void change_payload(struct mutation *it, size_t block)
{
	struct log_block head = head_of(it, block);
	uint8_t *payload = payload_of(it, block);
	if (head.payload_bytes == 0)
		return;
	size_t length = LLVMFuzzerMutate(payload, head.payload_bytes, head.payload_bytes);
	memset(payload + length, 0, head.payload_bytes - length);
}

static void change_record_count(struct mutation *it, size_t block)
{
	struct log_block head = head_of(it, block);
	size_t length = head.record_bytes;
	if (length == 0 || length > head.payload_bytes)
		return;
	size_t at =
		it->starts[block] + sizeof(head) + below(it, head.payload_bytes / length) * length;
	if (below(it, 2) == 0) {
		if (!insert(it, at, length))
			return;
		memmove(it->data + at, it->data + at + length, length);
		head.record_count++;
		head.payload_bytes += (uint32_t)length;
	} else {
		erase(it, at, length);
		head.record_count--;
		head.payload_bytes -= (uint32_t)length;
	}
	put_head(it, block, &head);
}

static void copy_block(struct mutation *it, size_t block)
{
	size_t length = it->starts[block + 1] - it->starts[block];
	size_t to = it->starts[below(it, it->blocks + 1)], from = it->starts[block];
	if (!insert(it, to, length))
		return;
	memmove(it->data + to, it->data + from + (from >= to ? length : 0), length);
}

static void move_block(struct mutation *it, size_t block)
{
	size_t before = it->size;
	copy_block(it, block);
	if (it->size > before)
		erase(it, it->starts[block], it->starts[block + 1] - it->starts[block]);
}

static void change_kind(struct mutation *it, size_t block)
{
	struct log_block head = head_of(it, block);
	head.kind = (uint16_t)below(it, KINDS);
	if (below(it, 2) == 0)
		head.record_bytes = (uint16_t)(8 * below(it, 12));
	if (head.record_bytes > 0)
		head.record_count = head.payload_bytes / head.record_bytes;
	put_head(it, block, &head);
}

static void change_header(struct mutation *it)
{
	struct log_header header;
	memcpy(&header, it->data, sizeof(header));
	switch (below(it, 3)) {
	case 0:
		header.features ^= 1U << below(it, 7);
		break;
	case 1:
		header.reserved[0] ^= 1U << below(it, 2);
		break;
	default:
		header.minor ^= 1;
		break;
	}
	memcpy(it->data, &header, sizeof(header));
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	struct mutation it = {.data = data, .size = size, .room = room, .random = seed};
	size_t choice = below(&it, 16);
	if (choice == 0 || !find_blocks(&it))
		return LLVMFuzzerMutate(data, size, room);
	size_t block = below(&it, it.blocks);
	switch (choice) {
	case 1:
		change_header(&it);
		break;
	case 2:
		change_kind(&it, block);
		break;
	case 3:
		copy_block(&it, block);
		break;
	case 4:
		erase(&it, it.starts[block], it.starts[block + 1] - it.starts[block]);
		break;
	case 5:
		move_block(&it, block);
		break;
	case 6:
	case 7:
		change_record_count(&it, block);
		break;
	case 8:
	case 9:
	case 10:
		change_payload(&it, block);
		break;
	case 11:
	case 12:
		copy_field(&it, block);
		break;
	default:
		change_field(&it, block);
		break;
	}
	return it.size;
}
