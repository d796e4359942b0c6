/* The paths of an image cell: one, or several separated by ";". A file or member that has the
 * whole text as its name is that one path, whatever ";" it holds. Else each piece between ";" is a
 * path, spaces around it dropped and empty ones left out; a URL goes on to the ";" before the next
 * URL, since it may hold ";" itself. */
#ifndef IV_TABLE_CELL_PATHS_H
#define IV_TABLE_CELL_PATHS_H

#include "table/dataset.h"

typedef struct iv_cell_paths {
    const char *at, *end; /* what is left; BORROWED */
    bool whole;
} iv_cell_paths;

imgvec_status iv_cell_paths_begin(const imgvec_dataset *ds, const char *text, size_t length,
                                  iv_cell_paths *out, imgvec_error *err);
bool iv_cell_paths_next(iv_cell_paths *p, const char **path, size_t *length);

#endif
