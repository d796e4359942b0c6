/* Filling the caller's error record. */
#ifndef IV_BASE_ERROR_H
#define IV_BASE_ERROR_H

#include <imgvec/error.h>

/* Each fills *err (NULL is fine) and returns the status, so that a failure is one line:
 *     return iv_fail(err, IMGVEC_ERR_FORMAT, "%s: no end record", path);
 * A text names the culprit (file, row, option) and, where there is one, the remedy. */
imgvec_status iv_fail(imgvec_error *err, imgvec_status code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Same, with a position, row or count in err->detail. */
imgvec_status iv_fail_at(imgvec_error *err, imgvec_status code, int64_t detail, const char *fmt,
                         ...) __attribute__((format(printf, 4, 5)));

/* IO failure with errno `number`: its message is appended after ": ". ENOMEM becomes
 * NO_MEMORY; ENOENT and ENOTDIR become NOT_FOUND. */
imgvec_status iv_fail_errno(imgvec_error *err, int number, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

imgvec_status iv_fail_nomem(imgvec_error *err);

/* NULL or a bad value where the contract forbids it: INVALID_ARGUMENT. */
imgvec_status iv_fail_argument(imgvec_error *err, const char *function, const char *what);

/* Puts "<text>: " before a text that is already there; returns `status` unchanged and
 * does nothing when it is IMGVEC_OK. */
imgvec_status iv_prefix(imgvec_error *err, imgvec_status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Leaves the function when a call failed. For functions with nothing to clean up. */
#define IV_TRY(call)                                                                               \
    do {                                                                                           \
        imgvec_status iv_try_ = (call);                                                            \
        if (iv_try_ != IMGVEC_OK)                                                                  \
            return iv_try_;                                                                        \
    } while (0)

/* Leaves through label `done` when a call failed; needs a local `imgvec_status status`. */
#define IV_DO(call)                                                                                \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != IMGVEC_OK)                                                                   \
            goto done;                                                                             \
    } while (0)

#endif
