/* Composition root: placeholder until the commands exist. */
#include <stdio.h>

int main(void)
{
	puts("decodesim");
	return 0;
}
