/** @file
 * Symbol visibility and compiler hints of the public headers. */
#ifndef IMGVEC_EXPORT_H
#define IMGVEC_EXPORT_H

#if defined(__GNUC__) && __GNUC__ >= 4
#define IMGVEC_API __attribute__((visibility("default")))
#define IMGVEC_MUST_USE __attribute__((warn_unused_result))
#else
#define IMGVEC_API
#define IMGVEC_MUST_USE
#endif

#endif
