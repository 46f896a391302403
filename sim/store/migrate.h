/*
 * Schema versions: what brings a database from one user_version to the next.
 *
 * steps[i] is SQL that takes version i to i + 1; steps[0] is the whole first schema. To change the
 * schema, append a step (and nothing else: databases of every earlier version exist).
 */
#ifndef SIM_STORE_MIGRATE_H
#define SIM_STORE_MIGRATE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "sim/core/status.h"

struct store_schema {
	const char *const *steps;
	int version; /* number of steps; what this program reads and writes */
};

/* sim/store/schema.sql and what follows it, built in */
extern const char store_schema_sql[];
extern const char store_schema_2_sql[];
extern const char store_schema_3_sql[];
extern const char store_schema_4_sql[];
extern const char store_schema_5_sql[];
extern const struct store_schema store_schema;

/*
 * See that DB is ours and of SCHEMA's version; with WRITE create or migrate it, all steps in one
 * transaction, so that a failure or a kill leaves what was there before. SIM_E_DB: another program's
 * file, a newer version, or (without WRITE) an older or empty one; nothing was written then.
 */
SIM_MUST_CHECK enum sim_status store_migrate(sqlite3 *db, const char *path,
					     const struct store_schema *schema, bool write,
					     struct sim_diag *diag);

#endif
