/* Devices as runs used them: one row per (content, name), with every value and where it is from. */
#include "sim/store/db.h"

#include <string.h>

#include "hwmodels/device.h"

static enum sim_status find(struct store *store, const struct hw_device *device, int64_t *id,
			    struct sim_diag *diag)
{
	char hash[STORE_HASH_TEXT], name[sizeof(device->name)];
	sqlite3_stmt *stmt;
	bool row;
	TRY(db_prepare(store, "SELECT id FROM device WHERE content_hash = ?1 AND name = ?2", &stmt,
		       diag));
	text_printable(name, sizeof(name), device->name, strlen(device->name));
	sqlite3_bind_text(stmt, 1, hash_format(device->content_hash, hash), 16, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, name, -1, SQLITE_STATIC);
	enum sim_status status = db_step(store, stmt, &row, diag);
	*id = status == SIM_OK && row ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_finalize(stmt);
	return status;
}

static enum sim_status write_head(struct db_insert *in, const struct hw_device *device,
				  struct sim_diag *diag)
{
	char name[sizeof(device->name)];
	insert_null(in);
	/* the same bytes that find() looks for */
	insert_text(in, text_printable(name, sizeof(name), device->name, strlen(device->name)));
	insert_hash(in, device->content_hash);
	insert_text(in, device->model->name);
	insert_text(in, device->summary);
	insert_text(in, device->path);
	insert_text(in, device->inherits);
	insert_integer(in, device->machine.calibrated);
	return insert_row(in, diag);
}

static enum sim_status write_values(struct db_insert *in, const struct hw_device *device,
				    int64_t id, struct sim_diag *diag)
{
	for (size_t i = 0; i < device->param_count; i++) {
		const struct hw_param *param = &device->params[i];
		const struct hw_value *value = &device->values[i];
		insert_integer(in, id);
		insert_text(in, param->key);
		insert_real(in, value->value);
		insert_text(in, unit_si(param->unit));
		insert_real(in, value->low);
		insert_real(in, value->high);
		insert_text(in, hw_origin_text(value->origin));
		insert_text(in, value->source == NULL ? "" : value->source);
		TRY(insert_row(in, diag));
	}
	return SIM_OK;
}

static enum sim_status write_fit(struct db_insert *in, const struct hw_device *device, int64_t id,
				 struct sim_diag *diag)
{
	for (size_t i = 0; i < device->fit_count; i++) {
		insert_integer(in, id);
		insert_integer(in, (int64_t)i);
		insert_text(in, device->fit_files[i]);
		TRY(insert_row(in, diag));
	}
	return SIM_OK;
}

static enum sim_status write_residuals(struct db_insert *in, const struct hw_device *device,
				       int64_t id, struct sim_diag *diag)
{
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++) {
		const struct hw_residual *residual = &device->residuals[family];
		if (residual->kernels == 0)
			continue;
		insert_integer(in, id);
		insert_text(in, sim_family_text(family));
		TRY(insert_unsigned(in, residual->kernels, "count of residuals", diag));
		insert_real(in, residual->p05);
		insert_real(in, residual->p50);
		insert_real(in, residual->p95);
		TRY(insert_row(in, diag));
	}
	return SIM_OK;
}

static uint64_t residual_count(const struct hw_device *device)
{
	uint64_t count = 0;
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++)
		count += device->residuals[family].kernels > 0;
	return count;
}

static enum sim_status write_parts(struct store *store, const struct hw_device *device, int64_t id,
				   struct sim_diag *diag)
{
	struct db_insert in;
	enum sim_status status = insert_open(
		&in, store, "device_value(device_id, key, value, unit, low, high, origin, source)",
		device->param_count, diag);
	if (status == SIM_OK)
		status = write_values(&in, device, id, diag);
	insert_close(&in);
	TRY(status);
	status = insert_open(&in, store, "device_fit(device_id, seq, file)", device->fit_count,
			     diag);
	if (status == SIM_OK)
		status = write_fit(&in, device, id, diag);
	insert_close(&in);
	TRY(status);
	status = insert_open(&in, store,
			     "device_residual(device_id, family, kernels, p05, p50, p95)",
			     residual_count(device), diag);
	if (status == SIM_OK)
		status = write_residuals(&in, device, id, diag);
	insert_close(&in);
	return status;
}

enum sim_status store_put_device(struct store *store, const struct hw_device *device, int64_t *id,
				 struct sim_diag *diag)
{
	struct db_insert in;
	TRY(find(store, device, id, diag));
	if (*id != 0)
		return SIM_OK;
	enum sim_status status = insert_open(
		&in, store,
		"device(id, name, content_hash, model, summary, path, inherits, calibrated)", 1,
		diag);
	if (status == SIM_OK)
		status = write_head(&in, device, diag);
	insert_close(&in);
	TRY(status);
	*id = sqlite3_last_insert_rowid(store->db);
	return write_parts(store, device, *id, diag);
}
