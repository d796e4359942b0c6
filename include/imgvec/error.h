/** @file
 * Statuses and the caller's error record. */
#ifndef IMGVEC_ERROR_H
#define IMGVEC_ERROR_H

#include <stdint.h>

#include <imgvec/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a call did: 0 is success, negative a failure. The number says what to do
 * about it; the error record says why. */
typedef int32_t imgvec_status;

/** Statuses. Numbers are never reused or changed; new ones are appended. */
enum {
    IMGVEC_OK = 0,
    IMGVEC_ERR_INVALID_ARGUMENT = -1, /**< NULL, an unknown option, a value out of bounds */
    IMGVEC_ERR_NO_MEMORY = -2,        /**< an allocation failed or a memory budget is spent */
    IMGVEC_ERR_IO = -3,               /**< the system refused: detail is errno */
    IMGVEC_ERR_NOT_FOUND = -4,        /**< a file, column, backbone or weights that are not there */
    IMGVEC_ERR_FORMAT = -5,           /**< damaged or foreign bytes */
    IMGVEC_ERR_LIMIT = -6,            /**< sound, but over a limit that an option sets */
    IMGVEC_ERR_UNSUPPORTED = -7,      /**< sound, but this build or version cannot do it */
    IMGVEC_ERR_DATA = -8,             /**< readable data that the job cannot work with */
    IMGVEC_ERR_CANCELLED = -9,        /**< the caller asked to stop; handles stay usable */
    IMGVEC_ERR_ENGINE = -10,          /**< torch or XGBoost failed */
    IMGVEC_ERR_INTERNAL = -11         /**< a bug in this library */
};

/** Who reported the failure. */
enum {
    IMGVEC_ORIGIN_LIBRARY = 0,
    IMGVEC_ORIGIN_SYSTEM = 1, /**< detail is errno */
    IMGVEC_ORIGIN_DECODER = 2,
    IMGVEC_ORIGIN_TORCH = 3,
    IMGVEC_ORIGIN_XGBOOST = 4
};

/** Error record: 1024 bytes, layout frozen. Owned by the caller, usually on the
 * stack; no need to clear it first and nothing in it to free. Untouched on success.
 * Every function takes NULL where the text is not wanted. */
typedef struct imgvec_error {
    int32_t code;    /**< the status that was returned */
    int32_t origin;  /**< IMGVEC_ORIGIN_* */
    int64_t detail;  /**< errno, row, line, byte or count that the text speaks of; else 0 */
    char text[1008]; /**< one line of UTF-8, control characters escaped, never cut inside a
                        character */
} imgvec_error;

/** Name of a status without its prefix, such as "NO_MEMORY"; "UNKNOWN" for a number
 * that is none. BORROWED for ever. Thread: any thread. Since 1.0. */
IMGVEC_API const char *imgvec_status_name(imgvec_status status);

/** Frees text that another call returned as NEW. NULL is accepted.
 * Thread: any thread. Since 1.0. */
IMGVEC_API void imgvec_text_free(char *text);

#ifdef __cplusplus
}
#endif
#endif
