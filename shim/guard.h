// Nothing that torch throws leaves the shim: every entry runs inside guard().
#ifndef SHIM_GUARD_H
#define SHIM_GUARD_H

#include <imgvec/error.h>

#include <stdexcept>
#include <string>

namespace shim
{

// A failure that the shim itself finds, with the status it stands for.
struct Failure : std::runtime_error {
    imgvec_status status;
    Failure(imgvec_status code, const std::string &text) : std::runtime_error(text), status(code)
    {
    }
};

// Fills *err (NULL is fine) and returns `status`.
imgvec_status fail(imgvec_error *err, imgvec_status status, int32_t origin,
                   const char *text) noexcept;

// Turns the exception in flight into a status. To be called in a catch-all only.
imgvec_status report(imgvec_error *err) noexcept;

template <class Body> imgvec_status guard(imgvec_error *err, Body &&body) noexcept
{
    try {
        body();
        return IMGVEC_OK;
    } catch (...) {
        return report(err);
    }
}

} // namespace shim

#endif
