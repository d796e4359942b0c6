/* Objects of S3 and its likes as URLs. */
#ifndef IV_IO_S3_H
#define IV_IO_S3_H

#include "io/http.h"

bool iv_s3_is_url(const char *text); /* "s3://..." */

/* Where "s3://bucket/key" lies (NEW in *url), by the environment: AWS_ENDPOINT_URL_S3 or
 * AWS_ENDPOINT_URL, with the bucket in the path; else Amazon's, in AWS_REGION or
 * AWS_DEFAULT_REGION, with the bucket in the host, or in the path when it has a dot, which no
 * certificate would match. *sign is set, and *auth filled with BORROWED texts of the environment,
 * when AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are there (AWS_SESSION_TOKEN too, if set).
 * FORMAT for what is no bucket and key. */
imgvec_status iv_s3_url(imgvec_context *ctx, const char *text, char **url, iv_http_auth *auth,
                        bool *sign, imgvec_error *err);

#endif
