/* Plain or gz bytes by read(2) and zlib's inflate: see input.h. */
#include "traces/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PACKED_SIZE = 32 << 10,
	INFLATE_SIZE = 48 << 10, /* zlib's own: 32 KiB of window and its state */
	GZ_WINDOW_BITS = 15 + 16 /* largest window, gz header and checksum */
};

static const uint64_t fnv_offset = UINT64_C(0xcbf29ce484222325);
static const uint64_t fnv_prime = UINT64_C(0x100000001b3);

uint64_t input_hash(uint64_t hash, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ at[i]) * fnv_prime;
	return hash;
}

static enum sim_status read_file(struct input *input, void *out, size_t room, size_t *got,
				 struct sim_diag *diag)
{
	ssize_t count;
	do
		count = read(input->file, out, room);
	while (count < 0 && errno == EINTR);
	if (count < 0)
		return diag_fail_at(diag, SIM_E_IO, input->path, 0, "cannot read: %s",
				    strerror(errno));
	*got = (size_t)count;
	input->file_ended = count == 0;
	return SIM_OK;
}

/* More packed bytes behind those not yet used. */
static enum sim_status refill_packed(struct input *input, struct sim_diag *diag)
{
	size_t left = input->packed_length - input->packed_at, got = 0;
	if (left > 0)
		memmove(input->packed, input->packed + input->packed_at, left);
	input->packed_at = 0;
	input->packed_length = left;
	TRY(read_file(input, input->packed + left, PACKED_SIZE - left, &got, diag));
	input->packed_length += got;
	return SIM_OK;
}

static bool gz_magic(const struct input *input)
{
	const unsigned char *at = input->packed + input->packed_at;
	return input->packed_length - input->packed_at >= 2 && at[0] == 0x1f && at[1] == 0x8b;
}

enum sim_status input_open(struct input *input, const char *path, struct budget *budget,
			   struct sim_diag *diag)
{
	struct stat facts;
	memset(input, 0, sizeof(*input));
	input->path = path;
	input->hash = fnv_offset;
	input->file = open(path, O_RDONLY | O_CLOEXEC);
	if (input->file < 0)
		return diag_fail_at(diag, errno == ENOENT ? SIM_E_NOT_FOUND : SIM_E_IO, path, 0,
				    "cannot open: %s", strerror(errno));
	if (fstat(input->file, &facts) == 0 && S_ISDIR(facts.st_mode)) {
		input_close(input, budget);
		return diag_fail_at(diag, SIM_E_IO, path, 0, "is a directory, not a trace file");
	}
	input->packed = malloc(PACKED_SIZE);
	if (input->packed == NULL) {
		input_close(input, budget);
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	budget_take(budget, PACKED_SIZE);
	enum sim_status status = SIM_OK;
	while (status == SIM_OK && input->packed_length < 2 && !input->file_ended)
		status = refill_packed(input, diag);
	if (status == SIM_OK && gz_magic(input)) {
		if (inflateInit2(&input->stream, GZ_WINDOW_BITS) == Z_OK) {
			input->compressed = true;
			budget_take(budget, INFLATE_SIZE);
		} else {
			status = diag_fail(diag, SIM_E_NOMEM, "out of memory");
		}
	}
	if (status != SIM_OK)
		input_close(input, budget);
	return status;
}

void input_close(struct input *input, struct budget *budget)
{
	if (input->compressed) {
		inflateEnd(&input->stream);
		budget_give(budget, INFLATE_SIZE);
	}
	if (input->packed != NULL)
		budget_give(budget, PACKED_SIZE);
	free(input->packed);
	if (input->file >= 0)
		close(input->file);
	memset(input, 0, sizeof(*input));
	input->file = -1;
}

/* Between gz members: another member, the end, or garbage. */
static enum sim_status next_member(struct input *input, struct sim_diag *diag)
{
	while (input->packed_length - input->packed_at < 2 && !input->file_ended)
		TRY(refill_packed(input, diag));
	if (input->packed_length == input->packed_at) {
		input->ended = true;
		return SIM_OK;
	}
	if (!gz_magic(input))
		return diag_fail_at(diag, SIM_E_PARSE, input->path, 0,
				    "bytes follow the end of the gz data");
	if (inflateReset(&input->stream) != Z_OK)
		return diag_fail_at(diag, SIM_E_INTERNAL, input->path, 0, "cannot restart inflate");
	input->member_ended = false;
	return SIM_OK;
}

static enum sim_status inflate_some(struct input *input, char *out, size_t room, size_t *got,
				    struct sim_diag *diag)
{
	z_stream *stream = &input->stream;
	if (input->packed_at == input->packed_length && !input->file_ended)
		TRY(refill_packed(input, diag));
	stream->next_in = input->packed + input->packed_at;
	stream->avail_in = (uInt)(input->packed_length - input->packed_at);
	stream->next_out = (unsigned char *)out;
	stream->avail_out = room > UINT32_MAX ? UINT32_MAX : (uInt)room;
	uInt offered = stream->avail_out;
	int result = inflate(stream, Z_NO_FLUSH);
	input->packed_at = input->packed_length - stream->avail_in;
	*got = offered - stream->avail_out;
	if (result == Z_STREAM_END) {
		input->member_ended = true;
		return SIM_OK;
	}
	if (result == Z_OK || (result == Z_BUF_ERROR && !input->file_ended))
		return SIM_OK;
	if (result == Z_BUF_ERROR)
		return diag_fail_at(diag, SIM_E_PARSE, input->path, 0,
				    "the gz data is cut short; copy the file again");
	if (result == Z_MEM_ERROR)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	return diag_fail_at(diag, SIM_E_PARSE, input->path, 0, "the gz data is corrupt: %s",
			    stream->msg != NULL ? stream->msg : "needs a dictionary");
}

static enum sim_status read_plain(struct input *input, char *out, size_t room, size_t *got,
				  struct sim_diag *diag)
{
	size_t left = input->packed_length - input->packed_at;
	if (left > 0) {
		*got = left < room ? left : room;
		memcpy(out, input->packed + input->packed_at, *got);
		input->packed_at += *got;
		return SIM_OK;
	}
	TRY(read_file(input, out, room, got, diag));
	input->ended = *got == 0;
	return SIM_OK;
}

enum sim_status input_read(struct input *input, char *out, size_t room, size_t *got,
			   struct sim_diag *diag)
{
	*got = 0;
	while (*got == 0 && !input->ended) {
		if (!input->compressed)
			TRY(read_plain(input, out, room, got, diag));
		else if (input->member_ended)
			TRY(next_member(input, diag));
		else
			TRY(inflate_some(input, out, room, got, diag));
	}
	if (!input->unhashed)
		input->hash = input_hash(input->hash, out, *got);
	input->bytes += *got;
	return SIM_OK;
}
