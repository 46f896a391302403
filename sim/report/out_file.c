/* Files that appear whole: see out_file.h. */
#include "sim/report/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static ssize_t write_gz(void *cookie, const char *bytes, size_t length)
{
	enum { MOST = 1 << 30 };
	unsigned count = length > MOST ? MOST : (unsigned)length;
	return count == 0 ? 0 : gzwrite(cookie, bytes, count);
}

static int close_gz(void *cookie)
{
	return gzclose(cookie) == Z_OK ? 0 : EOF;
}

static enum sim_status fail(const struct out_file *out, const char *what, struct sim_diag *diag)
{
	return diag_fail_at(diag, SIM_E_IO, out->path, 0, "cannot %s: %s", what, strerror(errno));
}

/* Make a stdio stream of DESCRIPTOR, which is closed with it, or on failure. */
static enum sim_status open_stream(struct out_file *out, int descriptor, struct sim_diag *diag)
{
	size_t length = strlen(out->path);
	cookie_io_functions_t gz = {.write = write_gz, .close = close_gz};
	if (length <= 3 || strcmp(out->path + length - 3, ".gz") != 0) {
		out->file = fdopen(descriptor, "wb");
	} else {
		gzFile packed = gzdopen(descriptor, "wb6");
		if (packed != NULL)
			out->file = fopencookie(packed, "wb", gz);
		if (packed != NULL && out->file == NULL) {
			gzclose(packed);
			descriptor = -1;
		}
	}
	if (out->file != NULL)
		return SIM_OK;
	enum sim_status status = fail(out, "write it", diag);
	if (descriptor >= 0)
		close(descriptor);
	return status;
}

static bool is_special(const char *path)
{
	struct stat info;
	return stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

static int open_temporary(struct out_file *out)
{
	static const char tail[] = ".XXXXXX";
	size_t room = strlen(out->path) + sizeof(tail);
	out->temporary = malloc(room);
	if (out->temporary == NULL)
		return -1;
	snprintf(out->temporary, room, "%s%s", out->path, tail);
	int descriptor = mkstemp(out->temporary);
	if (descriptor >= 0) {
		mode_t mask = umask(0);
		umask(mask);
		if (fchmod(descriptor, 0666 & ~mask) == 0)
			return descriptor;
		close(descriptor);
		unlink(out->temporary);
	}
	return -1;
}

enum sim_status out_file_open(struct out_file *out, const char *path, struct sim_diag *diag)
{
	struct stat info;
	int descriptor;
	*out = (struct out_file){.path = path};
	if (strcmp(path, "-") == 0) {
		out->file = stdout;
		return SIM_OK;
	}
	if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
		return diag_fail_at(diag, SIM_E_IO, path, 0, "is a directory");
	descriptor = is_special(path) ? open(path, O_WRONLY | O_CLOEXEC) : open_temporary(out);
	enum sim_status status =
		descriptor < 0 ? fail(out, "make it", diag) : open_stream(out, descriptor, diag);
	if (status != SIM_OK) {
		if (descriptor >= 0 && out->temporary != NULL)
			unlink(out->temporary);
		free(out->temporary);
		out->temporary = NULL;
	}
	return status;
}

enum sim_status out_file_close(struct out_file *out, enum sim_status status, struct sim_diag *diag)
{
	if (out->file == stdout) {
		bool lost = fflush(stdout) != 0 || ferror(stdout);
		if (lost && (status == SIM_OK || status == SIM_E_IO))
			status = diag_fail(diag, SIM_E_IO, "cannot write the output");
		return status;
	}
	bool failed = ferror(out->file) != 0;
	failed |= fclose(out->file) != 0;
	if (failed && (status == SIM_OK || status == SIM_E_IO))
		status = fail(out, "write all of it", diag);
	if (out->temporary != NULL) {
		if (status == SIM_OK && rename(out->temporary, out->path) != 0)
			status = fail(out, "rename the finished file to it", diag);
		if (status != SIM_OK)
			unlink(out->temporary);
	}
	free(out->temporary);
	*out = (struct out_file){0};
	return status;
}
