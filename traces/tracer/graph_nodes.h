/*
 * Nodes of graphs as they are made: what was captured when, by which thread, and which node is a
 * clone of which. Only with `ranges`, as it serves to find the ranges a kernel was captured in.
 */
#ifndef TRACES_TRACER_GRAPH_NODES_H
#define TRACES_TRACER_GRAPH_NODES_H

#include "traces/tracer/cupti_load.h"

/* The subscriber's callback. */
void graph_nodes_callback(void *user, uint32_t domain, uint32_t cbid, const void *data);

/* A CUPTI that cannot tell nodes is left alone. */
void graph_nodes_start(const struct cupti *cupti, cupti_subscriber subscriber);
void graph_nodes_stop(const struct cupti *cupti, cupti_subscriber subscriber);

#endif
