/*
 * YAML files as trees of nodes that remember their line: what device, model, scenario and sweep
 * files are read with.
 *
 * A strict subset, so that a file means what it looks like: one document of maps, sequences and
 * scalars. Refused with file:line: duplicate keys, keys that are not text, anchors, aliases, tags,
 * directives, several documents, nesting deeper than 32, NUL bytes, files over 16 MiB or 262,144
 * nodes, anything that is not UTF-8. Scalars stay text; the caller says what they are
 * (yaml_quantity, yaml_text).
 */
#ifndef SIM_CORE_YAML_H
#define SIM_CORE_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "sim/core/arena.h"
#include "sim/core/status.h"
#include "sim/core/units.h"

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	long line;		 /* where the value begins */
	const char *key;	 /* when it is a map's entry, else NULL */
	long key_line;		 /* where the key stands */
	const char *text;	 /* scalar: its text; never NULL, holds no NUL */
	size_t count;		 /* map, sequence: entries */
	struct yaml_node *first; /* map, sequence: the first entry, in file order */
	struct yaml_node *last;
	struct yaml_node *next; /* the next entry of the same parent */
};

struct yaml_file {
	struct arena arena; /* holds the nodes */
	const char *name;   /* as given, for messages */
	struct yaml_node *root;
};

/* Read PATH. FILE is initialized in any case: call yaml_file_fini also after a failure. */
SIM_MUST_CHECK enum sim_status yaml_file_read(const char *path, struct yaml_file *file,
					      struct sim_diag *diag);

/* The same from memory; NAME stands for the file in messages. */
SIM_MUST_CHECK enum sim_status yaml_file_parse(const char *name, const char *text, size_t length,
					       struct yaml_file *file, struct sim_diag *diag);
void yaml_file_fini(struct yaml_file *file);

/* Record `file:line: ...` for NODE and return STATUS. */
enum sim_status yaml_fail(const struct yaml_file *file, const struct yaml_node *node,
			  struct sim_diag *diag, enum sim_status status, const char *fmt, ...)
	SIM_PRINTF(5, 6);

/* "no such WHAT: 'NAME'", with the nearest of KNOWN; SIM_E_NOT_FOUND. */
SIM_MUST_CHECK enum sim_status yaml_fail_unknown(const struct yaml_file *file,
						 const struct yaml_node *node, const char *what,
						 const char *name, const char *const *known,
						 size_t count, struct sim_diag *diag);

/* Entry of MAP under KEY, or NULL. */
const struct yaml_node *yaml_find(const struct yaml_node *map, const char *key);

/* NODE must be of KIND; WHAT names it in the message ("parameters must be a map"). */
SIM_MUST_CHECK enum sim_status yaml_expect(const struct yaml_file *file,
					   const struct yaml_node *node, enum yaml_kind kind,
					   const char *what, struct sim_diag *diag);

/* MAP may hold the keys of ALLOWED only; anything else is SIM_E_NOT_FOUND with "did you mean". */
SIM_MUST_CHECK enum sim_status yaml_allow(const struct yaml_file *file, const struct yaml_node *map,
					  const char *const *allowed, size_t count,
					  struct sim_diag *diag);

/* Text of the scalar under KEY of MAP, at most OUT_SIZE - 1 bytes; SIM_E_NOT_FOUND when missing. Names
 * and summaries are printed as they are: what no terminal should see becomes \xNN here. */
SIM_MUST_CHECK enum sim_status yaml_text(const struct yaml_file *file, const struct yaml_node *map,
					 const char *key, char *out, size_t out_size,
					 struct sim_diag *diag);

/* NODE as a quantity in SI. */
SIM_MUST_CHECK enum sim_status yaml_quantity(const struct yaml_file *file,
					     const struct yaml_node *node, enum sim_unit unit,
					     double *value, struct sim_diag *diag);

/* TEXT as a double-quoted scalar on one line that the reader takes; what is not UTF-8 becomes the
 * characters of its bytes' numbers. */
void yaml_write_text(FILE *out, const char *text);

#endif
