/* Writing the rows of one validation, all or none. */
#include "sim/store/store.h"

#include "sim/store/db.h"

static enum sim_status write_one(struct store *store, const struct store_validation *row,
				 struct sim_diag *diag)
{
	struct db_insert in;
	int64_t trace_id, device_id;
	TRY(store_put_device(store, row->device, &device_id, diag));
	TRY(store_find_trace(store, row->trace, row->trace_hash, &trace_id, diag));
	enum sim_status status =
		insert_open(&in, store,
			    "validation(trace, trace_hash, trace_id, device_id, method, in_fit, "
			    "version, measured_device_ms, predicted_device_ms, step_error, "
			    "kernel_weighted_error, modelled_time_share, unprofiled_step_ms, "
			    "traced_step_ms, predicted_step_ms)",
			    1, diag);
	if (status == SIM_OK) {
		insert_text(&in, row->trace);
		insert_hash(&in, row->trace_hash);
		if (trace_id == 0)
			insert_null(&in);
		else
			insert_integer(&in, trace_id);
		insert_integer(&in, device_id);
		insert_text(&in, row->method);
		insert_integer(&in, row->in_fit);
		insert_text(&in, row->version);
		insert_real(&in, row->measured_device_ms);
		insert_real(&in, row->predicted_device_ms);
		insert_real(&in, row->step_error);
		insert_real(&in, row->kernel_weighted_error);
		insert_real(&in, row->modelled_time_share);
		insert_real(&in, row->unprofiled_step_ms);
		insert_real(&in, row->traced_step_ms);
		insert_real(&in, row->predicted_step_ms);
		status = insert_row(&in, diag);
	}
	insert_close(&in);
	return status;
}

enum sim_status store_write_validations(struct store *store, const struct store_validation *rows,
					size_t count, struct sim_diag *diag)
{
	TRY(db_begin(store, diag));
	enum sim_status status = SIM_OK;
	for (size_t i = 0; i < count && status == SIM_OK; i++)
		status = write_one(store, &rows[i], diag);
	return db_end(store, status, diag);
}
