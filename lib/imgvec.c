/* The shared library is made of the rooms; a linker wants one source of its own. */
extern int iv_library_has_a_source;
int iv_library_has_a_source = 1;
