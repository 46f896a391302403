/* The log as a file: see log_output.h. */
#include "traces/tracer/log_output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/tracer/crc.h"
#include "traces/tracer/say.h"

/* Nonblocking, so that a pipe without a reader does not stop the traced program. */
static void open_for_append(struct log_output *file)
{
	const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	file->fd = open(file->path, flags | O_EXCL, 0666);
	file->created = file->fd >= 0;
	if (!file->created)
		file->fd = open(file->path, flags, 0666);
}

/* File systems without locks do without the check. */
static bool is_held(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

static bool open_beside(struct log_output *file, const char *path, long process)
{
	close(file->fd);
	int length = snprintf(file->path, sizeof(file->path), "%s.%ld", path, process);
	file->fd = -1;
	if (length < (int)sizeof(file->path))
		open_for_append(file);
	return file->fd >= 0 && !is_held(file->fd);
}

/* A program may close all descriptors that it finds, and then open its own under their numbers. */
static bool is_ours(const struct log_output *file, int fd)
{
	struct stat about;
	return fd >= 0 && fstat(fd, &about) == 0 && about.st_dev == file->device &&
	       about.st_ino == file->inode;
}

/* What the file is, and where, wherever the program goes. */
static bool remember(struct log_output *file)
{
	struct stat about;
	char path[PATH_MAX];
	if (fstat(file->fd, &about) != 0)
		return false;
	file->device = about.st_dev;
	file->inode = about.st_ino;
	if (realpath(file->path, path) != NULL && strlen(path) < sizeof(file->path))
		memcpy(file->path, path, strlen(path) + 1);
	return true;
}

/* The descriptor is not ours any more: it is left alone, and the file opened again. */
static void find_again(struct log_output *file)
{
	int fd = open(file->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (is_ours(file, fd) && !is_held(fd)) {
		file->fd = fd;
		return;
	}
	if (fd >= 0)
		close(fd);
	file->fd = -1;
	file->error = EBADF;
	tracer_say("the log ends here, the program closed it and it is not found again: '%s'",
		   file->path);
}

bool log_output_open(struct log_output *file, const char *path, long process)
{
	struct stat about;
	*file = (struct log_output){.fd = -1};
	snprintf(file->path, sizeof(file->path), "%s", path);
	open_for_append(file);
	bool usable = file->fd >= 0;
	if (usable && is_held(file->fd))
		usable = open_beside(file, path, process);
	if (usable && fstat(file->fd, &about) == 0 && S_ISREG(about.st_mode))
		usable = ftruncate(file->fd, 0) == 0;
	if (usable && remember(file))
		return true;
	tracer_say("cannot write the log, nothing is recorded: %s: '%s'", strerror(errno),
		   file->path);
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	return false;
}

/* At its path there may be another one by now. */
void log_output_discard(const struct log_output *file)
{
	struct stat about;
	if (file->created && stat(file->path, &about) == 0 && about.st_size == 0 &&
	    about.st_dev == file->device && about.st_ino == file->inode)
		unlink(file->path);
}

void log_output_close(struct log_output *file)
{
	if (is_ours(file, file->fd))
		close(file->fd);
	file->fd = -1;
}

/* A short write is followed by another try, which tells why. */
static void append(struct log_output *file, const void *bytes, size_t length)
{
	const char *at = bytes;
	if (!is_ours(file, file->fd))
		find_again(file);
	while (length > 0 && file->error == 0) {
		ssize_t written = write(file->fd, at, length);
		if (written < 0 && errno != EINTR)
			file->error = errno;
		if (written > 0) {
			at += written;
			length -= (size_t)written;
		}
	}
	if (length > 0 && file->error != 0 && file->fd >= 0)
		tracer_say("the log ends here, the program runs on: %s: '%s'",
			   strerror(file->error), file->path);
}

void log_output_header(struct log_output *file, uint32_t features, int64_t start_ns)
{
	struct log_header header = {
		.major = LOG_MAJOR,
		.minor = LOG_MINOR,
		.header_bytes = sizeof(header),
		.features = features,
		.start_ns = start_ns,
		.process = (uint32_t)getpid(),
	};
	memcpy(header.magic, LOG_MAGIC, sizeof(header.magic));
	header.crc = crc_of(&header, offsetof(struct log_header, crc));
	append(file, &header, sizeof(header));
}

void log_output_append(struct log_output *file, struct log_block *block)
{
	if (file->error != 0 || file->fd < 0)
		return;
	block->magic = LOG_BLOCK_MAGIC;
	block->sequence = file->sequence++;
	block->payload_crc = crc_of(block + 1, block->payload_bytes);
	block->header_crc = crc_of(block, offsetof(struct log_block, header_crc));
	append(file, block, sizeof(*block) + block->payload_bytes);
}
