#include "io/checkpoint.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "io/pth.h"
#include "io/safetensors.h"
#include "io/zip_reader.h"

#define HEAD 262 /* up to the name of the tar format */
#define HEADER_DEFAULT (UINT64_C(16) << 20)

typedef enum kind { SAFETENSORS, ZIP, LEGACY, TAR } kind;

/* A safetensors file begins with the 64-bit length of its header, which the format bounds by
 * 100,000,000: its bytes 4 to 7 are zero, those of the others never. */
static kind kind_of(const unsigned char *head, size_t size)
{
    static const unsigned char zero[4] = {0};
    if (size < 8 || memcmp(head + 4, zero, sizeof zero) == 0)
        return SAFETENSORS;
    if (iv_zip_looks(head, size))
        return ZIP;
    if (head[0] == 0x80)
        return LEGACY;
    return size >= HEAD && memcmp(head + HEAD - 5, "ustar", 5) == 0 ? TAR : SAFETENSORS;
}

imgvec_status iv_checkpoint_open(imgvec_context *ctx, const char *path, uint64_t max_header,
                                 iv_tensors **out, imgvec_error *err)
{
    unsigned char head[HEAD];
    iv_source source;
    IV_TRY(iv_source_open(ctx, path, &source, err));
    size_t size = source.size < HEAD ? (size_t)source.size : HEAD;
    imgvec_status status = iv_source_read(&source, 0, head, size, err);
    iv_source_close(ctx, &source);
    IV_TRY(iv_prefix(err, status, "%s", path));
    uint64_t limit = max_header ? max_header : HEADER_DEFAULT;
    switch (kind_of(head, size)) {
    case ZIP:
        return iv_pth_zip_open(ctx, path, limit, out, err);
    case LEGACY:
        return iv_pth_legacy_open(ctx, path, limit, out, err);
    case TAR:
        return iv_fail(err, IMGVEC_ERR_UNSUPPORTED,
                       "%s: the tar format of torch 0.1; load it with torch and save it again",
                       path);
    case SAFETENSORS:
        break;
    }
    return iv_safetensors_open(ctx, path, max_header, out, err);
}
