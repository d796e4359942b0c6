/* What the reader's files share. */
#ifndef IV_IO_ZIP_INTERNAL_H
#define IV_IO_ZIP_INTERNAL_H

#include "base/file.h"
#include "io/names.h"
#include "io/zip_reader.h"

struct iv_zip {
    imgvec_context *ctx;
    iv_source source;
    iv_zip_entry *entries;
    size_t count;
    iv_names names;
};

static inline iv_name_list iv_zip_names(const iv_zip *z)
{
    return (iv_name_list){z->entries, sizeof *z->entries};
}

#endif
