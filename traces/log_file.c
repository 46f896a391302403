/* Reading a log block by block: see log_file.h. */
#include "traces/log_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FIRST_BYTES =
		64 << 10, /* of the buffer: enough for most logs' blocks, and for any header */
	BUFFER_BYTES = sizeof(struct log_block) + LOG_MOST_PAYLOAD,
	LARGEST_HEADER = FIRST_BYTES,
	ALIGNMENT = 8
};

static uint32_t crc_of(const void *bytes, size_t length)
{
	return (uint32_t)crc32_z(0, bytes, length);
}

bool log_file_accepts(const char *head, size_t length)
{
	return length >= 4 && memcmp(head, LOG_MAGIC, 4) == 0;
}

/* As many of ROOM bytes as the file still has. */
static enum sim_status read_up_to(struct log_file *file, void *out, size_t room, size_t *got,
				  struct sim_diag *diag)
{
	size_t more = 1;
	for (*got = 0; *got < room && more > 0; *got += more)
		TRY(input_read(&file->input, (char *)out + *got, room - *got, &more, diag));
	return SIM_OK;
}

static enum sim_status check_header(const struct log_file *file, size_t got, struct sim_diag *diag)
{
	const struct log_header *header = &file->header;
	const char *path = file->path;
	static const char mangled[] = "\x89"
				      "DSL\n\x1a\n";
	if (got >= sizeof(mangled) - 1 && memcmp(header, mangled, sizeof(mangled) - 1) == 0)
		return diag_fail_at(diag, SIM_E_PARSE, path, 0,
				    "the log was transferred as text, which damaged it; copy it "
				    "again in binary mode");
	if (got >= LOG_MAGIC_BYTES && memcmp(header->magic, LOG_MAGIC, LOG_MAGIC_BYTES) != 0)
		return diag_fail_at(diag, SIM_E_PARSE, path, 0,
				    "the first bytes of the log are damaged");
	if (got < sizeof(*header))
		return diag_fail_at(diag, SIM_E_PARSE, path, 0,
				    "the log ends inside its header, nothing was recorded");
	if (header->major != LOG_MAJOR)
		return diag_fail_at(diag, SIM_E_UNSUPPORTED, path, 0,
				    "a log of version %u.%u, this program reads %u.x: use the "
				    "decodesim that wrote it, or a newer one",
				    header->major, header->minor, LOG_MAJOR);
	if (header->crc != crc_of(header, offsetof(struct log_header, crc)))
		return diag_fail_at(diag, SIM_E_PARSE, path, 0,
				    "the header of the log is damaged (its checksum is wrong)");
	if (header->required != 0)
		return diag_fail_at(diag, SIM_E_UNSUPPORTED, path, 0,
				    "the log needs a reader of features '0x%" PRIx32
				    "', which this one does not know: use a newer decodesim",
				    header->required);
	if (header->header_bytes < sizeof(*header) || header->header_bytes > LARGEST_HEADER ||
	    header->header_bytes % ALIGNMENT != 0)
		return diag_fail_at(diag, SIM_E_RANGE, path, 0,
				    "the log says its header has '%" PRIu32
				    "' bytes: not a multiple of 8 of %zu..%d",
				    header->header_bytes, sizeof(*header), LARGEST_HEADER);
	return SIM_OK;
}

/* What a newer minor version appended to the header. */
static enum sim_status pass_rest_of_header(struct log_file *file, struct sim_diag *diag)
{
	size_t rest = file->header.header_bytes - sizeof(file->header), got;
	TRY(read_up_to(file, file->block, rest, &got, diag));
	if (got < rest)
		return diag_fail_at(diag, SIM_E_PARSE, file->path, 0,
				    "the log ends inside its header, nothing was recorded");
	file->hash = input_hash(file->hash, file->block, rest);
	return SIM_OK;
}

static enum sim_status make_room(struct log_file *file, size_t bytes, struct sim_diag *diag)
{
	if (bytes <= file->room)
		return SIM_OK;
	size_t room = bytes <= FIRST_BYTES ? FIRST_BYTES : BUFFER_BYTES;
	void *grown = realloc(file->block, room);
	if (grown == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	budget_take(file->budget, room - file->room);
	file->block = grown;
	file->payload = (const unsigned char *)(file->block + 1);
	file->room = room;
	return SIM_OK;
}

enum sim_status log_file_open(struct log_file *file, const char *path, struct budget *budget,
			      struct sim_diag *diag)
{
	size_t got;
	memset(file, 0, sizeof(*file));
	file->path = path;
	file->budget = budget;
	file->input.file = -1;
	TRY(input_open(&file->input, path, budget, diag));
	file->input.unhashed = true;
	TRY(make_room(file, FIRST_BYTES, diag));
	TRY(read_up_to(file, &file->header, sizeof(file->header), &got, diag));
	TRY(check_header(file, got, diag));
	file->hash = input_hash(file->input.hash, &file->header, sizeof(file->header));
	file->next = file->header.header_bytes;
	return pass_rest_of_header(file, diag);
}

void log_file_close(struct log_file *file)
{
	budget_give(file->budget, file->room);
	free(file->block);
	file->block = NULL;
	file->room = 0;
	if (file->input.file >= 0)
		input_close(&file->input, file->budget);
}

static bool is_block(const unsigned char *at, uint64_t sequence)
{
	struct log_block block;
	memcpy(&block, at, sizeof(block));
	return block.magic == LOG_BLOCK_MAGIC && block.sequence >= sequence &&
	       block.header_crc == crc_of(at, offsetof(struct log_block, header_crc));
}

static size_t least_record_bytes(unsigned kind)
{
	switch (kind) {
#define X(number, name, type)                                                                      \
	case LOG_##name:                                                                           \
		return sizeof(struct type);
		LOG_KIND_LIST(X)
#undef X
	default:
		return 0;
	}
}

/* Each record counted lies in the file: a header may not claim more than its payload. */
void log_file_count(const struct log_file *file, uint64_t *counts, size_t kinds)
{
	struct log_block block;
	uint64_t at = file->header.header_bytes, sequence = 0;
	memset(counts, 0, kinds * sizeof(*counts));
	while (!file->input.compressed &&
	       pread(file->input.file, &block, sizeof(block), (off_t)at) == sizeof(block) &&
	       is_block((const unsigned char *)&block, sequence++)) {
		size_t least = least_record_bytes(block.kind);
		at += sizeof(block) + block.payload_bytes;
		if (block.kind < kinds && least > 0)
			counts[block.kind] += block.payload_bytes / least < block.record_count
						      ? block.payload_bytes / least
						      : block.record_count;
	}
}

/*
 * The buffer holds GOT bytes from where a block should be and is not. Is there a block further on?
 * They begin at multiples of 8.
 */
static enum sim_status find_block(struct log_file *file, size_t got, uint64_t *where, bool *found,
				  struct sim_diag *diag)
{
	unsigned char *bytes = (unsigned char *)file->block;
	size_t from = ALIGNMENT, more = got;
	uint64_t base = file->next;
	*found = false;
	while (more > 0) {
		for (; from + sizeof(struct log_block) <= got && !*found; from += ALIGNMENT)
			if (is_block(bytes + from, file->blocks)) {
				*found = true;
				*where = base + from;
			}
		if (*found)
			return SIM_OK;
		size_t left = from < got ? got - from : 0;
		memmove(bytes, bytes + from, left);
		base += from;
		from = 0;
		TRY(read_up_to(file, bytes + left, file->room - left, &more, diag));
		got = left + more;
	}
	return SIM_OK;
}

/* GOT bytes of what should be the next block were read, and they are not: WHY. */
static enum sim_status torn_or_damaged(struct log_file *file, size_t got, const char *why,
				       bool *more, struct sim_diag *diag)
{
	uint64_t where;
	bool found;
	TRY(find_block(file, got, &where, &found, diag));
	if (found)
		return diag_fail_at(diag, SIM_E_PARSE, file->path, 0,
				    "block %" PRIu64 " at byte %" PRIu64
				    " is damaged (%s), and there is a good one at byte %" PRIu64
				    ": the file was changed after it was written; copy it again, "
				    "or trace again",
				    file->blocks, file->next, why, where);
	file->torn = true;
	*more = false;
	return SIM_OK;
}

/* Sizes that a good checksum vouches for: wrong ones are the writer's fault. */
static enum sim_status check_block(const struct log_file *file, const struct log_block *block,
				   struct sim_diag *diag)
{
	size_t least = least_record_bytes(block->kind);
	uint64_t bytes = (uint64_t)block->record_count * block->record_bytes;
	if (block->sequence != file->blocks - 1)
		return log_file_fail(file, SIM_E_PARSE, diag,
				     "its sequence number is '%" PRIu64
				     "': blocks are missing or of another log",
				     block->sequence);
	if (block->record_bytes == 0 && block->kind != LOG_STRING && least > 0)
		return log_file_fail(file, SIM_E_RANGE, diag,
				     "kind '%u' must have records of a size", block->kind);
	if (block->record_bytes == 0)
		return SIM_OK;
	if (block->record_bytes < least || block->record_bytes % ALIGNMENT != 0)
		return log_file_fail(file, SIM_E_RANGE, diag,
				     "records of kind '%u' have '%u' bytes: not a multiple of 8 of "
				     "at least %zu",
				     block->kind, block->record_bytes, least);
	if (block->kind == LOG_STRING || bytes != block->payload_bytes)
		return log_file_fail(
			file, SIM_E_RANGE, diag,
			"'%" PRIu32 "' records of %u bytes are not its %" PRIu32 " bytes",
			block->record_count, block->record_bytes, block->payload_bytes);
	return SIM_OK;
}

enum sim_status log_file_next(struct log_file *file, bool *more, struct sim_diag *diag)
{
	struct log_block *block = file->block;
	size_t got, wanted = sizeof(*block);
	*more = true;
	TRY(read_up_to(file, block, wanted, &got, diag));
	if (got == 0) {
		*more = false;
		return SIM_OK;
	}
	if (got < wanted)
		return torn_or_damaged(file, got, "it is cut short", more, diag);
	if (!is_block((const unsigned char *)block, 0))
		return torn_or_damaged(file, got, "its header's checksum is wrong", more, diag);
	if (block->payload_bytes > LOG_MOST_PAYLOAD || block->payload_bytes % ALIGNMENT != 0)
		return diag_fail_at(diag, SIM_E_RANGE, file->path, 0,
				    "block %" PRIu64 " at byte %" PRIu64 " has '%" PRIu32
				    "' bytes: not a multiple of 8 up to %d",
				    file->blocks, file->next, block->payload_bytes,
				    LOG_MOST_PAYLOAD);
	wanted = block->payload_bytes;
	TRY(make_room(file, sizeof(*block) + wanted, diag));
	block = file->block;
	TRY(read_up_to(file, block + 1, wanted, &got, diag));
	if (got < wanted)
		return torn_or_damaged(file, sizeof(*block) + got, "it is cut short", more, diag);
	if (block->payload_crc != crc_of(block + 1, wanted))
		return torn_or_damaged(file, sizeof(*block) + got, "its checksum is wrong", more,
				       diag);
	file->at = file->next;
	file->next += sizeof(*block) + wanted;
	file->blocks++;
	file->hash = input_hash(file->hash, block, sizeof(*block));
	return check_block(file, block, diag);
}
