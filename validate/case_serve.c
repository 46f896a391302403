/* The engine that serving runs of cases go to. */
#include "validate/case_serve.h"

static case_server the_server;

void case_set_server(case_server server)
{
	the_server = server;
}

case_server case_get_server(void)
{
	return the_server;
}
