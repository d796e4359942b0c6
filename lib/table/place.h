/* Where the text of an image cell leads. */
#ifndef IV_TABLE_PLACE_H
#define IV_TABLE_PLACE_H

#include "table/store.h"

typedef enum iv_place_kind {
    IV_PLACE_FILE,
    IV_PLACE_MEMBER, /* of an archive */
    IV_PLACE_URL
} iv_place_kind;

typedef struct iv_place {
    iv_place_kind kind;
    const iv_zip *zip;
    const char *archive; /* its path, BORROWED from zip */
    size_t member;       /* SIZE_MAX: the archive has none of that name */
    char *path;          /* of the file, of the member or the URL; NEW */
} iv_place;

/* Rules. A URL: as it is; every other text of a table from a URL is a link below that one.
 * In an archive: the name below the table's folder, else below the root, "\" taken
 * as "/", "." and ".." resolved within the archive; never a file outside. On disk:
 * "archive.zip!/member", else a path, absolute or below the table's folder; "\" taken as "/" where
 * only that is there. Fails when memory is short or an archive cannot be opened, not when a name is
 * not there. */
/* A cell that leads to a URL: its text has a scheme ("http:", but also those that are not
 * fetched), or the table came from a URL itself. */
bool iv_place_is_url(const imgvec_dataset *ds, const char *text, size_t length);
imgvec_status iv_place_find(const imgvec_dataset *ds, const char *text, size_t length,
                            iv_place *out, imgvec_error *err);
void iv_place_free(imgvec_context *ctx, iv_place *place);

/* Names with "/" between parts ("\\" is taken as one), without "." and doubled slashes, and
 * ".." undone where there is a part before it. NEW; NULL when out of memory. */
char *iv_place_normal(imgvec_context *ctx, const char *text, size_t length);
char *iv_place_below(imgvec_context *ctx, const char *folder, const char *text, size_t length);

#endif
