/*
 * Inside of the fake libcupti. It keeps to what CUPTI's header says and makes its liberties visible:
 *
 * - A lock is held around every callback: shared by the threads that append records and by the
 *   worker, so that callbacks run at the same time; exclusive in every entry that changes or reads
 *   state. A client that calls such an entry while holding a lock that its callbacks take hangs.
 * - Each thread fills a buffer of its own. Full ones are delivered in turn by the thread itself and
 *   by the worker; a buffer with a record that is in flight waits until that is finished.
 * - cuptiActivityFlushAll(0) delivers buffers whose records are all complete, FLUSH_FORCED all.
 * - Any entry called in a forked child aborts: CUDA does not survive fork().
 *
 * FAKE_CUPTI holds comma-separated words:
 *   fail=ENTRY   that entry returns CUPTI_E_UNKNOWN
 *   version=N    what cuptiGetVersion() says
 *   taken        another tool holds the subscription
 *   wide         records are 24 bytes longer than the client knows, filled with 0xee
 *   unknown      a record of a kind that the client does not know before every tenth kernel
 *   invalid      as `unknown`, but cuptiActivityGetNextRecord() does not know it either
 *   zero         every tenth kernel has no time stamps
 *   drop         every tenth kernel record is dropped, and counted
 *   slow         1 ms passes inside of the lock before each callback
 *   one          a buffer is delivered after 100 records
 *   mute         cuDriverGetVersion() leaves no record
 */
#ifndef TESTS_TRACER_FAKECUPTI_H
#define TESTS_TRACER_FAKECUPTI_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/tracer/fakedriver.h"
#include "traces/tracer/cupti_abi.h"

enum {
	FAKE_UNKNOWN_KIND = 200, /* a kind of a newer CUPTI, known to this one */
	FAKE_INVALID_KIND = 201, /* not even known to this one */
	FAKE_KINDS = 256,	 /* kinds that can be enabled */
	FAKE_WIDER = 24,	 /* bytes */
	FAKE_MOST_RECORDS = 100, /* in a buffer, option `one` */
	FAKE_CBIDS = 1024,
};

struct fake_options {
	char fail[64];
	uint32_t version;
	bool taken, wide, unknown, invalid, zero, drop, slow, one, mute;
};

/* set once, before any entry returns */
extern struct fake_options fake_options;
void fake_options_read(void);

/* ---- fakebuffer.c ---- */
void fake_lock_shared(void);
void fake_lock_exclusive(void);
void fake_unlock(void);
void fake_buffer_client(cupti_request_fn request, cupti_complete_fn complete);
/*
 * Room for a record of KIND, zeroed but for its kind; NULL when the client had no buffer. With the
 * lock held, shared. IN_FLIGHT keeps the buffer from being delivered until fake_buffer_finish().
 */
void *fake_buffer_put(uint32_t kind, bool in_flight);
void fake_buffer_flush(bool forced);
void fake_buffer_finish(void);
void fake_buffer_drop(void);
size_t fake_buffer_dropped(void); /* since the last call */
uint64_t fake_buffer_dropped_ever(void);
uint64_t fake_buffer_backlog(void);
void fake_buffer_foreign(void);
size_t fake_record_bytes(uint32_t kind); /* 0: no such kind */
int fake_buffer_next(uint8_t *bytes, size_t valid, struct cupti_record **record);
void fake_buffer_walked(void); /* the client read a buffer to its end */
/* wait, at most 2 s, until the client has read what was delivered */
void fake_buffer_settle(void);

/* ---- fakecupti.c ---- */
bool fake_kind_enabled(uint32_t kind);
bool fake_call_enabled(uint32_t domain, uint32_t cbid);
uint64_t fake_now_ns(void);
uint32_t fake_thread_id(void);
/* calls the subscriber when it asked for this callback; with the lock held, shared */
void fake_resource_callback(uint32_t cbid, const void *data);

/* ---- fakerecord.c ---- */
extern const struct fake_hooks fake_cupti_hooks;

/* objects behind CUgraph and CUgraphNode */
struct fake_graph_object {
	uint32_t id;
};
struct fake_node_object {
	uint64_t id;
};

#endif
