/*
 * cupti_abi.h and nvtx_abi.h against the toolkit's own headers: sizes, offsets, numbers. Where no
 * toolkit is installed there is nothing to hold them against.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "traces/tracer/cupti_abi.h"
#include "traces/tracer/nvtx_abi.h"

#if defined(__has_include)
#if __has_include(<cupti.h>) && __has_include(<cuda.h>)
#include <cuda.h>
#include <cupti.h>
#define HAS_CUPTI
#endif
#if __has_include(<nvtx3/nvToolsExt.h>)
#include <nvtx3/nvToolsExt.h>
#define HAS_NVTX
#endif
#endif

#define SIZE(ours, theirs) assert_int_equal(sizeof(struct ours), sizeof(theirs))
#define FIELD(ours, field, theirs, its_field)                                                      \
	do {                                                                                       \
		assert_int_equal(offsetof(struct ours, field), offsetof(theirs, its_field));       \
		assert_int_equal(sizeof(((struct ours *)0)->field),                                \
				 sizeof(((theirs *)0)->its_field));                                \
	} while (0)
/* a row of three is three fields there */
#define FIRST(ours, field, theirs, its_field)                                                      \
	assert_int_equal(offsetof(struct ours, field), offsetof(theirs, its_field))
#define NUMBER(ours, theirs) assert_int_equal((int)(ours), (int)(theirs))

static void numbers_are_cuptis(void **state)
{
	(void)state;
#ifdef HAS_CUPTI
	NUMBER(CUPTI_OK, CUPTI_SUCCESS);
	NUMBER(CUPTI_E_INVALID_PARAMETER, CUPTI_ERROR_INVALID_PARAMETER);
	NUMBER(CUPTI_E_MAX_LIMIT_REACHED, CUPTI_ERROR_MAX_LIMIT_REACHED);
	NUMBER(CUPTI_E_NOT_INITIALIZED, CUPTI_ERROR_NOT_INITIALIZED);
	NUMBER(CUPTI_E_INVALID_KIND, CUPTI_ERROR_INVALID_KIND);
	NUMBER(CUPTI_E_NOT_SUPPORTED, CUPTI_ERROR_NOT_SUPPORTED);
	NUMBER(CUPTI_E_INSUFFICIENT_PRIVILEGES, CUPTI_ERROR_INSUFFICIENT_PRIVILEGES);
	NUMBER(CUPTI_E_MULTIPLE_SUBSCRIBERS, CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED);
	NUMBER(CUPTI_E_UNKNOWN, CUPTI_ERROR_UNKNOWN);
	NUMBER(CUPTI_KIND_MEMCPY, CUPTI_ACTIVITY_KIND_MEMCPY);
	NUMBER(CUPTI_KIND_MEMSET, CUPTI_ACTIVITY_KIND_MEMSET);
	NUMBER(CUPTI_KIND_KERNEL, CUPTI_ACTIVITY_KIND_KERNEL);
	NUMBER(CUPTI_KIND_DRIVER, CUPTI_ACTIVITY_KIND_DRIVER);
	NUMBER(CUPTI_KIND_RUNTIME, CUPTI_ACTIVITY_KIND_RUNTIME);
	NUMBER(CUPTI_KIND_CONTEXT, CUPTI_ACTIVITY_KIND_CONTEXT);
	NUMBER(CUPTI_KIND_CONCURRENT_KERNEL, CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL);
	NUMBER(CUPTI_KIND_MARKER, CUPTI_ACTIVITY_KIND_MARKER);
	NUMBER(CUPTI_KIND_OVERHEAD, CUPTI_ACTIVITY_KIND_OVERHEAD);
	NUMBER(CUPTI_KIND_MEMCPY_PEER, CUPTI_ACTIVITY_KIND_MEMCPY2);
	NUMBER(CUPTI_KIND_SYNCHRONIZATION, CUPTI_ACTIVITY_KIND_SYNCHRONIZATION);
	NUMBER(CUPTI_KIND_GRAPH_TRACE, CUPTI_ACTIVITY_KIND_GRAPH_TRACE);
	NUMBER(CUPTI_FLUSH_FORCED, CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
	NUMBER(CUPTI_MARKER_INSTANT, CUPTI_ACTIVITY_FLAG_MARKER_INSTANTANEOUS);
	NUMBER(CUPTI_MARKER_START, CUPTI_ACTIVITY_FLAG_MARKER_START);
	NUMBER(CUPTI_MARKER_END, CUPTI_ACTIVITY_FLAG_MARKER_END);
	NUMBER(CUPTI_OBJECT_THREAD, CUPTI_ACTIVITY_OBJECT_THREAD);
	NUMBER(CUPTI_MEMCPY_ASYNC, CUPTI_ACTIVITY_FLAG_MEMCPY_ASYNC);
	NUMBER(CUPTI_THREAD_ID_SYSTEM, CUPTI_ACTIVITY_THREAD_ID_TYPE_SYSTEM);
	NUMBER(CUPTI_ATTR_DEVICE_BUFFER_SIZE, CUPTI_ACTIVITY_ATTR_DEVICE_BUFFER_SIZE);
	NUMBER(CUPTI_ATTR_HOST_PINNED, CUPTI_ACTIVITY_ATTR_MEM_ALLOCATION_TYPE_HOST_PINNED);
	NUMBER(CUPTI_DOMAIN_DRIVER, CUPTI_CB_DOMAIN_DRIVER_API);
	NUMBER(CUPTI_DOMAIN_RUNTIME, CUPTI_CB_DOMAIN_RUNTIME_API);
	NUMBER(CUPTI_DOMAIN_RESOURCE, CUPTI_CB_DOMAIN_RESOURCE);
	NUMBER(CUPTI_RESOURCE_GRAPHNODE_CREATED, CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED);
	NUMBER(CUPTI_RESOURCE_GRAPHNODE_CLONED, CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED);
	NUMBER(CUPTI_CBID_DRIVER_GET_VERSION, CUPTI_DRIVER_TRACE_CBID_cuDriverGetVersion);
	NUMBER(CUPTI_OLD_SUBSCRIBER_NAME_BYTES, CUPTI_OLD_SUBSCRIBER_NAME_MIN_LEN);
	assert_true(CUPTI_NO_TIMESTAMP == CUPTI_TIMESTAMP_UNKNOWN);
#else
	print_message("skipped: no cupti.h\n");
	skip();
#endif
}

static void kernel_records_are_cuptis(void **state)
{
	(void)state;
#ifdef HAS_CUPTI
	typedef CUpti_ActivityKernel10 kernel;
	SIZE(cupti_kernel, kernel);
	FIELD(cupti_kernel, kind, kernel, kind);
	FIELD(cupti_kernel, registers, kernel, registersPerThread);
	FIELD(cupti_kernel, start, kernel, start);
	FIELD(cupti_kernel, end, kernel, end);
	FIELD(cupti_kernel, device, kernel, deviceId);
	FIELD(cupti_kernel, context, kernel, contextId);
	FIELD(cupti_kernel, stream, kernel, streamId);
	FIRST(cupti_kernel, grid, kernel, gridX);
	FIRST(cupti_kernel, grid[2], kernel, gridZ);
	FIRST(cupti_kernel, block, kernel, blockX);
	FIRST(cupti_kernel, block[2], kernel, blockZ);
	FIELD(cupti_kernel, static_shared, kernel, staticSharedMemory);
	FIELD(cupti_kernel, dynamic_shared, kernel, dynamicSharedMemory);
	FIELD(cupti_kernel, local_per_thread, kernel, localMemoryPerThread);
	FIELD(cupti_kernel, correlation, kernel, correlationId);
	FIELD(cupti_kernel, name, kernel, name);
	FIELD(cupti_kernel, launch_type, kernel, launchType);
	FIELD(cupti_kernel, shared_executed, kernel, sharedMemoryExecuted);
	FIELD(cupti_kernel, graph_node, kernel, graphNodeId);
	FIELD(cupti_kernel, graph, kernel, graphId);
	FIRST(cupti_kernel, cluster, kernel, clusterX);
	FIRST(cupti_kernel, cluster[2], kernel, clusterZ);
	/* the oldest that is accepted holds all of that */
	assert_true(offsetof(CUpti_ActivityKernel9, clusterZ) == offsetof(kernel, clusterZ));
	SIZE(cupti_graph_trace, CUpti_ActivityGraphTrace2);
	FIELD(cupti_graph_trace, correlation, CUpti_ActivityGraphTrace2, correlationId);
	FIELD(cupti_graph_trace, start, CUpti_ActivityGraphTrace2, start);
	FIELD(cupti_graph_trace, end, CUpti_ActivityGraphTrace2, end);
	FIELD(cupti_graph_trace, device, CUpti_ActivityGraphTrace2, deviceId);
	FIELD(cupti_graph_trace, graph, CUpti_ActivityGraphTrace2, graphId);
	FIELD(cupti_graph_trace, context, CUpti_ActivityGraphTrace2, contextId);
	FIELD(cupti_graph_trace, stream, CUpti_ActivityGraphTrace2, streamId);
#else
	skip();
#endif
}

#define COPY_FIELDS(ours, theirs)                                                                  \
	do {                                                                                       \
		SIZE(ours, theirs);                                                                \
		FIELD(ours, copy_kind, theirs, copyKind);                                          \
		FIELD(ours, source_kind, theirs, srcKind);                                         \
		FIELD(ours, destination_kind, theirs, dstKind);                                    \
		FIELD(ours, flags, theirs, flags);                                                 \
		FIELD(ours, bytes, theirs, bytes);                                                 \
		FIELD(ours, start, theirs, start);                                                 \
		FIELD(ours, end, theirs, end);                                                     \
		FIELD(ours, device, theirs, deviceId);                                             \
		FIELD(ours, context, theirs, contextId);                                           \
		FIELD(ours, stream, theirs, streamId);                                             \
		FIELD(ours, correlation, theirs, correlationId);                                   \
		FIELD(ours, graph_node, theirs, graphNodeId);                                      \
		FIELD(ours, graph, theirs, graphId);                                               \
	} while (0)

static void copy_records_are_cuptis(void **state)
{
	(void)state;
#ifdef HAS_CUPTI
	COPY_FIELDS(cupti_memcpy, CUpti_ActivityMemcpy6);
	COPY_FIELDS(cupti_memcpy_peer, CUpti_ActivityMemcpyPtoP4);
	FIELD(cupti_memcpy_peer, source_device, CUpti_ActivityMemcpyPtoP4, srcDeviceId);
	FIELD(cupti_memcpy_peer, destination_device, CUpti_ActivityMemcpyPtoP4, dstDeviceId);
	SIZE(cupti_memset, CUpti_ActivityMemset4);
	FIELD(cupti_memset, value, CUpti_ActivityMemset4, value);
	FIELD(cupti_memset, bytes, CUpti_ActivityMemset4, bytes);
	FIELD(cupti_memset, start, CUpti_ActivityMemset4, start);
	FIELD(cupti_memset, end, CUpti_ActivityMemset4, end);
	FIELD(cupti_memset, device, CUpti_ActivityMemset4, deviceId);
	FIELD(cupti_memset, context, CUpti_ActivityMemset4, contextId);
	FIELD(cupti_memset, stream, CUpti_ActivityMemset4, streamId);
	FIELD(cupti_memset, correlation, CUpti_ActivityMemset4, correlationId);
	FIELD(cupti_memset, flags, CUpti_ActivityMemset4, flags);
	FIELD(cupti_memset, memory_kind, CUpti_ActivityMemset4, memoryKind);
	FIELD(cupti_memset, graph_node, CUpti_ActivityMemset4, graphNodeId);
	FIELD(cupti_memset, graph, CUpti_ActivityMemset4, graphId);
#else
	skip();
#endif
}

static void host_records_are_cuptis(void **state)
{
	(void)state;
#ifdef HAS_CUPTI
	SIZE(cupti_api, CUpti_ActivityAPI);
	FIELD(cupti_api, cbid, CUpti_ActivityAPI, cbid);
	FIELD(cupti_api, start, CUpti_ActivityAPI, start);
	FIELD(cupti_api, end, CUpti_ActivityAPI, end);
	FIELD(cupti_api, process, CUpti_ActivityAPI, processId);
	FIELD(cupti_api, thread, CUpti_ActivityAPI, threadId);
	FIELD(cupti_api, correlation, CUpti_ActivityAPI, correlationId);
	FIELD(cupti_api, result, CUpti_ActivityAPI, returnValue);
	SIZE(cupti_marker, CUpti_ActivityMarker2);
	FIELD(cupti_marker, flags, CUpti_ActivityMarker2, flags);
	FIELD(cupti_marker, timestamp, CUpti_ActivityMarker2, timestamp);
	FIELD(cupti_marker, id, CUpti_ActivityMarker2, id);
	FIELD(cupti_marker, object_kind, CUpti_ActivityMarker2, objectKind);
	FIELD(cupti_marker, process, CUpti_ActivityMarker2, objectId.pt.processId);
	FIELD(cupti_marker, thread, CUpti_ActivityMarker2, objectId.pt.threadId);
	FIELD(cupti_marker, name, CUpti_ActivityMarker2, name);
	FIELD(cupti_marker, domain, CUpti_ActivityMarker2, domain);
	SIZE(cupti_sync, CUpti_ActivitySynchronization2);
	FIELD(cupti_sync, type, CUpti_ActivitySynchronization2, type);
	FIELD(cupti_sync, start, CUpti_ActivitySynchronization2, start);
	FIELD(cupti_sync, end, CUpti_ActivitySynchronization2, end);
	FIELD(cupti_sync, correlation, CUpti_ActivitySynchronization2, correlationId);
	FIELD(cupti_sync, context, CUpti_ActivitySynchronization2, contextId);
	FIELD(cupti_sync, stream, CUpti_ActivitySynchronization2, streamId);
	FIELD(cupti_sync, event, CUpti_ActivitySynchronization2, cudaEventId);
	FIELD(cupti_sync, result, CUpti_ActivitySynchronization2, returnValue);
	/* an older record ends before the result */
	assert_true(sizeof(CUpti_ActivitySynchronization) <= offsetof(struct cupti_sync, result));
	SIZE(cupti_overhead, CUpti_ActivityOverhead3);
	FIELD(cupti_overhead, overhead_kind, CUpti_ActivityOverhead3, overheadKind);
	FIELD(cupti_overhead, object_kind, CUpti_ActivityOverhead3, objectKind);
	FIELD(cupti_overhead, thread, CUpti_ActivityOverhead3, objectId.pt.threadId);
	FIELD(cupti_overhead, start, CUpti_ActivityOverhead3, start);
	FIELD(cupti_overhead, end, CUpti_ActivityOverhead3, end);
	FIELD(cupti_overhead, correlation, CUpti_ActivityOverhead3, correlationId);
	FIELD(cupti_overhead, data, CUpti_ActivityOverhead3, overheadData);
	SIZE(cupti_context, CUpti_ActivityContext3);
	FIELD(cupti_context, context, CUpti_ActivityContext3, contextId);
	FIELD(cupti_context, device, CUpti_ActivityContext3, deviceId);
	FIELD(cupti_context, null_stream, CUpti_ActivityContext3, nullStreamId);
#else
	skip();
#endif
}

static void callback_data_is_cuptis(void **state)
{
	(void)state;
#ifdef HAS_CUPTI
	SIZE(cupti_resource, CUpti_ResourceData);
	FIELD(cupti_resource, descriptor, CUpti_ResourceData, resourceDescriptor);
	FIELD(cupti_graph, graph, CUpti_GraphData, graph);
	FIELD(cupti_graph, original_graph, CUpti_GraphData, originalGraph);
	FIELD(cupti_graph, node, CUpti_GraphData, node);
	FIELD(cupti_graph, original_node, CUpti_GraphData, originalNode);
	SIZE(cupti_subscriber_params, CUpti_SubscriberParams);
	FIELD(cupti_subscriber_params, struct_size, CUpti_SubscriberParams, structSize);
	FIELD(cupti_subscriber_params, name, CUpti_SubscriberParams, subscriberName);
	FIELD(cupti_subscriber_params, old_name, CUpti_SubscriberParams, oldSubscriberName);
	FIELD(cupti_subscriber_params, old_name_bytes, CUpti_SubscriberParams, oldSubscriberSize);
	assert_int_equal(sizeof(struct cupti_subscriber_params),
			 CUpti_SubscriberParams_STRUCT_SIZE);
#else
	skip();
#endif
}

static void tables_are_nvtxs(void **state)
{
	(void)state;
#ifdef HAS_NVTX
	NUMBER(NVTX_TABLE_CALLBACKS, NVTX_ETID_CALLBACKS);
	NUMBER(NVTX_MODULE_CORE, NVTX_CB_MODULE_CORE);
	NUMBER(NVTX_MODULE_CORE2, NVTX_CB_MODULE_CORE2);
	NUMBER(NVTX_CORE_RANGE_START_EX, NVTX_CBID_CORE_RangeStartEx);
	NUMBER(NVTX_CORE_RANGE_START_A, NVTX_CBID_CORE_RangeStartA);
	NUMBER(NVTX_CORE_RANGE_START_W, NVTX_CBID_CORE_RangeStartW);
	NUMBER(NVTX_CORE_RANGE_END, NVTX_CBID_CORE_RangeEnd);
	NUMBER(NVTX_CORE_RANGE_PUSH_EX, NVTX_CBID_CORE_RangePushEx);
	NUMBER(NVTX_CORE_RANGE_PUSH_A, NVTX_CBID_CORE_RangePushA);
	NUMBER(NVTX_CORE_RANGE_PUSH_W, NVTX_CBID_CORE_RangePushW);
	NUMBER(NVTX_CORE_RANGE_POP, NVTX_CBID_CORE_RangePop);
	NUMBER(NVTX_CORE2_RANGE_START_EX, NVTX_CBID_CORE2_DomainRangeStartEx);
	NUMBER(NVTX_CORE2_RANGE_END, NVTX_CBID_CORE2_DomainRangeEnd);
	NUMBER(NVTX_CORE2_RANGE_PUSH_EX, NVTX_CBID_CORE2_DomainRangePushEx);
	NUMBER(NVTX_CORE2_RANGE_POP, NVTX_CBID_CORE2_DomainRangePop);
	NUMBER(NVTX_CORE2_REGISTER_STRING_A, NVTX_CBID_CORE2_DomainRegisterStringA);
	NUMBER(NVTX_CORE2_REGISTER_STRING_W, NVTX_CBID_CORE2_DomainRegisterStringW);
	NUMBER(NVTX_CORE2_DOMAIN_CREATE_A, NVTX_CBID_CORE2_DomainCreateA);
	NUMBER(NVTX_CORE2_DOMAIN_CREATE_W, NVTX_CBID_CORE2_DomainCreateW);
	NUMBER(NVTX_MESSAGE_ASCII, NVTX_MESSAGE_TYPE_ASCII);
	NUMBER(NVTX_MESSAGE_WIDE, NVTX_MESSAGE_TYPE_UNICODE);
	NUMBER(NVTX_MESSAGE_REGISTERED, NVTX_MESSAGE_TYPE_REGISTERED);
	NUMBER(NVTX_UNTRACKED, NVTX_NO_PUSH_POP_TRACKING);
	SIZE(nvtx_event, nvtxEventAttributes_t);
	FIELD(nvtx_event, size, nvtxEventAttributes_t, size);
	FIELD(nvtx_event, message_type, nvtxEventAttributes_t, messageType);
	FIELD(nvtx_event, message, nvtxEventAttributes_t, message);
	SIZE(nvtx_callbacks_table, NvtxExportTableCallbacks);
	FIELD(nvtx_callbacks_table, module_functions, NvtxExportTableCallbacks,
	      GetModuleFunctionTable);
#else
	print_message("skipped: no nvToolsExt.h\n");
	skip();
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_cuptis),
		cmocka_unit_test(kernel_records_are_cuptis),
		cmocka_unit_test(copy_records_are_cuptis),
		cmocka_unit_test(host_records_are_cuptis),
		cmocka_unit_test(callback_data_is_cuptis),
		cmocka_unit_test(tables_are_nvtxs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
