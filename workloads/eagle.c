/*
 * The draft head of EAGLE, derived of its target: one decoder layer as wide as the target's, before it a
 * product that makes one vector of two (the token's embedding and the target's last hidden state), and
 * the target's own embedding and vocabulary projection.
 *
 *   parameters   2 h^2 + one layer;  read a forward: these and the projection, V h
 *
 * Sources: EAGLE, arXiv 2401.15077, 3.1 (below 1 B parameters for a Llama-2-70B); trees as in EAGLE-2,
 * arXiv 2406.16858. EAGLE-3's heads (three hidden states, a vocabulary and an MLP of their own) are
 * models of their own: `draft.kind: model` and a file with `inputs.fused`. Of a mixture or of another
 * mixer than attention heads no head is derived: what it would be is not published.
 */
#include <stdio.h>

#include "workloads/transform_speculation.h"

bool speculation_has_head(const struct workload *workload)
{
	size_t key = workload->first_keys[TRANSFORM_speculation] + DRAFT_KIND;
	return scenario_number(&workload->scenario, key) == DRAFT_KIND_EAGLE;
}

enum sim_status speculation_head(const struct workload_model *target, struct workload_model *head,
				 struct sim_diag *diag)
{
	if (target->mixer != MODEL_ATTENTION || target->experts > 0 || target->encoder)
		return diag_fail(
			diag, SIM_E_UNSUPPORTED,
			"'draft.kind: eagle': no head is derived of '%s' (%s); describe one "
			"and give 'draft.kind: model'",
			target->name,
			target->experts > 0 ? "a mixture of experts"
					    : "its mixer is not attention heads");
	*head = *target;
	snprintf(head->name, sizeof(head->name), "eagle-%.56s", target->name);
	snprintf(head->summary, sizeof(head->summary), "EAGLE's draft head");
	head->layers = 1;
	head->window = head->window_every = 0;
	head->fused_inputs = 2;
	head->head_shared = true;
	return SIM_OK;
}
