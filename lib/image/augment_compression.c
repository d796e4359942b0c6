/* What JPEG does to an image: encoded and decoded again, in memory. */
#include "base/error.h"
#include "base/mem.h"
#include "image/augment_op.h"
#include "image/encode.h"

imgvec_status iv_augment_compression(iv_augment_call *call, iv_image *image, imgvec_error *err)
{
    enum { LOWER, UPPER };
    const iv_image_limits none = {0, 0, 0};
    int64_t quality = iv_augment_between(call, (int64_t)call->values[LOWER].low,
                                         (int64_t)call->values[UPPER].low);
    iv_encoded encoded;
    iv_image decoded;
    IV_TRY(iv_encode_jpeg(call->ctx, image, (int)quality, &encoded, err));
    imgvec_status status = iv_image_decode(call->ctx, encoded.data, encoded.size, &none,
                                           IV_IMAGE_UPRIGHT, &decoded, err);
    iv_free(call->ctx, encoded.data);
    if (status == IMGVEC_OK)
        iv_augment_replace(call->ctx, image, decoded.width, decoded.height, decoded.pixels);
    return status;
}
