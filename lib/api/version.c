#include <imgvec/version.h>

#include <pthread.h>
#include <stdio.h>
#include <xgboost/version_config.h>
#include <zlib.h>

#include "image/image.h"
#include "io/http.h"

#define STRING(x) STRING_(x)
#define STRING_(x) #x
#define VERSION3(a, b, c) STRING(a) "." STRING(b) "." STRING(c)

uint32_t imgvec_version_number(void)
{
    return IMGVEC_API_VERSION_MAJOR << 16 | IMGVEC_API_VERSION_MINOR << 8 |
           IMGVEC_API_VERSION_PATCH;
}

const char *imgvec_version_string(void)
{
    return IMGVEC_VERSION_STRING;
}

static char build_info[1024];

static void make_build_info(void)
{
    snprintf(build_info, sizeof build_info,
             "{\"version\": \"" IMGVEC_VERSION_STRING "\", \"api\": \"" VERSION3(
                 IMGVEC_API_VERSION_MAJOR, IMGVEC_API_VERSION_MINOR,
                 IMGVEC_API_VERSION_PATCH) "\", \"compiler\": \"" __VERSION__
                                           "\", \"xgboost\": \"" VERSION3(
                                               XGBOOST_VER_MAJOR, XGBOOST_VER_MINOR,
                                               XGBOOST_VER_PATCH) "\", \"zlib\": \"" ZLIB_VERSION
                                                                  "\", \"libcurl\": \"%s\", "
                                                                  "\"image_formats\": %s}",
             iv_http_library(), iv_image_formats_json());
}

const char *imgvec_build_info(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_build_info);
    return build_info;
}
