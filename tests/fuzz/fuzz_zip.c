/* Any bytes are an archive whose members have safe names that occur once, and each member is whole
 * or an error. */
#include "fuzz.h"

#include "base/mem.h"
#include "io/zip_reader.h"

static void check_entry(const iv_zip *zip, size_t index)
{
    const iv_zip_entry *e = iv_zip_entry_at(zip, index);
    size_t length = strlen(e->name);
    fuzz_need(length > 0 && length <= 1024 && iv_utf8_valid(e->name, length) == length);
    fuzz_need(e->name[0] != '/' && !strchr(e->name, '\\') && strncmp(e->name, "../", 3) != 0 &&
              !strstr(e->name, "/../"));
    fuzz_need(iv_zip_find(zip, e->name) == index);
    fuzz_need(e->data_offset <= iv_zip_file_size(zip) &&
              e->packed_size <= iv_zip_file_size(zip) - e->data_offset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const iv_zip_limits limits = {.entries = 1000,
                                         .member_bytes = 1 << 20,
                                         .total_bytes = 4 << 20,
                                         .name_bytes = 1024,
                                         .ratio = 200};
    imgvec_context *ctx = fuzz_context();
    imgvec_error err = {0};
    char path[40];
    iv_zip *zip = NULL;
    int fd = fuzz_file(data, size, path);
    imgvec_status status = iv_zip_open(ctx, path, &limits, &zip, &err);
    fuzz_check_error(status, &err);
    for (size_t i = 0; status == IMGVEC_OK && i < iv_zip_count(zip); i++) {
        void *bytes = NULL;
        size_t length = 0;
        check_entry(zip, i);
        if (iv_zip_entry_at(zip, i)->is_folder)
            continue;
        imgvec_status read = iv_zip_read(zip, i, 1 << 20, &bytes, &length, &err);
        fuzz_check_error(read, &err);
        fuzz_need(read != IMGVEC_OK || length == iv_zip_entry_at(zip, i)->size);
        iv_free(ctx, bytes);
    }
    iv_zip_close(zip);
    close(fd);
    fuzz_end(ctx);
    return 0;
}
