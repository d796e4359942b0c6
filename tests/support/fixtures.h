/* Finding test material: the fixture folder that IMGVEC_FIXTURES names, or ../shared beside
 * the source tree. NULL when there is none; a test then says loudly what it skipped. */
#ifndef TEST_FIXTURES_H
#define TEST_FIXTURES_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Path of `name` below the fixture folder, in a static buffer; NULL when it is not there. */
static inline const char *test_fixture(const char *name)
{
    static char path[4096];
    struct stat st;
    const char *root = getenv("IMGVEC_FIXTURES");
    const char *source = getenv("IMGVEC_TEST_SOURCE");
    if (root)
        snprintf(path, sizeof path, "%s/%s", root, name);
    else
        snprintf(path, sizeof path, "%s/../shared/%s", source ? source : ".", name);
    if (stat(path, &st) == 0)
        return path;
    printf("# SKIPPED: no fixture %s\n", name);
    return NULL;
}

#endif
