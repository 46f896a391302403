/* Libraries that the traced process has loaded already. */
#ifndef TRACES_TRACER_LOADED_H
#define TRACES_TRACER_LOADED_H

/*
 * Handle of the first loaded library whose file name begins with PREFIX, or NULL. Unlike dlopen()
 * with RTLD_NOLOAD it finds names that are not known in full, and leaves no error behind.
 */
void *loaded_library(const char *prefix);

#endif
