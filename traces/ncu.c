/* Reads ncu's CSV: finds the header, then rows of either layout. See ncu.h. */
#include "traces/ncu.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "traces/ncu_csv.h"
#include "traces/ncu_value.h"
#include "traces/work_rules.h"

/* clang-format off */
#define COLUMN_LIST(X) \
	X(ID, "ID") X(PROCESS, "Process ID") X(KERNEL, "Kernel Name") X(GRID, "Grid Size") \
	X(BLOCK, "Block Size") X(METRIC, "Metric Name") X(UNIT, "Metric Unit") X(VALUE, "Metric Value")
#define METRIC_LIST(X) \
	X(DRAM_READ, "dram__bytes_read.sum") X(DRAM_WRITE, "dram__bytes_write.sum") \
	X(LTS, "lts__t_bytes.sum") X(DURATION, "gpu__time_duration.sum")
/* clang-format on */

#define X(name, text) COLUMN_##name,
enum { COLUMN_LIST(X) COLUMN_COUNT };
#undef X
#define X(name, text) METRIC_##name,
enum { METRIC_LIST(X) METRIC_COUNT };
#undef X

#define X(name, text) text,
static const char *const column_texts[] = {COLUMN_LIST(X)};
static const char *const metric_texts[] = {METRIC_LIST(X)};
#undef X

static const size_t absent = SIZE_MAX;

struct reading {
	struct ncu_csv csv;
	struct budget budget;
	struct ncu_log *log;
	size_t columns[COLUMN_COUNT];
	size_t metrics[METRIC_COUNT]; /* columns of the wide layout */
	int powers[METRIC_COUNT];     /* their units */
	size_t width;		      /* fields of the header */
	bool header, is_long, quoted, wants_units, any_dram;
	bool continues; /* the long layout's last kernel can get more metrics */
	int64_t id, process;
};

static enum sim_status fail(const struct reading *it, enum sim_status status, const char *what,
			    const char *subject, struct sim_diag *diag)
{
	return diag_fail_at(diag, status, it->csv.input.path, it->csv.record_line, "%s: '%.80s'",
			    what, subject);
}

static size_t find_column(const struct ncu_csv *csv, const char *name)
{
	for (size_t i = 0; i < csv->field_count; i++)
		if (strcmp(ncu_csv_field(csv, i), name) == 0)
			return i;
	return absent;
}

static enum sim_status take_header(struct reading *it, struct sim_diag *diag)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		it->columns[i] = find_column(&it->csv, column_texts[i]);
	for (size_t i = 0; i < METRIC_COUNT; i++) {
		it->metrics[i] = find_column(&it->csv, metric_texts[i]);
		it->powers[i] = 0;
	}
	it->is_long = it->columns[COLUMN_METRIC] != absent;
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		bool needed = i != COLUMN_PROCESS && (it->is_long || i <= COLUMN_BLOCK);
		if (needed && it->columns[i] == absent)
			return fail(it, SIM_E_PARSE, "the header lacks a column of ncu --csv",
				    column_texts[i], diag);
	}
	it->width = it->csv.field_count;
	it->header = true;
	it->wants_units = !it->is_long;
	it->continues = false;
	if (!it->is_long)
		it->any_dram |= it->metrics[METRIC_DRAM_READ] != absent ||
				it->metrics[METRIC_DRAM_WRITE] != absent;
	return SIM_OK;
}

static const char *cell(const struct reading *it, size_t column)
{
	return ncu_csv_field(&it->csv, it->columns[column]);
}

/* The wide layout's second row: units, with nothing in the kernel's own columns. */
static enum sim_status take_units(struct reading *it, bool *taken, struct sim_diag *diag)
{
	*taken = it->wants_units && cell(it, COLUMN_ID)[0] == '\0';
	for (size_t i = 0; *taken && i < METRIC_COUNT; i++) {
		const char *unit = ncu_csv_field(&it->csv, it->metrics[i]);
		if (it->metrics[i] != absent && unit[0] != '\0' &&
		    !ncu_unit(unit, i == METRIC_DURATION, &it->powers[i]))
			return fail(it, SIM_E_UNIT, "unknown unit of a metric", unit, diag);
	}
	it->wants_units = false;
	return SIM_OK;
}

static enum sim_status set_metric(struct reading *it, size_t metric, const char *text, int power,
				  struct sim_diag *diag)
{
	struct ncu_kernel *kernel = &it->log->kernels[it->log->kernel_count - 1];
	double *const places[] = {&kernel->dram_read_bytes, &kernel->dram_write_bytes,
				  &kernel->lts_bytes, &kernel->duration_ns};
	double value;
	if (!ncu_number(text, power, &value))
		return fail(it, SIM_E_PARSE, "a metric's value is not a number", text, diag);
	if (isnan(*places[metric])) /* a metric may stand in several sections */
		*places[metric] = value;
	return SIM_OK;
}

const char *ncu_function_name(const char *name, char *base, size_t size)
{
	const char *leaf = work_base_name(name, base, size);
	for (const char *at = strstr(leaf, "::"); at != NULL; at = strstr(at + 2, "::"))
		leaf = at + 2;
	return leaf;
}

static enum sim_status add_kernel(struct reading *it, struct sim_diag *diag)
{
	struct ncu_log *log = it->log;
	struct ncu_kernel kernel = {.dram_read_bytes = NAN,
				    .dram_write_bytes = NAN,
				    .lts_bytes = NAN,
				    .duration_ns = NAN};
	char base[256];
	if (log->kernel_count == NCU_MOST_KERNELS)
		return diag_fail_at(diag, SIM_E_RANGE, it->csv.input.path, it->csv.record_line,
				    "more than %d kernels", NCU_MOST_KERNELS);
	if (!ncu_dims(cell(it, COLUMN_GRID), kernel.grid))
		return fail(it, SIM_E_PARSE, "not a grid like '(8, 1, 1)'", cell(it, COLUMN_GRID),
			    diag);
	if (!ncu_dims(cell(it, COLUMN_BLOCK), kernel.block))
		return fail(it, SIM_E_PARSE, "not a block like '(128, 1, 1)'",
			    cell(it, COLUMN_BLOCK), diag);
	const char *name = ncu_function_name(cell(it, COLUMN_KERNEL), base, sizeof(base));
	if (name[0] == '\0')
		return fail(it, SIM_E_PARSE, "a kernel without a name", cell(it, COLUMN_KERNEL),
			    diag);
	if (names_add(&log->names, name, strlen(name), &kernel.name) != SIM_OK)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	TRY(budget_grow(&it->budget, (void **)&log->kernels, &log->kernel_capacity,
			log->kernel_count + 1, sizeof(kernel), diag));
	log->kernels[log->kernel_count++] = kernel;
	return SIM_OK;
}

static enum sim_status take_wide(struct reading *it, struct sim_diag *diag)
{
	TRY(add_kernel(it, diag));
	for (size_t i = 0; i < METRIC_COUNT; i++)
		if (it->metrics[i] != absent)
			TRY(set_metric(it, i, ncu_csv_field(&it->csv, it->metrics[i]),
				       it->powers[i], diag));
	return SIM_OK;
}

static enum sim_status take_long(struct reading *it, int64_t id, int64_t process,
				 struct sim_diag *diag)
{
	size_t metric = 0;
	int power = 0;
	const char *name = cell(it, COLUMN_METRIC), *unit = cell(it, COLUMN_UNIT);
	if (!it->continues || id != it->id || process != it->process)
		TRY(add_kernel(it, diag));
	it->continues = true;
	it->id = id;
	it->process = process;
	while (metric < METRIC_COUNT && strcmp(metric_texts[metric], name) != 0)
		metric++;
	if (metric == METRIC_COUNT)
		return SIM_OK;
	it->any_dram |= metric == METRIC_DRAM_READ || metric == METRIC_DRAM_WRITE;
	if (unit[0] != '\0' && !ncu_unit(unit, metric == METRIC_DURATION, &power))
		return fail(it, SIM_E_UNIT, "unknown unit of a metric", unit, diag);
	return set_metric(it, metric, cell(it, COLUMN_VALUE), power, diag);
}

static bool whole_number(const char *text, int64_t *value)
{
	double number;
	if (!ncu_number(text, 0, &number) || !(number <= (double)INT32_MAX))
		return false;
	*value = (int64_t)number;
	return true;
}

static enum sim_status take_row(struct reading *it, struct sim_diag *diag)
{
	int64_t id, process = 0;
	bool units;
	if (it->csv.field_count != it->width)
		return diag_fail_at(diag, SIM_E_PARSE, it->csv.input.path, it->csv.record_line,
				    "%zu fields where the header has %zu: the file is cut short or "
				    "mixed with other output",
				    it->csv.field_count, it->width);
	TRY(take_units(it, &units, diag));
	if (units)
		return SIM_OK;
	if (!whole_number(cell(it, COLUMN_ID), &id))
		return fail(it, SIM_E_PARSE, "not a kernel's ID", cell(it, COLUMN_ID), diag);
	if (it->columns[COLUMN_PROCESS] != absent &&
	    !whole_number(cell(it, COLUMN_PROCESS), &process))
		return fail(it, SIM_E_PARSE, "not a process ID", cell(it, COLUMN_PROCESS), diag);
	return it->is_long ? take_long(it, id, process, diag) : take_wide(it, diag);
}

/*
 * A record, or a line that is none: ncu's own messages begin with "==", and in a quoted table all
 * that does not begin with a quote is the program's output.
 */
static enum sim_status take_line(struct reading *it, struct sim_diag *diag)
{
	bool quoted_header, bare_header, quote, message;
	TRY(ncu_csv_starts(&it->csv, "\"ID\",", &quoted_header, diag));
	TRY(ncu_csv_starts(&it->csv, "ID,", &bare_header, diag));
	TRY(ncu_csv_starts(&it->csv, "\"", &quote, diag));
	TRY(ncu_csv_starts(&it->csv, "==", &message, diag));
	if (quoted_header || bare_header) {
		it->quoted = quoted_header;
		TRY(ncu_csv_record(&it->csv, diag));
		return take_header(it, diag);
	}
	if (!it->header || message || (it->quoted && !quote))
		return ncu_csv_skip_line(&it->csv, diag);
	TRY(ncu_csv_record(&it->csv, diag));
	bool empty = it->csv.field_count == 1 && ncu_csv_field(&it->csv, 0)[0] == '\0';
	return empty ? SIM_OK : take_row(it, diag);
}

static enum sim_status read_all(struct reading *it, struct sim_diag *diag)
{
	bool more;
	if (names_init(&it->log->names) != SIM_OK)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	TRY(ncu_csv_more(&it->csv, &more, diag));
	while (more) {
		TRY(take_line(it, diag));
		TRY(ncu_csv_more(&it->csv, &more, diag));
	}
	const char *path = it->csv.input.path;
	if (!it->header)
		return diag_fail_at(diag, SIM_E_PARSE, path, 0,
				    "no header line that begins with \"ID\": not what ncu --csv "
				    "prints");
	if (it->log->kernel_count == 0)
		return diag_fail_at(diag, SIM_E_PARSE, path, 0, "no kernels behind the header");
	if (!it->any_dram)
		return diag_fail_at(diag, SIM_E_PARSE, path, 0,
				    "no metric dram__bytes_read.sum or dram__bytes_write.sum; "
				    "profile with --metrics dram__bytes_read.sum,"
				    "dram__bytes_write.sum,lts__t_bytes.sum");
	return SIM_OK;
}

enum sim_status ncu_read(const char *path, struct ncu_log *log, struct sim_diag *diag)
{
	struct reading it = {.log = log};
	memset(log, 0, sizeof(*log));
	TRY(ncu_csv_open(&it.csv, path, &it.budget, diag));
	enum sim_status status = read_all(&it, diag);
	ncu_csv_close(&it.csv);
	if (status != SIM_OK)
		ncu_fini(log);
	return status;
}

void ncu_fini(struct ncu_log *log)
{
	names_fini(&log->names);
	free(log->kernels);
	memset(log, 0, sizeof(*log));
}
